"""The journal: one file a run, written before the first act; its commit record is THE commit point of a run.

Format (docs/crash-safety.md): records of 4 bytes length (big-endian), 16 bytes BLAKE2b of the body, MessagePack body.
First record: run, steps with their undo, reloads, what Asterisk does around them. Second record: the commit. A torn
record never was.
"""

import os
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

from pbxsync_worker.core.durable import UNFINISHED_PUT, Disk, open_folder
from pbxsync_worker.core.model.errors import Bug
from pbxsync_worker.core.model.ports import Written
from pbxsync_worker.core.wire import pack, unpack

_COMMIT = b"COMMITTED"
_SUFFIX = ".journal"


class FileJournal:
    """Journals as files in one folder of ours."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk

    def begin(self, written: Written) -> None:
        """Write everything down, durably, before the first act; a run begins once."""
        body = pack(replace(written, committed=False))
        folder = open_folder(self._folder)
        try:
            # Whole or not at all: put() renames a synced file into place.
            self._disk.put(folder, _name(written.run), _record(body))
        finally:
            os.close(folder)

    def commit(self, run: str) -> None:
        """THE commit point: after this returns the run stands, whatever happens."""
        handle = os.open(self._folder / os.fsdecode(_name(run)), os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        try:
            self._disk.append(handle, _record(_COMMIT))
        finally:
            os.close(handle)

    def close(self, run: str) -> None:
        """Forget a run that is settled or wholly undone. Repeatable."""
        folder = open_folder(self._folder)
        try:
            self._disk.remove(folder, _name(run))
            # What a cut left of a journal that was being put in place; nobody else writes here.
            for path in self._folder.glob(f"{UNFINISHED_PUT}*"):
                self._disk.remove(folder, os.fsencode(path.name))
            self._disk.sync(folder)
        finally:
            os.close(folder)

    def unfinished(self) -> tuple[Written, ...]:
        """Return what is written of runs that were never closed."""
        found = sorted(self._folder.glob(f"*{_SUFFIX}"))
        return tuple(_read(path) for path in found)


def _read(path: Path) -> Written:
    records = _records(path.read_bytes())
    if not records:
        raise Bug(reason=f"{path.name} has no whole first record although it was put in place whole")
    return replace(unpack(records[0], Written), committed=_COMMIT in records[1:])


def _record(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + blake2b(body, digest_size=16).digest() + body


def _records(data: bytes) -> list[bytes]:
    found = []
    at = 0
    while at + 20 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        body = data[at + 20 : at + 20 + size]
        if len(body) < size or blake2b(body, digest_size=16).digest() != data[at + 4 : at + 20]:
            break
        found.append(body)
        at += 20 + size
    return found


def _name(run: str) -> bytes:
    return f"{run}{_SUFFIX}".encode()
