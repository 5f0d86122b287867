"""Put one staged object live.

Every act is one rename or exchange, followed by a look at what it displaced: only then is it certain that the
plan's `before` was replaced and not somebody's newer version. If it was not, the act is turned back.
"""

import errno
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import ChangeKind
from pbxsync_worker.core.model.errors import TargetChanged, Unsupported
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind, show_name
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.step import Step
from pbxsync_worker.datasets.files.attributes import dress_for, kind_of, put_on, put_on_link
from pbxsync_worker.datasets.files.names import Where, where
from pbxsync_worker.datasets.files.owners import Owners
from pbxsync_worker.datasets.files.reading import look
from pbxsync_worker.datasets.files.staging import Staging, kept_name
from pbxsync_worker.datasets.files.tree import MISSING, Tree
from pbxsync_worker.datasets.files.versions import Versions

_log = logging.getLogger(__name__)
_HANDLE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CHANGED = (MISSING | {errno.EEXIST, errno.ENOTEMPTY, errno.EISDIR}) - {errno.EXDEV}
_IMPOSSIBLE = frozenset({errno.EXDEV, errno.EBUSY, errno.EPERM, errno.EACCES, errno.EROFS, errno.ENOTSUP})


@dataclass(frozen=True, slots=True)
class Ends:
    """The two names of a step: the live one, and the one in the stage. Both folders are open."""

    step: Step
    at: Where
    live: int
    stage: int
    spot: bytes

    @property
    def leaf(self) -> bytes:
        """Return the live name."""
        return self.at.leaf

    @property
    def live_is_new(self) -> bool:
        """Tell whether the live object is the one that was staged."""
        status = look(self.live, self.leaf)
        return status is not None and status.st_ino == self.step.identity[1]

    @property
    def staged_is_new(self) -> bool:
        """Tell whether the stage still holds what was staged, rather than what it displaced."""
        status = look(self.stage, self.spot)
        return status is not None and status.st_ino == self.step.identity[1]


class Acts:
    """Does one step."""

    def __init__(self, tree: Tree, staging: Staging, disk: Disk, versions: Versions, owners: Owners) -> None:
        self._tree = tree
        self._staging = staging
        self._disk = disk
        self._versions = versions
        self._owners = owners

    def act(self, step: Step) -> None:
        """Do a step; raise TargetChanged, having changed nothing, where its target is no longer what was planned.

        A step that was done before is only looked at again.
        """
        acts: dict[ChangeKind, Callable[[Ends], None]] = {
            ChangeKind.ADD: self._add,
            ChangeKind.REPLACE: self._replace,
            ChangeKind.REMOVE: self._remove,
        }
        with _translated(step):
            if step.change.kind is ChangeKind.ATTRIBUTES:
                self._attributes(step)
                return
            with self._ends(step) as ends:
                acts[step.change.kind](ends)

    def _add(self, ends: Ends) -> None:
        if ends.live_is_new:
            return
        self._must_be_staged(ends)
        self._disk.move(ends.stage, ends.spot, ends.live, ends.leaf)
        self._versions.went_live(ends.live, ends.at)

    def _replace(self, ends: Ends) -> None:
        before = _expected(ends.step)
        if not ends.live_is_new:
            self._must_be_staged(ends)
            self._must_be(ends, before)
            evidence = self._versions.evidence(ends.live, ends.at, before)
            self._disk.exchange(ends.stage, ends.spot, ends.live, ends.leaf)
            self._versions.displaced(ends.stage, ends.spot, evidence)
            self._versions.went_live(ends.live, ends.at)
        if not self._displaced(ends, before):
            self._turn_back(ends)
            raise TargetChanged(name=show_name(before.name))

    def _remove(self, ends: Ends) -> None:
        """Move a file, link or empty folder aside: unlike unlink and rmdir, that can be taken back to the last bit."""
        before = _expected(ends.step)
        if look(ends.stage, ends.spot) is None:
            self._must_be(ends, before)
            evidence = self._versions.evidence(ends.live, ends.at, before)
            self._disk.move(ends.live, ends.leaf, ends.stage, ends.spot)
            self._versions.displaced(ends.stage, ends.spot, evidence)
        if not self._displaced(ends, before):
            self._put_back(ends)
            raise TargetChanged(name=show_name(before.name))

    def _attributes(self, step: Step) -> None:
        before, at = _expected(step), where(step.change.name)
        after = step.change.after
        wanted = different(before.attributes, after.attributes if after is not None else Attributes())
        with self._tree.folder(at.place, at.folder) as live:
            if after is not None and self._versions.still(live, at, after):
                return
            if not self._versions.still(live, at, before):
                raise TargetChanged(name=show_name(before.name))
            dress_live(self._disk, live, at.leaf, wanted, self._owners)

    def _must_be(self, ends: Ends, before: Item) -> None:
        occupied = before.kind is ItemKind.DIRECTORY and not self._versions.has_content(ends.live, ends.leaf, before)
        if occupied or not self._versions.still(ends.live, ends.at, before):
            raise TargetChanged(name=show_name(before.name))

    def _must_be_staged(self, ends: Ends) -> None:
        if not ends.staged_is_new:
            raise TargetChanged(name=show_name(ends.step.change.name))

    def _displaced(self, ends: Ends, before: Item) -> bool:
        return self._versions.has_content(ends.stage, ends.spot, before) and self._versions.dressed(
            ends.stage, ends.spot, before
        )

    def _turn_back(self, ends: Ends) -> None:
        try:
            self._disk.exchange(ends.stage, ends.spot, ends.live, ends.leaf)
        except FileNotFoundError:
            self._put_back(ends)  # our new object was taken away meanwhile
            return
        if not ends.staged_is_new:
            # Somebody wrote a third version in between: it goes live again, and theirs before it is kept aside.
            self._disk.exchange(ends.stage, ends.spot, ends.live, ends.leaf)
            set_aside(self._disk, ends)

    def _put_back(self, ends: Ends) -> None:
        try:
            self._disk.move(ends.stage, ends.spot, ends.live, ends.leaf)
        except FileExistsError:
            set_aside(self._disk, ends)

    @contextmanager
    def _ends(self, step: Step) -> Iterator[Ends]:
        at = where(step.change.name)
        with self._tree.folder(at.place, at.folder) as live, self._staging.spot(at.place, step) as stage:
            if stage is None:
                raise TargetChanged(name=show_name(step.change.name))
            yield Ends(step, at, live, *stage)


def set_aside(disk: Disk, ends: Ends) -> None:
    """Keep an original that cannot go back, under a name by which `discard` hands it to the administrator."""
    status = look(ends.stage, ends.spot)
    if status is None or kind_of(status) is ItemKind.DIRECTORY:
        return  # an empty folder is not worth keeping
    _log.warning("kept aside an original that could not go back", extra={"item": show_name(ends.step.change.name)})
    disk.move(ends.stage, ends.spot, ends.stage, kept_name(ends.step, ends.leaf))


def different(before: Attributes, after: Attributes) -> Attributes:
    """Return those of `after` that are kept and differ from `before`."""
    return Attributes(
        mode=after.mode if after.mode != before.mode else None,
        owner=after.owner if after.owner != before.owner else None,
        group=after.group if after.group != before.group else None,
        mtime_ns=after.mtime_ns if after.mtime_ns != before.mtime_ns else None,
        xattrs=after.xattrs if after.xattrs != before.xattrs else None,
    )


def dress_live(disk: Disk, folder: int, leaf: bytes, wanted: Attributes, owners: Owners) -> None:
    """Set attributes of a live object in place; raise FileNotFoundError where it is gone."""
    dress = dress_for(wanted, owners)
    status = os.stat(leaf, dir_fd=folder, follow_symlinks=False)
    if kind_of(status) is ItemKind.SYMLINK:
        put_on_link(disk, folder, leaf, dress)
        return
    handle = os.open(leaf, _HANDLE, dir_fd=folder)
    try:
        if os.fstat(handle).st_ino != status.st_ino or os.fstat(handle).st_dev != status.st_dev:
            raise FileNotFoundError(errno.ENOENT, "it was replaced", os.fsdecode(leaf))
        put_on(disk, handle, dress)
    finally:
        os.close(handle)


def _expected(step: Step) -> Item:
    before = step.change.before
    assert before is not None  # noqa: S101 - only an ADD has none, and an ADD does not ask
    return before


@contextmanager
def _translated(step: Step) -> Iterator[None]:
    name = show_name(step.change.name)
    try:
        yield
    except OSError as error:
        raise translated(error, name) from error


def translated(error: OSError, name: str) -> Exception:
    """Return the error of ours that says what an OSError of an act means."""
    if error.errno in _CHANGED:
        return TargetChanged(name=name)
    if error.errno in _IMPOSSIBLE:
        return Unsupported(what=say("Changing {name}", name=name), reason=os.strerror(error.errno))
    return error
