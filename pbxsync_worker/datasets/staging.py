"""The values of a run before and after it: durable before its journal, because the journal holds only digests.

Format: `<folder>/<run>-<kind>`, MessagePack {item name: (value before, value after)}, nil for absent.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from pbxsync_worker.core.durable import UNFINISHED_PUT, Disk, open_folder
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.wire import pack, unpack

Values = dict[bytes, tuple[bytes | None, bytes | None]]


class Staging:
    """The staging files of one kind of data, in a folder of ours that several kinds may share."""

    def __init__(self, folder: Path, disk: Disk, kind: str) -> None:
        self._folder = folder
        self._disk = disk
        self._kind = kind
        self._known: dict[bytes, Values] = {}

    def write(self, run: str, values: Values) -> bytes:
        """Write a run's values durably and return the name of the file, for `Step.staged`."""
        name = self.name(run)
        folder = open_folder(self._folder)
        try:
            self._disk.put(folder, name, pack(values))
        finally:
            os.close(folder)
        self._known = {name: values}
        return name

    def read(self, name: bytes) -> Values:
        """Return the values of a run; empty where they are no longer there."""
        if name not in self._known:
            try:
                data = (self._folder / os.fsdecode(name)).read_bytes()
            except FileNotFoundError:
                return {}
            self._known = {name: unpack(data, Values)}
        return self._known[name]

    def of_run(self, run: str) -> Values:
        """Return the values of a run by its id."""
        return self.read(self.name(run))

    def remove(self, run: str) -> None:
        """Remove a run's file, and what a cut left of one that was being written."""
        name = self.name(run)
        self._known.pop(name, None)
        if not self._folder.is_dir():
            return
        folder = open_folder(self._folder)
        try:
            self._disk.remove(folder, name)
            for path in self._folder.glob(f"{UNFINISHED_PUT}*"):
                self._disk.remove(folder, os.fsencode(path.name))
            self._disk.sync(folder)
        finally:
            os.close(folder)

    def name(self, run: str) -> bytes:
        """Return the name of a run's file; raise Invalid for a run id that cannot be a part of one."""
        if not run or "/" in run or run.startswith("."):
            raise Invalid(what="Run id", problems=f"{run!r} cannot be a file name")
        return f"{run}-{self._kind}".encode()


def write_stream(disk: Disk, folder: Path, name: bytes, content: Iterable[bytes]) -> None:
    """Write a new file of ours as its content comes, durable on return; raise FileExistsError."""
    handle = open_folder(folder)
    try:
        disk.create(handle, name, content)
        written = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=handle)
        try:
            disk.sync(written)
        finally:
            os.close(written)
        disk.sync(handle)
    finally:
        os.close(handle)


def remove_all(disk: Disk, folder: Path, *patterns: str) -> None:
    """Remove the files of ours that match a pattern, durably. Repeatable."""
    found = [path for pattern in patterns for path in sorted(folder.glob(pattern))] if folder.is_dir() else []
    if not found:
        return
    handle = open_folder(folder)
    try:
        for path in found:
            disk.remove(handle, os.fsencode(path.name))
        disk.sync(handle)
    finally:
        os.close(handle)
