"""What stays the same while rows are measured: the base of each part of the work, and the folders of one part."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.files import mirror
from benchmarks.work.tree import Work, build
from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.protected import ALWAYS

OF_PART = {"tree": "tree", "astdb": "tree", "monitor": "monitor", "big": "big"}
"""Which base a part of the work begins from."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The folders of one part on one net; base: the state before; source: the state that is changed."""

    folder: Path
    base: Path

    @property
    def source(self) -> Path:
        """Return the source of everybody."""
        return self.folder / "source"

    @property
    def target(self) -> Path:
        """Return the target of the product."""
        return self.folder / "target"

    @property
    def others(self) -> Path:
        """Return the target of the peers, which is put back before each of them."""
        return self.folder / "others"

    def reset(self) -> None:
        """Put the source back to the base."""
        mirror(self.base, self.source)


def bases(work: Work, parts: Iterable[str], own: Path, *, brought: bool) -> dict[str, Path]:
    """Make what is missing and return the base of each part.

    brought: the work is somebody's own folder, in which nothing is written; names that no host may send, such as
    manager.conf, are renamed in a copy of it, the same for every peer.
    """
    wanted = sorted({OF_PART[part] for part in parts})
    if not brought:
        build(work, [*(["tree"] if "monitor" in wanted else []), *wanted])
        return {part: getattr(work, part) for part in wanted}
    copy = Work(own / "work", work.seed)
    for part in ("tree", "big"):
        if part in wanted or (part, "monitor" in wanted) == ("tree", True):
            mirror(getattr(work, part), getattr(copy, part))
    rename_protected(copy.tree)
    build(copy, wanted)
    return {part: getattr(copy, part) for part in wanted}


def rename_protected(tree: Path) -> None:
    """Give another name to configuration files that belong to their host whatever a dataset says."""
    protected = matcher(ALWAYS)
    etc = tree / "etc-asterisk"
    for path in sorted(etc.iterdir()) if etc.exists() else ():
        if protected(f"{Place.ETC}/{path.name}".encode()):
            path.rename(path.with_name(f"bench_{path.name}"))
