"""Two hosts' folders as they are at one moment, to be put back any number of times with the same inodes.

A copy would not do: the journal knows staged files by their inode.
"""

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class _Seen:
    """One file, link or folder: `content` of a file, `kept` another name of the same inode."""

    status: os.stat_result
    content: bytes = b""
    kept: Path | None = None

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.status.st_mode)

    @property
    def traits(self) -> tuple[int, ...]:
        found = self.status
        inode = 0 if self.is_folder else found.st_ino
        return (inode, found.st_mode, found.st_uid, found.st_gid, found.st_mtime_ns)


class Snapshot:
    """Everything below a folder; `attic`, on the same file system, keeps its inodes alive."""

    def __init__(self, root: Path, attic: Path) -> None:
        attic.mkdir()
        self._attic = attic
        self._seen: dict[Path, _Seen] = {}
        for number, path in enumerate(_below(root)):
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode):
                self._seen[path] = _Seen(status)
                continue
            kept = attic / str(number)
            os.link(path, kept, follow_symlinks=False)
            content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
            self._seen[path] = _Seen(status, content, kept)
        self._root = root

    def restore(self) -> None:
        """Put everything back as it was: names, inodes, bytes, modes, owners and times."""
        self._remove_what_is_new()
        for path, seen in self._seen.items():
            if seen.is_folder:
                path.mkdir(exist_ok=True)
            elif not os.path.lexists(path) and seen.kept is not None:
                os.link(seen.kept, path, follow_symlinks=False)
        for path, seen in reversed(self._seen.items()):  # what lies in a folder before the folder, for its time
            _make_like(path, seen)

    def discard(self) -> None:
        """Forget it."""
        shutil.rmtree(self._attic)

    def _remove_what_is_new(self) -> None:
        for path in reversed(_below(self._root)):
            status, seen = path.lstat(), self._seen.get(path)
            if stat.S_ISDIR(status.st_mode):
                if seen is None or not seen.is_folder:
                    path.rmdir()
            elif seen is None or status.st_ino != seen.status.st_ino:
                path.unlink()


def _make_like(path: Path, seen: _Seen) -> None:
    status, wanted = path.lstat(), seen.status
    regular = stat.S_ISREG(status.st_mode)
    if regular and (status.st_size != wanted.st_size or path.read_bytes() != seen.content):
        path.write_bytes(seen.content)
        status = path.lstat()
    if (status.st_uid, status.st_gid) != (wanted.st_uid, wanted.st_gid):
        os.chown(path, wanted.st_uid, wanted.st_gid, follow_symlinks=False)
    if status.st_mode != wanted.st_mode:
        path.chmod(stat.S_IMODE(wanted.st_mode))
    if status.st_mtime_ns != wanted.st_mtime_ns:
        os.utime(path, ns=(wanted.st_mtime_ns, wanted.st_mtime_ns), follow_symlinks=False)
    found = _Seen(path.lstat()).traits
    assert found == seen.traits, f"{path}: {found} instead of {seen.traits}"


def _below(root: Path) -> list[Path]:
    """Return every path below a folder, a folder before what lies in it; links are not followed."""
    found: list[Path] = []
    for folder, folders, files in os.walk(root):
        found += [Path(folder, name) for name in (*folders, *files)]
    return found
