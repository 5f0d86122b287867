"""Where staged and displaced objects wait: `.pbxsync-stage/<run>/<number>` at the top of each mount below a place.

The name of what has a larger content tells its digest as well, `<number>.<digest>`: see `begun.py`.
Only within one mount can two names be exchanged in one act. The folder belongs to us alone (0700); one that somebody
else made is refused.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.step import Step
from pbxsync_worker.datasets.files.names import STAGE, Parts
from pbxsync_worker.datasets.files.tree import Tree, is_missing

KEPT = b".kept-"


class Staging:
    """The staging folders of this host."""

    def __init__(self, tree: Tree, disk: Disk) -> None:
        self._tree = tree
        self._disk = disk

    def top_for(self, place: Place, folder: Parts, known: dict[tuple[Place, Parts], tuple[Parts, int]]) -> Parts:
        """Return the topmost folder on the mount where a folder lies, or will lie; `known` is the caller's memory."""
        return self._top(place, folder, known)[0]

    def make(self, place: Place, top: Parts, run: bytes) -> int:
        """Make (or find) the staging folder of a run and return it open; raise Unsupported where it is not ours."""
        with self._tree.folder(place, top) as handle:
            with suppress(FileExistsError):
                self._disk.make_directory(handle, STAGE)
            try:
                stage = _open_ours(handle, STAGE)
            except OSError as error:
                raise _taken() from error
        try:
            with suppress(FileExistsError):
                self._disk.make_directory(stage, run)
            return _open_ours(stage, run)
        finally:
            os.close(stage)

    def parent(self, place: Place, top: Parts) -> int | None:
        """Open the folder of all runs' stages at one mount; None where there is none."""
        try:
            with self._tree.folder(place, top) as handle:
                return _open_ours(handle, STAGE)
        except OSError as error:
            if is_missing(error):
                return None
            raise

    def remove_if_empty(self, place: Place, top: Parts) -> None:
        """Remove the folder of all runs' stages at one mount where nothing is in it; durable on return."""
        with self._tree.folder(place, top) as handle:
            try:
                self._disk.remove_directory(handle, STAGE)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
            # Before the journal is forgotten: afterwards nobody would look for a stage that came back.
            self._disk.sync(handle)

    @contextmanager
    def spot(self, place: Place, step: Step) -> Iterator[tuple[int, bytes] | None]:
        """Open the folder where a step's staged object waits, with its name there; None where it is gone."""
        *folder, name = step.staged.split(b"/")
        with self._tree.present(place, tuple(folder)) as handle:
            if handle is not None:
                _must_be_ours(handle)
            yield None if handle is None else (handle, name)

    def tops(self, place: Place) -> list[Parts]:
        """Return every folder of a place where a mount begins, the place itself first."""
        root = os.path.realpath(os.fsencode(self._tree.places[place])).rstrip(b"/") + b"/"
        below = [mount[len(root) :] for mount in _mount_points() if mount.startswith(root)]
        return [(), *(tuple(path.split(b"/")) for path in below)]

    def _top(
        self, place: Place, folder: Parts, known: dict[tuple[Place, Parts], tuple[Parts, int]]
    ) -> tuple[Parts, int]:
        key = (place, folder)
        if key not in known:
            if not folder:
                with self._tree.folder(place) as handle:
                    known[key] = ((), _mount_of(handle))
            else:
                above = self._top(place, folder[:-1], known)
                mount = self._mount_at(place, folder)
                known[key] = above if mount in (None, above[1]) else (folder, mount or 0)
        return known[key]

    def _mount_at(self, place: Place, folder: Parts) -> int | None:
        try:
            with self._tree.folder(place, folder) as handle:
                return _mount_of(handle)
        except OSError as error:
            if is_missing(error):
                return None
            raise


def staged_path(top: Parts, run: bytes, name: bytes) -> bytes:
    """Return where a step's object waits, relative to the place."""
    return b"/".join((*top, STAGE, run, name))


def kept_name(step: Step, leaf: bytes) -> bytes:
    """Return the name under which a stage keeps an original that could not go back."""
    return b"%d%s%s" % (step.number, KEPT, leaf[:200])


def _open_ours(folder: int, name: bytes) -> int:
    handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        _must_be_ours(handle)
    except Unsupported:
        os.close(handle)
        raise
    return handle


def _must_be_ours(handle: int) -> None:
    status = os.fstat(handle)
    if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise _taken()


def _taken() -> Unsupported:
    return Unsupported(what="Staging", reason=say("something that is not ours is named {stage}", stage=STAGE.decode()))


def _mount_of(handle: int) -> int:
    """Return the kernel's number of the mount, which unlike a device number also tells bind mounts apart."""
    for line in Path(f"/proc/self/fdinfo/{handle}").read_text(encoding="ascii").splitlines():
        if line.startswith("mnt_id:"):
            return int(line.split()[1])
    return os.fstat(handle).st_dev


def _mount_points() -> list[bytes]:
    """Read the mount points of this process; proc(5) writes space, tab, newline and backslash as octal."""
    lines = Path("/proc/self/mountinfo").read_bytes().splitlines()
    return [_unescaped(line.split(b" ")[4]) for line in lines]


def _unescaped(text: bytes) -> bytes:
    first, *rest = text.split(b"\\")
    return first + b"".join(bytes([int(part[:3], 8)]) + part[3:] for part in rest)
