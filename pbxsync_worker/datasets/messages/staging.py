"""What waits for a run, and what it took out: names of files in a folder of ours on the spool's own file system.

`<spool>/.pbxsync-messages/<run>/` holds `lock`, our file for Asterisk's locks; `<step>.new.<kind>`, what comes; and
`<step>.old.<number>.<kind>`, what went. Messages are put live, and taken out, by giving and taking names (hard links),
so the inode of its text tells our message from any other, also after Asterisk gave it another number.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.files.names import check_run
from pbxsync_worker.datasets.messages.bundle import TEXT
from pbxsync_worker.datasets.messages.folder import FileState, names_in
from pbxsync_worker.datasets.messages.lock import OURS

STAGE = b".pbxsync-messages"
_NEW = re.compile(r"([0-9]+)\.new\.([A-Za-z0-9]{1,16})")
_OLD = re.compile(r"([0-9]+)\.old\.([0-9]{4})\.([A-Za-z0-9]{1,16})")


@dataclass(slots=True)
class Staged:
    """What is staged of one step, by kind of file; number: under which the old message lay."""

    new: dict[str, FileState] = field(default_factory=dict)
    old: dict[str, FileState] = field(default_factory=dict)
    number: int = 0

    @property
    def text(self) -> int:
        """Return the inode of the new text, 0 where there is none."""
        return self.new[TEXT].inode if TEXT in self.new else 0

    @property
    def old_text(self) -> int:
        """Return the inode of the old text, 0 where not all of the old message is here: then it is live as well."""
        return self.old[TEXT].inode if TEXT in self.old else 0


def new_name(step: int, kind: str) -> bytes:
    """Return how a file that comes is staged."""
    return f"{step}.new.{kind}".encode()


def old_name(step: int, number: int, kind: str) -> bytes:
    """Return how a file that went is staged."""
    return f"{step}.old.{number:04d}.{kind}".encode()


def staged(stage: int, step: int) -> Staged:
    """Return what is staged of a step."""
    found = Staged()
    for name in names_in(stage):
        new, old = _NEW.fullmatch(name), _OLD.fullmatch(name)
        if new is not None and int(new[1]) == step:
            found.new[new[2]] = _state(stage, name)
        elif old is not None and int(old[1]) == step:
            found.number = int(old[2])
            found.old[old[3]] = _state(stage, name)
    return found


class Stages:
    """place: the spool's folder, None where this host has none."""

    def __init__(self, place: Path | None, disk: Disk) -> None:
        self._place = place
        self._disk = disk

    @contextmanager
    def made(self, run: str) -> Iterator[int]:
        """Make the folder of a run, with our lock file, and open it; raise Unsupported without a spool."""
        if self._place is None:
            raise Unsupported(what="Voicemail messages", reason=say("this host has no such place"))
        spool = os.open(self._place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            above = self._deeper(spool, STAGE)
            try:
                folder = self._deeper(above, check_run(run))
                self._disk.sync(above)
            finally:
                os.close(above)
        finally:
            os.close(spool)
        try:
            self._disk.create(folder, OURS, [], 0o644)
            yield folder
            self._disk.sync_filesystem(folder)
        finally:
            os.close(folder)

    @contextmanager
    def open(self, run: str) -> Iterator[int | None]:
        """Open the folder of a run; None where it is not there any more."""
        handle = None
        if self._place is not None:
            path = self._place / os.fsdecode(STAGE) / os.fsdecode(check_run(run))
            if path.is_dir():
                handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            yield handle
        finally:
            if handle is not None:
                os.close(handle)

    def clear(self, run: str) -> None:
        """Remove everything of a run, our lock file last. Repeatable."""
        with self.open(run) as folder:
            if folder is not None:
                for name in names_in(folder):
                    self._disk.remove(folder, os.fsencode(name))
        stage = None if self._place is None else self._place / os.fsdecode(STAGE)
        if stage is None or not stage.is_dir():
            return
        above = os.open(stage, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            self._disk.remove_directory(above, check_run(run))
            empty = not names_in(above)
        finally:
            os.close(above)
        if empty:
            spool = os.open(stage.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                self._disk.remove_directory(spool, STAGE)
            finally:
                os.close(spool)

    def _deeper(self, folder: int, name: bytes) -> int:
        with suppress(FileExistsError):  # opening it tells whether it is a folder
            self._disk.make_directory(folder, name)
        return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)


def _state(folder: int, name: str) -> FileState:
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    return FileState(status.st_ino, status.st_size, status.st_mtime_ns)
