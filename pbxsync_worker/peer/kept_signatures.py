"""Signatures of large contents over a restart of the service: one file each, named by the content that it is of.

A file is BLAKE2b-256 of the content's digest and the signature, then the signature. One that is damaged, cut or of
another content is none; what is lost costs one request and a signature on the wire.
"""

import logging
import os
from pathlib import Path

from pbxsync_worker.core.durable import Disk, open_folder, put_file
from pbxsync_worker.core.model.errors import Retry, Stop
from pbxsync_worker.core.model.inventory import DIGEST_SIZE, digest_of

log = logging.getLogger(__name__)

ROOM = 2**24
"""Bytes of all of them; those that were written first go."""


class KeptSignatures:
    """Signatures in a folder of ours."""

    def __init__(self, folder: Path, disk: Disk, room: int = ROOM) -> None:
        self._folder = folder
        self._disk = disk
        self._room = room

    def get(self, content: bytes) -> bytes:
        """Return the signature of a content, b"" where none is kept."""
        try:
            data = (self._folder / content.hex()).read_bytes()
        except OSError:
            return b""
        signature = data[DIGEST_SIZE:]
        return signature if data[:DIGEST_SIZE] == digest_of(content + signature) else b""

    def put(self, content: bytes, signature: bytes) -> None:
        """Keep a signature; where the disk does not take it, it is only logged."""
        try:
            self._make_room(self._room - len(signature) - DIGEST_SIZE)
            put_file(self._disk, self._folder / content.hex(), digest_of(content + signature) + signature)
        except (OSError, Retry, Stop) as error:
            log.warning("a signature is not kept", extra={"why": str(error)})

    def _make_room(self, room: int) -> None:
        folder = open_folder(self._folder)
        try:
            with os.scandir(folder) as entries:
                known = [(one.stat().st_mtime_ns, one.name, one.stat().st_size) for one in entries]
            held = sum(size for _, _, size in known)
            for _, name, size in sorted(known):
                if held <= room:
                    break
                self._disk.remove(folder, os.fsencode(name))
                held -= size
        finally:
            os.close(folder)
