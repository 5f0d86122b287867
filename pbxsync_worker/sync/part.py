"""The part of a run that needs no reload: everything else, and what belongs to it, is left for another run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pbxsync_worker.core.model.change import Change, ChangeKind, Changes, Kept
from pbxsync_worker.core.model.dataset import SQL
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.ports import ConfigView
from pbxsync_worker.core.model.run import Run
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.sync.arrive import ComingConfig
from pbxsync_worker.sync.decide import Scene
from pbxsync_worker.sync.parts import Parts

_ROWS = SQL + b"/"
_COME_OR_GO = frozenset({ChangeKind.ADD, ChangeKind.REMOVE, ChangeKind.REPLACE})


def without_reloads(run: Run, parts: Parts, scene: Scene, config: Mapping[bytes, bytes]) -> Scene:
    """Return the scene with what needs no reload; config: the contents of configuration that would come.

    What is left stays as it was known after the last committed run, so that the next one finds it as new as it is.
    """
    coming = ComingConfig(parts.host.config(), scene.changes.changes, config)
    left = _with_what_belongs(_needing(scene.ordered, parts, coming), scene.ordered)
    if not left:
        return scene
    reason = say("left for later, because it needs a reload of Asterisk")
    kept = (*scene.changes.kept, *(Kept(name, reason) for name in sorted(left)))
    going_on = tuple(one for one in scene.changes.changes if one.name not in left)
    replaced = tuple(one for one in scene.changes.replaced if one.name not in left)
    known = parts.host.memory.baseline(run)
    before = known[1].items if known else {}
    remembered = {name: item for name, item in scene.remembered.items.items() if name not in left}
    remembered |= {name: before[name] for name in left if name in before}
    return replace(scene, changes=Changes(going_on, kept, replaced), remembered=Inventory(remembered))


def _needing(changes: Sequence[Change], parts: Parts, coming: ConfigView) -> set[bytes]:
    """Return the names of what needs a reload or a restart; rows refer to each other and stay together."""
    needing = {one.name for one in changes if any(parts.host.reloads((one,), coming))}
    if any(name.startswith(_ROWS) for name in needing):
        needing |= {one.name for one in changes if one.name.startswith(_ROWS)}
    return needing


def _with_what_belongs(left: set[bytes], changes: Sequence[Change]) -> set[bytes]:
    """Return also the folders around what is left, and what lies in them: neither is put or removed without it."""
    names = {one.name: one.kind for one in changes}
    folders = {above for name in left for above in _above(name) if names.get(above) in _COME_OR_GO}
    below = {name for name in names if any(above in left or above in folders for above in _above(name))}
    return left | folders | below


def _above(name: bytes) -> Iterable[bytes]:
    while b"/" in name:
        name = name.rpartition(b"/")[0]
        yield name
