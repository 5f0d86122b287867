"""The first half of a run: look at both sides and decide what is to be done; nothing is written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field, replace

from pbxsync_worker.core.model.asterisk_action import AsteriskAction
from pbxsync_worker.core.model.change import Change, ChangeKind, Changes, Replaced
from pbxsync_worker.core.model.dataset import COLLECT, MESSAGES, VOICEMAIL, Dataset, DeletePolicy
from pbxsync_worker.core.model.fact import Facts
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.plan import Plan
from pbxsync_worker.core.model.ports import Arrival, ConfigView, Pulled
from pbxsync_worker.core.model.presets.overlay import TRUNKS
from pbxsync_worker.core.model.run import Run
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.delta.compare import Base, LocalEdits, compare
from pbxsync_worker.delta.diffs import diff
from pbxsync_worker.delta.plan import brakes, make_plan, order, with_action
from pbxsync_worker.sync.arrive import CONFIG, ComingConfig
from pbxsync_worker.sync.overlay import take_over
from pbxsync_worker.sync.parts import Parts
from pbxsync_worker.sync.planfacts import plan_facts
from pbxsync_worker.sync.steady import SteadyView

_MANY_DIFFS = 200
_LONG_DIFFS = 2**20
"""Files, and letters of them all, that are shown: nobody reads the whole configuration of a first copy."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Both sides at the start of a run.

    theirs: as this host would have it; remembered: what the source said, to be named in the next pull;
    baseline_is_old: the last committed run left something else; contents: those that were needed to compare.
    """

    ours: Inventory
    theirs: Inventory
    remembered: Inventory
    changes: Changes
    baseline_is_old: bool
    contents: Mapping[bytes, bytes] = field(default_factory=dict)

    @property
    def ordered(self) -> tuple[Change, ...]:
        """Return the changes in the order in which they will be done."""
        return order(self.changes.changes)

    @property
    def after(self) -> Inventory:
        """Return what this host will have."""
        items = dict(self.ours.items)
        for change in self.changes.changes:
            items.pop(change.name, None)
            if change.after is not None:
                items[change.name] = change.after
        if items == self.remembered.items:
            return Inventory(self.remembered.items).known_as(self.remembered)
        return Inventory(items).learning_from(self.ours)


def look_around(run: Run, parts: Parts) -> Scene:
    """Take both inventories and compare them.

    One request to the source; a second one where a row is new or changed of which this host keeps or replaces values.
    """
    host = parts.host
    known = host.memory.baseline(run)
    ours, pulled = _both(parts, known[1] if known else None)
    taken = take_over(parts, ours, pulled.inventory)
    if run.goal:
        return _return_to(parts, known, ours, taken.theirs)
    base = Base(*known) if known else None
    changes = compare(parts.dataset, base, ours, taken.theirs)
    stay = {one.name for one in taken.kept}
    going_on = tuple(change for change in changes.changes if change.name not in stay)
    replaced = tuple(_replaced(going_on, taken.arrivals))
    changes = replace(changes, changes=going_on, kept=(*changes.kept, *taken.kept), replaced=replaced)
    old = known is None or known[0].root != ours.root or known[1].root != pulled.inventory.root
    contents = {name: one.content for name, one in taken.arrivals.items()}
    return Scene(ours, taken.theirs, taken.offered, changes, old, contents)


def _both(parts: Parts, remembered: Inventory | None) -> tuple[Inventory, Pulled]:
    """Look at this host while the source looks at itself."""
    with ThreadPoolExecutor(1, "pull") as beside:
        pulling = beside.submit(copy_context().run, parts.link.pull, parts.dataset, remembered)
        ours, pulled = parts.host.data.inventory(parts.dataset), pulling.result()
    # Two hosts in step have nearly everything in common: what is one object is compared at once, and held once.
    pulled.inventory.sharing(ours)
    return ours, pulled


def _replaced(changes: Sequence[Change], arrivals: Mapping[bytes, Arrival]) -> Iterator[Replaced]:
    for change in changes:
        arrival = arrivals.get(change.name)
        if arrival is not None and arrival.told:
            yield Replaced(change.name, arrival.told, overruled=arrival.overruled and change.local_edit)


def _return_to(parts: Parts, known: tuple[Inventory, Inventory] | None, ours: Inventory, goal: Inventory) -> Scene:
    """Compare with this host's own past: what people did since stays, what runs brought goes."""
    base = Base(known[0], known[0]) if known else Base()
    selected = {name: item for name, item in goal.items.items() if _goes_back(parts.dataset, name)}
    dataset = parts.dataset.with_deletes(DeletePolicy.KNOWN)
    changes = compare(dataset, base, ours, Inventory(selected), LocalEdits.KEEP)
    # What comes back was brought by a run, this one: a later run may take it away again where the source has none.
    brought = {one.name: one.after for one in changes.changes if one.before is None and one.after is not None}
    remembered = {**(known[1] if known else goal).items, **brought}
    for change in changes.changes:
        stays = change.kind in (ChangeKind.REPLACE, ChangeKind.ATTRIBUTES)
        if stays and change.name.partition(b"/")[0] in (VOICEMAIL, MESSAGES):
            remembered.pop(change.name, None)  # else what went back would look like people's own work, and stay
    return Scene(ours, goal, Inventory(remembered), changes, baseline_is_old=False)


def _goes_back(dataset: Dataset, name: bytes) -> bool:
    """Tell whether an item becomes what it was; records of calls stay as they have happened."""
    return dataset.concerns(name) and not name.startswith(COLLECT + b"/")


def decide(
    run: Run, parts: Parts, scene: Scene, config: Mapping[bytes, bytes], choose: Callable[[Facts], AsteriskAction]
) -> tuple[Plan, tuple[Finding, ...], dict[str, str]]:
    """Return the plan, what the static check found, and the diffs of the configuration that changes.

    choose: the facts of the plan -> what Asterisk does after it.
    """
    now = SteadyView(parts.host.config())
    coming = SteadyView(ComingConfig(now, scene.changes.changes, config))
    reloads, restart = parts.host.reloads(scene.ordered, coming)
    plan = make_plan(parts.dataset, scene.changes, reloads, restart)
    facts = plan_facts(plan, len(scene.ours.items), now, coming, parts.host.clock.now())
    named = tuple((one.name, one.value) for one in facts.values())
    plan = replace(with_action(plan, choose(facts)), facts=named)
    findings = parts.host.pbx.check(now, coming, plan)
    if not run.goal:  # somebody who goes back to an older state has looked
        held = brakes(scene.changes, scene.ours, scene.theirs, parts.policy.max_delete_percent)
        doubts = [one for one in findings if one.level is Level.HOLD]
        said = (say("{place}: {sentence}", place=one.place, sentence=one.sentence) for one in doubts)
        plan = replace(plan, brake=(*held, *_overruled(scene), *_new_trunks(scene, parts), *said))
    return plan, findings, _diffs(plan, now, coming)


def _overruled(scene: Scene) -> Iterator[str]:
    """Yield what somebody set on this host on purpose and the run would set back: calls may depend on it."""
    for one in scene.changes.replaced:
        if one.overruled:
            template = "{name} was changed on this host and would be changed back: {told}"
            yield say(template, name=show_name(one.name), told=one.told[0])


def _new_trunks(scene: Scene, parts: Parts) -> Iterator[str]:
    """Yield the trunks that arrive as they are on a host that does not stand by: somebody should want them."""
    for change in scene.changes.changes:
        if change.kind is ChangeKind.ADD and change.name.startswith(TRUNKS) and not parts.policy.replica:
            yield say("{name} is a new trunk, and it would arrive as it is", name=show_name(change.name))


def _diffs(plan: Plan, now: ConfigView, coming: ConfigView) -> dict[str, str]:
    found: dict[str, str] = {}
    room = _LONG_DIFFS
    for change in plan.changes:
        if len(found) == _MANY_DIFFS or room <= 0:
            break
        if not change.name.startswith(CONFIG) or change.kind is ChangeKind.ATTRIBUTES:
            continue
        path = change.name[len(CONFIG) :].decode("utf-8", "surrogateescape")
        text = diff(now.read(path), coming.read(path))
        if text:
            found[show_name(change.name)] = text
            room -= len(text)
    return found
