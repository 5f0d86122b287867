"""The source of a run reached over the network: inventories and contents, every byte of them checked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.facts import HostFacts, Look
from pbxsync_worker.core.model.inventory import EMPTY, Inventory, digest_of
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.pattern import Matcher
from pbxsync_worker.core.model.ports import Clock, Content, Pulled
from pbxsync_worker.core.model.reading import Proven
from pbxsync_worker.core.model.sent import Ledger, Way
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.wire import pack
from pbxsync_worker.peer.along import Patch
from pbxsync_worker.peer.checks import check_inventory
from pbxsync_worker.peer.digests import dataset_digest, lasting_of, numbers_of
from pbxsync_worker.peer.download import Base, Begun, Deltas, Download, Here, has_content, nothing_begun
from pbxsync_worker.peer.exchange import Exchange, following, nothing_more
from pbxsync_worker.peer.facts import told
from pbxsync_worker.peer.inventories import MAX_CARRIED, Told, received
from pbxsync_worker.peer.messages import AskFacts, Changed, Fetch, Form, Message, Pull, Same, Undefined
from pbxsync_worker.peer.wire import LINE

MAX_INVENTORY = 2**30
MAX_FACTS = 2**22

_WAYS = {Form.WHOLE: Way.WHOLE, Form.DELTA: Way.DELTA, Form.SAMPLES: Way.SAMPLES}


@dataclass(frozen=True, slots=True)
class Trust:
    """What this host lets the source write.

    places: their names; protected: the test for protected names; origin: the source's identity, without which none of
    its records are taken.
    """

    places: tuple[str, ...]
    protected: Matcher
    origin: str = ""


@dataclass(slots=True)
class _Early:
    """The answer to a pull that was asked for together with the facts, not read yet."""

    dataset: Dataset
    known: Inventory
    answer: Iterator[Message | bytes]


class HttpsPeerLink:
    """The port PeerLink over an exchange of messages with one host."""

    def __init__(
        self,
        exchange: Exchange,
        trust: Trust,
        deltas: Deltas,
        base: Base,
        clock: Clock,
        line: Callable[[], float | None] = lambda: None,
        begun: Begun = nothing_begun,
    ) -> None:
        """Begin with nothing asked for.

        line: the bytes a second that were measured to the source, None where they were not; begun: what earlier runs
        left here of contents.
        """
        self._exchange = exchange
        self._trust = trust
        self._deltas = deltas
        self._here = Here(base, begun)
        self._clock = clock
        self._line = line
        self._rate = 0
        self._told = Told(EMPTY)
        self._remembered = False
        self.ledger = Ledger()
        self._expected: tuple[Dataset, Inventory] | None = None
        self._early: _Early | None = None

    def expect(self, dataset: Dataset, known: Inventory) -> None:
        """Say what will most likely be pulled once the facts are known: then one request asks for both."""
        self._expected = (dataset, known)

    def limit(self, rate: int) -> None:
        """Ask that contents come at no more than so many bytes a second; 0: as fast as it goes."""
        self._rate = rate

    def pull(self, dataset: Dataset, known: Inventory | None) -> Pulled:
        """Learn what the source has; raise PeerLied for anything that no honest host sends for this dataset."""
        early, self._early = self._early, None
        if early is not None and known is not None and (early.dataset, early.known.root) == (dataset, known.root):
            with self._exchange.blamed():
                return self._pulled(dataset, known, following(early.answer), early.answer)
        definition, accept = pack(dataset), self._accept()
        digest, have = dataset_digest(definition), known.root if known else b""
        # A source that gave us an inventory before has most likely kept the definition as well.
        for sent in (b"", definition) if known else (definition,):
            message = Pull(digest, sent, have, accept)
            with self._exchange.blamed():
                answer = self._exchange.ask("/v1/pull", [message], MAX_INVENTORY)
                first = following(answer)
                if isinstance(first, Undefined) and not sent:
                    nothing_more(answer)
                    continue
                return self._pulled(dataset, known, first, answer)
        raise AssertionError  # the loop ends by its second turn at the latest

    def facts(self, dataset: Dataset, ours: HostFacts, look: Look = ()) -> HostFacts:
        """Learn what the source is, as far as a dataset needs to know; what it has as we have it does not travel.

        look: columns whose values are to be looked at. Its name is the one we know it by. Raise PeerLied for what
        cannot be.
        """
        definition = pack(dataset)
        asked = AskFacts(dataset_digest(definition), b"", lasting_of(ours), self._accept(), look, numbers_of(ours))
        found = self._facts_and_more(asked, ours)
        if found is not None:
            return found
        answer = self._exchange.one("/v1/facts", asked, MAX_FACTS)
        if isinstance(answer, Undefined):
            asked = structs.replace(asked, definition=definition)
            answer = self._exchange.one("/v1/facts", asked, MAX_FACTS)
        with self._exchange.blamed():
            return replace(told(answer, ours), name=self._exchange.host)

    def _facts_and_more(self, asked: AskFacts, ours: HostFacts) -> HostFacts | None:
        """Ask for the facts and what is expected to be pulled; None where the source does not know what is meant."""
        expected, self._expected = self._expected, None
        if self._early is not None:
            # One answer after the other: what came early waits here.
            self._early.answer = iter(list(self._early.answer))
        if expected is None:
            return None
        dataset, known = expected
        pull = Pull(dataset_digest(pack(dataset)), b"", known.root, asked.accept)
        with self._exchange.blamed():
            answer = self._exchange.ask("/v1/pull", [asked, pull], MAX_INVENTORY)
            first = following(answer)
            if isinstance(first, Undefined):
                nothing_more(answer)
                return None
            found = replace(told(first, ours), name=self._exchange.host)
            self._early = _Early(dataset, known, answer)
            return found

    def _pulled(
        self, dataset: Dataset, known: Inventory | None, first: Message | bytes, answer: Iterator[Message | bytes]
    ) -> Pulled:
        same = known is not None and isinstance(first, Same) and first.root == known.root
        if known is not None and same:
            nothing_more(answer)
            self._told = Told(known)
        else:
            self._told = received(first, answer, known)
            self._remembered = isinstance(first, Changed)
        trust = self._trust
        inventory = self._told.inventory
        check_inventory(self._exchange.host, dataset, inventory, trust.places, trust.protected, trust.origin)
        return Pulled(inventory, same=same)

    def fetch(self, wanted: Sequence[Change]) -> Iterator[tuple[Change, Content]]:
        """Give the content of every wanted change in this order; each must be consumed before the next."""
        made = self._rebuilt(wanted)
        brought = {**self._told.carried, **made}
        remote = [one for one in wanted if has_content(one) and _content(one) not in brought]
        asks = Fetch(self._accept(), self._rate)
        known = self._remembered
        download = Download(self._exchange, remote, self._deltas, self._here, self._clock, asks, known=known)
        position = 0
        try:
            for change in wanted:
                if not has_content(change):
                    yield change, ()
                    continue
                here = brought.get(_content(change))
                if here is not None:
                    self._note_brought(change, made)
                    yield change, (here,)
                    continue
                moved, content = self._exchange.moved, download.content(position)
                position += 1
                yield change, content if change.after is None else Proven(change.after, content)
                for _ in content:
                    pass  # what the consumer left unread stands before the next item
                self._note(change, _WAYS[download.form], self._exchange.moved - moved, self._exchange.codec)
        finally:
            download.close()

    def _note_brought(self, change: Change, made: Mapping[bytes, bytes]) -> None:
        content = _content(change)
        if content in made:
            self._note(change, Way.PATCH, len(self._told.patches[content].data))
        else:
            self._note(change, Way.ALONG, len(self._told.carried[content]))

    def _note(self, change: Change, way: Way, sent: int, codec: str = "") -> None:
        if change.after is not None:
            self.ledger.note(change.after.text, way, change.after.size, sent, codec)

    def _accept(self) -> tuple[str, ...]:
        line = self._line()
        return (*self._exchange.streams.accepted, *([f"{LINE}{line:.0f}"] if line else []))

    def _rebuilt(self, wanted: Sequence[Change]) -> dict[bytes, bytes]:
        """Return those contents that patches make of what this host has; all others are fetched."""
        made: dict[bytes, bytes] = {}
        room = MAX_CARRIED
        for change in wanted:
            patch, before, item = self._told.patches.get(_content(change)), change.before, change.after
            if patch is None or before is None or item is None or not before.same_content(patch.base):
                continue
            if item.size <= room and (content := self._patched(patch, before, item)) is not None:
                made[item.content] = content
                room -= item.size
        return made

    def _patched(self, patch: Patch, before: Item, item: Item) -> bytes | None:
        file = self._here.base(before)
        if file is None:
            return None
        with file:
            held = file.read(before.size + 1)
        if digest_of(held) != before.content:
            return None  # it was edited here meanwhile
        with self._exchange.blamed():
            content = self._deltas.rebuilt(held, patch.data, item.size)
            if digest_of(content) != item.content:
                raise Invalid(what=item.text, problems=say("its patch makes something else of it"))
        return content

    def traffic(self) -> tuple[int, int]:
        """Return (requests, bytes both ways on the wire, TLS and handshakes included) so far."""
        return self._exchange.requests, self._exchange.moved

    def close(self) -> None:
        """Close the connection."""
        self._exchange.close()


def _content(change: Change) -> bytes:
    return b"" if change.after is None else change.after.content
