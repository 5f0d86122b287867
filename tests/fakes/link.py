"""Links without a network: straight onto the data of another host, or through the real messages in one process."""

import io
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, FileSet, Place
from pbxsync_worker.core.model.errors import HostUnreachable, PeerLied, SourceChanged
from pbxsync_worker.core.model.facts import HostFacts
from pbxsync_worker.core.model.host import Host, Peer, PeerState, Policy, Right
from pbxsync_worker.core.model.inventory import Inventory, digest_of
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from pbxsync_worker.core.model.ports import Pulled
from pbxsync_worker.core.model.sent import Ledger
from pbxsync_worker.delta import against, audio, codec, coding, librsync
from pbxsync_worker.delta.grown import grown
from pbxsync_worker.peer.client import HttpsPeerLink, Trust
from pbxsync_worker.peer.download import Deltas, Samples, has_content
from pbxsync_worker.peer.exchange import Exchange
from pbxsync_worker.peer.server import PeerParts, create_peer_app
from pbxsync_worker.peer.serving import Readable
from pbxsync_worker.peer.wire import Streams
from tests.fakes.clock import HandClock

STREAMS = Streams(codec.compressor, codec.decompress, coding.decide)
SAMPLES = Samples(audio.sampled, audio.packed, audio.unpacked)
DELTAS = Deltas(
    librsync.signature, librsync.delta, librsync.patch, against.patch_against, against.rebuilt, grown, SAMPLES
)
PLACES = tuple(place.value for place in Place)
EVERYTHING = Policy(frozenset(Right))
DATASET = Dataset("files", "Files", tuple(FileSet(place) for place in (Place.ETC, Place.SPOOL)))
MIB = 2**20


def nothing_protected(_: bytes) -> bool:
    return False


def no_base(_: Item) -> None:
    return None


def item_with(name: bytes, content: bytes, kind: ItemKind = ItemKind.FILE, mode: int = 0o640) -> Item:
    return Item(name, kind, len(content), digest_of(content), Attributes(mode, "asterisk", "asterisk", 5))


def folder(name: bytes) -> Item:
    return Item(name, ItemKind.DIRECTORY, 0, b"", Attributes(0o755, "asterisk", "asterisk", None))


@dataclass
class MemoryData:
    """The reading half of HostData over a dictionary."""

    items: dict[bytes, Item] = field(default_factory=dict)
    contents: dict[bytes, bytes] = field(default_factory=dict)
    looks: int = 0

    def put(self, item: Item, content: bytes = b"") -> Item:
        self.items[item.name] = item
        self.contents[item.name] = content
        return item

    def file(self, name: bytes, content: bytes) -> Item:
        return self.put(item_with(name, content), content)

    def link(self, name: bytes, target: bytes) -> Item:
        return self.put(item_with(name, target, ItemKind.SYMLINK, 0o777), target)

    def remove(self, name: bytes) -> None:
        del self.items[name]
        del self.contents[name]

    def inventory(self, _: Dataset) -> Inventory:
        self.looks += 1
        return Inventory(dict(self.items))

    def open(self, item: Item) -> Iterator[bytes]:
        content = self.contents.get(item.name)
        if content is None or self.items[item.name].content != item.content:
            raise SourceChanged(name=item.text)
        for at in range(0, len(content), MIB):
            yield content[at : at + MIB]


@dataclass
class DirectLink:
    """The port PeerLink straight onto another host's data.

    break_after: items after whose start the link breaks for good, None for never; lies: names whose content is wrong.
    """

    data: Readable
    host: str = "source"
    break_after: int | None = None
    lies: frozenset[bytes] = frozenset()
    requests: int = 0
    moved: int = 0
    ledger: Ledger = field(default_factory=Ledger)

    def expect(self, dataset: Dataset, known: Inventory) -> None:
        """Nothing is asked before it must be: there is no way to save."""

    def pull(self, dataset: Dataset, known: Inventory | None) -> Pulled:
        self.requests += 1
        inventory = self.data.inventory(dataset)
        same = known is not None and known.root == inventory.root
        return Pulled(known if known is not None and same else inventory, same)

    def fetch(self, wanted):
        self.requests += 1
        for number, change in enumerate(wanted):
            if self.break_after is not None and number >= self.break_after:
                raise HostUnreachable(host=self.host, reason="the link is broken")
            content = self._checked(change) if has_content(change) else iter(())
            yield change, content
            for _ in content:
                pass

    def _checked(self, change: Change) -> Iterator[bytes]:
        item = change.after
        assert item is not None
        pieces = [b"x" * item.size] if item.name in self.lies else list(self.data.open(item))
        self.moved += item.size
        yield from pieces
        if digest_of(b"".join(pieces)) != item.content:
            raise PeerLied(host=self.host, reason=f"{item.text}: its content does not match its digest")

    def traffic(self) -> tuple[int, int]:
        return self.requests, self.moved


class WsgiTransport:
    """A Transport into the peer service of another host in this process, its bytes cut small.

    breaks: bytes after which each answer breaks, in turn; then none does.
    """

    def __init__(self, app, cut: int = 1000, breaks: tuple[int, ...] = (), host: str = "source") -> None:
        self._client = app.test_client()
        self._cut = cut
        self._breaks = list(breaks)
        self._host = host
        self.requests = 0
        self.moved = 0
        self.paths: list[str] = []

    def request(self, path: str, body: bytes) -> Generator[bytes, None, None]:
        self.requests += 1
        self.paths.append(path)
        answer = self._client.post(path, data=body, content_type="application/x-pbxsync").data
        self.moved += len(body)
        stop = self._breaks.pop(0) if self._breaks else None
        return self._pieces(answer, stop)

    def _pieces(self, answer: bytes, stop: int | None) -> Generator[bytes, None, None]:
        for at in range(0, len(answer), self._cut):
            piece = answer[at : at + self._cut if stop is None else min(at + self._cut, stop)]
            self.moved += len(piece)
            if piece:
                yield piece
            if stop is not None and stop <= at + self._cut and stop < len(answer):
                raise HostUnreachable(host=self._host, reason="the link is broken")

    def close(self) -> None:
        pass


class ScriptedTransport:
    """A hostile or broken host: fixed bytes as the answer to each request in turn; the last one again and again."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = list(answers)
        self.requests = 0
        self.moved = 0

    def request(self, _path: str, _body: bytes) -> Generator[bytes, None, None]:
        self.requests += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        for at in range(0, len(answer), 65536):
            yield answer[at : at + 65536]

    def close(self) -> None:
        pass


def peer_of(identity, name: str, *, policy: Policy = EVERYTHING, state: PeerState = PeerState.PAIRED) -> Peer:
    return Peer(Host(identity.id, name, "127.0.0.1:1"), identity.certificate, state, policy)


def link_over(transport, *, base=no_base, protected=nothing_protected, places=PLACES, host: str = "source", line=None):
    exchange = Exchange(host, transport, STREAMS)
    return HttpsPeerLink(exchange, Trust(places, protected), DELTAS, base, HandClock(), lambda: line)


def app_for(
    identity,
    store,
    data,
    memory,
    *,
    asks,
    protected=nothing_protected,
    clock=None,
    enqueue=None,
    facts=None,
    reporting=None,
    shared=None,
):
    """Return the peer service; asks: a function that returns the certificate of whoever asks."""
    return create_peer_app(
        PeerParts(
            identity=identity,
            store=store,
            data=data,
            memory=memory,
            facts=facts or (lambda *_: HostFacts("")),
            protected=protected,
            enqueue=enqueue or (lambda _: None),
            streams=STREAMS,
            deltas=DELTAS,
            clock=clock or HandClock(),
            certificate=lambda _: asks(),
            reporting=reporting,
            shared=shared,
        )
    )


def added(item: Item) -> Change:
    return Change(None, item)


def replaced(before: Item, after: Item) -> Change:
    return Change(before, after)


def bases(contents: dict[bytes, bytes]):
    """Return a Base over the contents this host has, by name."""
    return lambda item: io.BytesIO(contents[item.name]) if item.name in contents else None


def without(policy: Policy, right: Right) -> Policy:
    return replace(policy, rights=policy.rights - {right})
