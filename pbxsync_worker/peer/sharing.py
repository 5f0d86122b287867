"""Answers that several replicas ask for: read, digested and compressed once, kept for some minutes in nameless files.

Whoever is ahead makes the next piece and all others read it, so that a slow replica holds up nobody. Losing what is
kept costs time, nothing else: it goes with its process.
"""

import logging
import os
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from pbxsync_worker.core.model.errors import HostUnreachable
from pbxsync_worker.core.model.host import Peer, PeerState, Right
from pbxsync_worker.core.model.inventory import new_digest
from pbxsync_worker.core.model.item import ItemKind
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.wire import pack
from pbxsync_worker.peer.messages import Form, Head, Message, Refused, Tail, Undefined, Want
from pbxsync_worker.peer.sending import accepted, line_to
from pbxsync_worker.peer.wire import LINE, Last

log = logging.getLogger(__name__)

ROOM = 2**29
"""Bytes on the disk of all that is kept; an answer that may be longer is made for each replica."""
KEPT = 300.0
"""Seconds for which an answer is kept after it was last asked for."""

_READ = 2**18
_LEAST = 2**16
"""Bytes of contents from which an answer is worth a file."""
_SEVERAL = 2
"""Hosts that may read from here, from which on it is likely that two want the same."""
_SPARE = 4
"""How many times an answer must fit on the disk, so that calls are recorded as before."""
_FILES = frozenset({ItemKind.FILE, ItemKind.SYMLINK})

Watch = Callable[[Iterator[Message | bytes]], Iterator[Message | bytes]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for and how, as a digest, and how many bytes an answer takes at most."""

    digest: bytes
    size: int


def asked_for(store: Store, peer: Peer, messages: Sequence[Message | bytes]) -> Asked | None:
    """Return what a request for contents asks for, None where nobody else is likely to ask the same.

    Two that differ in what they may read, in what they understand or much in their lines do not ask the same.
    """
    wants = [one for one in messages if isinstance(one, Want)]
    size = sum(one.row.size + one.row.size // 1000 + 200 for one in wants)
    if size < _LEAST or any(one.offset or one.row.kind not in _FILES for one in wants):
        return None
    if sum(Right.READ in one.policy.rights for one in store.hosts.peers(PeerState.PAIRED)) < _SEVERAL:
        return None
    line = line_to(store, peer, messages)
    words = [one for one in accepted(messages) if not one.startswith(LINE)]
    running = new_digest()
    running.update(pack((words, sorted(peer.policy.places), None if line is None else int(line).bit_length() // 2)))
    for want in wants:
        running.update(pack(want))
    return Asked(running.digest(), size)


class Sharing:
    """Gives the same bytes to every replica that asks for the same contents in the same way."""

    def __init__(self, folder: Path, clock: Clock, room: int = ROOM) -> None:
        """Begin with nothing; folder: of ours, on a disk, where files without a name are made."""
        self._folder = folder
        self._clock = clock
        self._room = room
        self._kept: OrderedDict[bytes, _Shared] = OrderedDict()
        self._lock = Lock()

    def body(self, asked: Asked, make: Callable[[Watch], Iterable[bytes]]) -> Iterable[bytes]:
        """Return the pieces of an answer; make: makes it, all its messages passing through what it is given."""
        with self._lock:
            found = self._kept.pop(asked.digest, None)
            if found is not None and found.spoilt:
                found.close()
                found = None
            found = found or self._new(asked.size, make)
            if found is None:
                return make(iter)
            self._kept[asked.digest] = found
            found.asked_at = self._clock.monotonic()
        return found.pieces()

    def expire(self) -> None:
        """Let go of what nobody asked for lately."""
        before = self._clock.monotonic() - KEPT
        with self._lock:
            for asked in [key for key, one in self._kept.items() if one.asked_at < before and not one.users]:
                self._kept.pop(asked).close()

    def _new(self, size: int, make: Callable[[Watch], Iterable[bytes]]) -> "_Shared | None":
        """Return a new one; None where there is no room beside those that are being read."""
        free = [key for key, one in self._kept.items() if not one.users]
        while free and self._used() + size > self._room:
            self._kept.pop(free.pop(0)).close()
        if self._used() + size > self._room:
            return None
        try:
            status = os.statvfs(self._folder)
            if status.f_bavail * status.f_frsize < _SPARE * size:
                return None
            return _Shared(self._folder, size, make)
        except OSError as error:
            log.warning("answers are not shared for now", extra={"why": str(error)})
            return None

    def _used(self) -> int:
        return sum(one.size for one in self._kept.values())


class _Shared:
    """One answer. size: bytes that it may take, those that it takes once it is whole; users: who reads it now."""

    def __init__(self, folder: Path, size: int, make: Callable[[Watch], Iterable[bytes]]) -> None:
        self._file: int | None = None
        with tempfile.TemporaryFile(dir=folder) as file:
            self._file = os.dup(file.fileno())
        self._make = make
        self._source: Iterator[bytes] | None = None
        self._lock = Lock()
        self._length = 0
        self._ended = self._broken = self._closed = False
        self.size = size
        self.spoilt = False
        self.asked_at = 0.0
        self.users = 0

    def __del__(self) -> None:
        self._let_go()

    def pieces(self) -> Iterator[bytes]:
        """Yield all of it, as far as it is made from the file; raise HostUnreachable where making it fails."""
        with self._lock:
            self.users += 1
        try:
            at = 0
            while True:
                piece = self._after(at)
                at += len(piece)
                yield piece
                if isinstance(piece, Last):
                    return
        finally:
            with self._lock:
                self.users -= 1
                if self._closed and not self.users:
                    self._let_go()

    def close(self) -> None:
        """Let it go, once nobody reads it any more."""
        with self._lock:
            self._closed = True
            if not self.users:
                self._let_go()

    def _let_go(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = None

    def _after(self, at: int) -> bytes:
        with self._lock:
            made = at < self._length or self._ended
            # Its room was needed before anybody read it, or whoever made it has failed.
            if self._file is None or (self._broken and not made):
                raise HostUnreachable(host="", reason=say("its answer broke off"))
            return self._read(self._file, at) if made else self._next(self._file)

    def _next(self, file: int) -> bytes:
        self._broken = True
        try:
            if self._source is None:
                self._source = iter(self._make(self._watched))
            piece = next(self._source)
            left = memoryview(piece)
            while left:
                left = left[os.pwrite(file, left, self._length + len(piece) - len(left)) :]
            self._broken = False
        finally:
            self.spoilt = self.spoilt or self._broken
        self._length += len(piece)
        if isinstance(piece, Last):
            self._ended, self.size = True, self._length
        return piece

    def _read(self, file: int, at: int) -> bytes:
        piece = os.pread(file, min(_READ, self._length - at), at)
        return Last(piece) if self._ended and at + len(piece) == self._length else piece

    def _watched(self, messages: Iterator[Message | bytes]) -> Iterator[Message | bytes]:
        """Pass messages on; what says that something is another by now, or may not be had, is not said again."""
        for one in messages:
            self.spoilt = self.spoilt or _of_this_moment(one)
            yield one


def _of_this_moment(message: Message | bytes) -> bool:
    if isinstance(message, Head):
        return message.form is Form.CHANGED
    return isinstance(message, (Refused, Undefined)) or (isinstance(message, Tail) and not message.whole)
