"""Contents of many items over one answer, resumed inside an item where the link breaks; each checked by its digest."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO, Protocol

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import HostUnreachable, Invalid, PeerLied, SourceChanged, TargetChanged
from pbxsync_worker.core.model.inventory import new_digest
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.peer.exchange import Exchange, following, nothing_more
from pbxsync_worker.peer.messages import End, Fetch, Form, Head, Message, Tail, Undefined, Want, row_of

DELTA_FROM = 2**16
"""Bytes from which a signature is worth sending."""

KNOWN_FROM = 2**22
"""Bytes from which what we have is told by its digest first: asking in vain costs a round trip."""

MAX_SIGNATURE = 2**21
MAX_BODY = 2**24
MAX_WANTS = 50_000
_PAUSE = 1.0
_PIECE = 2**20
_READ_AHEAD = 2**30
"""Bytes of what was left here that are read before the next question is asked."""
_WITH_BASE = frozenset({ItemKind.FILE, ItemKind.DATABASE})


class Base(Protocol):
    """Opens what this host has of an item, to make a delta against."""

    def __call__(self, item: Item) -> BinaryIO | None:
        """Open it for reading and seeking, or return None where there is nothing to use; the caller closes it."""
        ...


Begun = Callable[[], Mapping[bytes, Callable[[], BinaryIO | None]]]
"""Gives what an earlier run left here of contents, by digest; the caller closes what it opens, None: it cannot be."""


def nothing_begun() -> Mapping[bytes, Callable[[], BinaryIO | None]]:
    """Give nothing: every content comes from its beginning."""
    return {}


@dataclass(frozen=True, slots=True)
class Here:
    """What of contents this host has: older ones, and the beginnings of those to come."""

    base: Base
    begun: Begun = nothing_begun


@dataclass(frozen=True, slots=True)
class Samples:
    """How speech is told by sample: the functions of `delta/audio.py`.

    sampled(name, start): None where it does not gain; packed(told, offset, content); unpacked(blocks) raises Invalid.
    """

    sampled: Callable[[bytes, bytes], Any]
    packed: Callable[[Any, int, Iterable[bytes]], Iterator[bytes]]
    unpacked: Callable[[Iterable[bytes]], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Deltas:
    """How deltas are made and used; wiring gives the functions of the delta package.

    signature(base, size); delta(signature, content); patch(base, delta, limit). Between contents that both sides hold:
    patch_against(base, new); rebuilt(base, patch, size). All raise Invalid for bad input. grown(content, size, before,
    digest): the delta of a content that was a shorter one before, of which only the digest is known, b"" for any other.
    """

    signature: Callable[[BinaryIO, int], bytes]
    delta: Callable[[bytes, Iterable[bytes]], Iterator[bytes]]
    patch: Callable[[BinaryIO, Iterable[bytes], int], Iterator[bytes]]
    patch_against: Callable[[bytes, bytes], bytes]
    rebuilt: Callable[[bytes, bytes, int], bytes]
    grown: Callable[[Iterable[bytes], int, int, bytes], bytes]
    samples: Samples


def has_content(change: Change) -> bool:
    """Tell whether anything must be sent for a change: not for folders, nor for empty files."""
    return change.after is not None and change.after.kind is not ItemKind.DIRECTORY and change.after.size > 0


class Download:
    """The contents of changes, to be taken in their order; form: of the one that was taken last."""

    def __init__(
        self,
        exchange: Exchange,
        changes: Sequence[Change],
        deltas: Deltas,
        here: Here,
        clock: Clock,
        asks: Fetch,
        *,
        known: bool = False,
    ) -> None:
        """asks: what the request for contents begins with; known: the source may know what we have by its digest."""
        self._exchange = exchange
        self._changes = changes
        self._deltas = deltas
        self._base = here.base
        self._clock = clock
        self._asks = asks
        self._known = known
        self.form = Form.CHANGED
        self._answer: Iterator[Message | bytes] | None = None
        self._until = 0
        self._signed: set[int] = set()
        self._begun = here.begun()
        self._continued: dict[int, int] = {}
        self._progress = True

    def content(self, position: int) -> Iterator[bytes]:
        """Yield the content of one change; raise SourceChanged, PeerLied, or HostUnreachable if resuming fails."""
        item = self._item(position)
        running, got = new_digest(), 0
        while True:
            try:
                with self._exchange.blamed():
                    for piece in self._arriving(position, got):
                        got += len(piece)
                        if got > item.size:
                            raise Invalid(
                                what=item.text, problems=say("more than its {size} bytes came", size=item.size)
                            )
                        running.update(piece)
                        self._progress = True
                        yield piece
                    if got != item.size or running.digest() != item.content:
                        raise Invalid(what=item.text, problems=say("its content does not match its size and digest"))
            except PeerLied:
                if position in self._signed:
                    self._excuse(position)
                raise
            except HostUnreachable:
                if not self._progress:
                    raise
                # Each further try must be earned by at least one piece of content.
                self._progress = False
                self.close()
                self._clock.sleep(_PAUSE)
            else:
                return

    def close(self) -> None:
        """Leave the answer; the connection is kept only where it was read to its end."""
        self._answer = None

    def _item(self, position: int) -> Item:
        item = self._changes[position].after
        assert item is not None  # noqa: S101 - has_content was asked before
        return item

    def _arriving(self, position: int, offset: int) -> Iterator[bytes]:
        """Yield the rest of a content from `offset` on."""
        if self._answer is None or position >= self._until:
            self._request(position, offset)
        assert self._answer is not None  # noqa: S101 - _request sets it
        head = following(self._answer)
        if isinstance(head, Head) and head.form is Form.REST:
            if not (yield from self._begin(position)):
                # Another content of the run needed its room, or was the same: the source is asked as if it never was.
                self._begun = {}
                self._request(position, 0)
                yield from self._arriving(position, 0)
                return
            offset = self._continued[position]
            head = following(self._answer)
        self.form = head.form if isinstance(head, Head) else Form.CHANGED
        item = self._item(position)
        if isinstance(head, Head) and head.form is Form.CHANGED:
            raise SourceChanged(name=item.text)
        if isinstance(head, Head) and head.form is Form.WHOLE:
            yield from self._raw(item, item.size - offset)
        elif isinstance(head, Head) and head.form is Form.SAMPLES:
            # A block of an honest host is one byte longer than what it holds at most.
            yield from self._deltas.samples.unpacked(self._raw(item, item.size - offset + item.size // 8 + 64))
        elif isinstance(head, Head) and head.form is Form.DELTA and position in self._signed:
            yield from self._patched(position, item)
        else:
            raise Invalid(what=item.text, problems=say("its content comes in a form that was not asked for"))
        if position + 1 == self._until:
            end = following(self._answer)
            if not isinstance(end, End):
                raise Invalid(what="answer", problems="more items came than were asked for")
            nothing_more(self._answer)

    def _raw(self, item: Item, limit: int) -> Iterator[bytes]:
        assert self._answer is not None  # noqa: S101 - only used while an answer arrives
        got = 0
        while not isinstance(message := following(self._answer), Tail):
            if not isinstance(message, bytes):
                raise Invalid(what=item.text, problems=say("its content is broken by another message"))
            got += len(message)
            if got > limit:
                raise Invalid(what=item.text, problems=say("more than the announced {limit} bytes came", limit=limit))
            yield message
        if not message.whole:
            raise SourceChanged(name=item.text)

    def _patched(self, position: int, item: Item) -> Iterator[bytes]:
        base = self._open_base(position)
        if base is None:
            raise TargetChanged(name=item.text)
        with base:
            # A delta never needs more than the whole content and a few bytes for each command.
            yield from self._deltas.patch(base, self._raw(item, item.size + item.size // 8 + 2**16), item.size)

    def _begin(self, position: int) -> Generator[bytes, None, bool]:
        """Yield what an earlier run left of a content; return False, having yielded nothing, where it is gone."""
        item = self._item(position)
        if position not in self._continued:
            raise Invalid(what=item.text, problems=say("its content comes in a form that was not asked for"))
        file = self._begun[item.content]()
        if file is None:
            return False
        left = self._continued[position]
        with file:
            while left and (piece := file.read(min(left, _PIECE))):
                left -= len(piece)
                yield piece
        if left:
            raise TargetChanged(name=item.text)
        return True

    def _want(self, position: int, offset: int) -> Want:
        item = self._item(position)
        if offset:
            return Want(row_of(item), offset, b"")
        size, digest = self._left_of(position)
        # Beside an older version most likely little has to come; a beginning would cost all that follows it.
        signature, base = self._signature(position) if size < item.size else (b"", None)
        if not size or signature or base:
            return Want(row_of(item), 0, signature, base.content if base else b"", base.size if base else 0)
        self._continued[position] = size
        return Want(row_of(item), size, b"", digest)

    def _left_of(self, position: int) -> tuple[int, bytes]:
        """Return size and digest of what an earlier run left of a content, 0 and b"" where it left nothing."""
        item = self._item(position)
        opened = self._begun.get(item.content)
        file = None if opened is None else opened()
        if file is None:
            return 0, b""
        running, size = new_digest(), 0
        try:
            with file:
                while piece := file.read(_PIECE):
                    running.update(piece)
                    size += len(piece)
        except OSError:
            return 0, b""  # a disk that cannot give it back
        return (size, running.digest()) if size <= item.size else (0, b"")

    def _request(self, position: int, offset: int) -> None:
        messages: list[Message | bytes] = [self._asks]
        self._signed.clear()
        self._continued.clear()
        size = limit = 0
        named = False
        at = position
        while at < len(self._changes) and size < MAX_BODY and at - position < MAX_WANTS:
            item = self._item(at)
            want = self._want(at, offset if at == position else 0)
            named = named or bool(want.base)
            messages.append(want)
            size += len(item.name) + len(want.signature) + 100
            limit += item.size + item.size // 8 + 2**17
            at += 1
            if sum(self._continued.values()) >= _READ_AHEAD:
                break
        messages.append(End(at - position))
        self._until = at
        self._answer = self._exchange.ask("/v1/fetch", messages, limit)
        if named:
            first = following(self._answer)
            if isinstance(first, Undefined):
                nothing_more(self._answer)
                if not self._known:
                    self._begun = {}  # a host that cannot tell whether a content begins so
                self._known = False
                self._request(position, offset)
            else:
                self._answer = chain((first,), self._answer)

    def _signature(self, position: int) -> tuple[bytes, Item | None]:
        """Return the signature of what this host has, or what it is, where a delta is worth it and possible."""
        if self._item(position).size < DELTA_FROM:
            return b"", None
        base = self._open_base(position)
        if base is None:
            return b"", None
        before = self._changes[position].before
        assert before is not None  # noqa: S101 - _open_base looked
        with base:
            known = self._known and before.size >= KNOWN_FROM
            made = b"" if known else self._deltas.signature(base, before.size)
        if len(made) > MAX_SIGNATURE:
            return b"", None
        self._signed.add(position)
        return made, before if known else None

    def _open_base(self, position: int) -> BinaryIO | None:
        before = self._changes[position].before
        if before is None or before.kind not in _WITH_BASE or before.size < DELTA_FROM:
            return None
        return self._base(before)

    def _excuse(self, position: int) -> None:
        """Raise TargetChanged where our own base was edited while the delta was on its way: nobody lied then."""
        item, before = self._item(position), self._changes[position].before
        base = self._open_base(position)
        if base is None or before is None:
            raise TargetChanged(name=item.text)
        running = new_digest()
        with base:
            while piece := base.read(2**20):
                running.update(piece)
        if running.digest() != before.content:
            raise TargetChanged(name=item.text)
