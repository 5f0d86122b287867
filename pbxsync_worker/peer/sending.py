"""How an answer is sent: by a sample of what was asked for, by the speed of the line and by the load of this host."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pbxsync_worker.core.model.errors import PbxSyncError
from pbxsync_worker.core.model.host import Peer
from pbxsync_worker.core.model.item import ItemKind
from pbxsync_worker.core.model.pattern import Matcher
from pbxsync_worker.core.model.reading import Opens
from pbxsync_worker.core.store import Store
from pbxsync_worker.peer.checks import check_name
from pbxsync_worker.peer.download import Deltas
from pbxsync_worker.peer.messages import AskFacts, Fetch, Follow, Message, Pull, Want, item_of
from pbxsync_worker.peer.wire import LINE, SAMPLES, Streams

REPACK_BELOW = 25e6
"""Bytes a second of a line below which speech is told by sample; a faster one would wait for the processor."""

_CONTENTS = 8
_OF_EACH = 2**15


def accepted(messages: Sequence[Message | bytes]) -> tuple[str, ...]:
    """Return the compressions, and more, that the asking host can read."""
    asked = (one.accept for one in messages if isinstance(one, (Pull, AskFacts, Fetch, Follow)))
    return next(asked, ())


def line_to(store: Store, peer: Peer, messages: Sequence[Message | bytes]) -> float | None:
    """Return the bytes a second to a host, as either side has measured or the job allows, None where nobody knows."""
    known = [store.lines.of(peer.host.id).speed, _told(accepted(messages))]
    known += [one.rate for one in messages if isinstance(one, Fetch)]
    return min((float(one) for one in known if one), default=None)


def _told(words: Sequence[str]) -> float | None:
    found = (word.removeprefix(LINE) for word in words if word.startswith(LINE))
    return next((float(one) for one in found if one.isascii() and one.isdigit()), None)


def repacks(line: float | None, words: Sequence[str]) -> bool:
    """Tell whether speech is told by sample to one who accepts these words."""
    return SAMPLES in words and line is not None and line < REPACK_BELOW


@dataclass(frozen=True, slots=True)
class Sending:
    """Decides about the stream of an answer; load: processes that want to run, for each processor."""

    store: Store
    data: Opens
    protected: Matcher
    streams: Streams
    deltas: Deltas
    load: Callable[[], float]

    def coding(self, peer: Peer, messages: Sequence[Message | bytes]) -> tuple[str, int | None]:
        """Return compression and level of an answer."""
        words, line = accepted(messages), line_to(self.store, peer, messages)
        wants = [one for one in messages if isinstance(one, Want)]
        sample = self._sample(peer, wants, repacked=repacks(line, words)) if line is not None and wants else None
        return self.streams.decide(sample, line, self.load(), words)

    def _sample(self, peer: Peer, wants: Sequence[Want], *, repacked: bool) -> bytes | None:
        """Return some of the contents of files as they would be sent, None where rows or deltas are most of it."""
        files = [one for one in wants if one.row.kind is ItemKind.FILE and one.row.size and not one.signature]
        if 2 * sum(one.row.size for one in files) < sum(one.row.size for one in wants):
            return None
        return b"".join(self._start(peer, want, repacked=repacked) for want in _spread(files)) or None

    def _start(self, peer: Peer, want: Want, *, repacked: bool) -> bytes:
        item = item_of(want.row)
        try:
            check_name(item.name, peer.policy.places, self.protected)
            start = next(self.data.open(item), b"")
        except PbxSyncError:
            return b""  # whoever asked for it hears of it in its turn
        told = self.deltas.samples.sampled(item.name, start) if repacked else None
        if told is None:
            return start[:_OF_EACH]
        return b"".join(self.deltas.samples.packed(told, 0, (start[: 2 * _OF_EACH],)))[:_OF_EACH]


def _spread(wants: Sequence[Want]) -> Iterator[Want]:
    """Yield a few wants, large ones more likely than small ones, as they are likely to be most of the bytes."""
    step = sum(one.row.size for one in wants) / _CONTENTS
    passed, due = 0, step / 2
    for want in wants:
        passed += want.row.size
        if passed >= due:
            yield want
            due = passed + step
