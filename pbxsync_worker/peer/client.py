"""The source of a run reached over the network: inventories and contents, every byte of them checked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.facts import HostFacts, Look
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.pattern import Matcher
from pbxsync_worker.core.model.ports import Clock, Content, Pulled
from pbxsync_worker.core.wire import pack
from pbxsync_worker.peer.checks import check_inventory
from pbxsync_worker.peer.download import Base, Deltas, Download, has_content
from pbxsync_worker.peer.exchange import Exchange, following, nothing_more
from pbxsync_worker.peer.facts import told
from pbxsync_worker.peer.inventories import Carried, received
from pbxsync_worker.peer.messages import AskFacts, Message, Pull, Same, Undefined, dataset_digest

MAX_INVENTORY = 2**30
MAX_FACTS = 2**22


@dataclass(frozen=True, slots=True)
class Trust:
    """What this host lets the source write.

    places: their names; protected: the test for protected names; origin: the source's identity, without which none of
    its records are taken.
    """

    places: tuple[str, ...]
    protected: Matcher
    origin: str = ""


class HttpsPeerLink:
    """The port PeerLink over an exchange of messages with one host."""

    def __init__(self, exchange: Exchange, trust: Trust, deltas: Deltas, base: Base, clock: Clock) -> None:
        self._exchange = exchange
        self._trust = trust
        self._deltas = deltas
        self._base = base
        self._clock = clock
        self._carried: Carried = {}

    def pull(self, dataset: Dataset, known: Inventory | None) -> Pulled:
        """Learn what the source has; raise PeerLied for anything that no honest host sends for this dataset."""
        definition = pack(dataset)
        digest, have = dataset_digest(definition), known.root if known else b""
        # A source that gave us an inventory before has most likely kept the definition as well.
        for sent in (b"", definition) if known else (definition,):
            message = Pull(digest, sent, have, self._exchange.streams.accepted)
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
        asked = AskFacts(dataset_digest(definition), b"", ours.lasting, self._exchange.streams.accepted, look)
        answer = self._exchange.one("/v1/facts", asked, MAX_FACTS)
        if isinstance(answer, Undefined):
            asked = AskFacts(asked.digest, definition, asked.have, asked.accept, look)
            answer = self._exchange.one("/v1/facts", asked, MAX_FACTS)
        with self._exchange.blamed():
            return replace(told(answer, ours), name=self._exchange.host)

    def _pulled(
        self, dataset: Dataset, known: Inventory | None, first: Message | bytes, answer: Iterator[Message | bytes]
    ) -> Pulled:
        same = known is not None and isinstance(first, Same) and first.root == known.root
        if known is not None and same:
            nothing_more(answer)
            self._carried = {}
            inventory = known
        else:
            inventory, self._carried = received(first, answer, known)
        self._check(dataset, inventory)
        return Pulled(inventory, same=same)

    def _check(self, dataset: Dataset, inventory: Inventory) -> None:
        trust = self._trust
        check_inventory(self._exchange.host, dataset, inventory, trust.places, trust.protected, trust.origin)

    def fetch(self, wanted: Sequence[Change]) -> Iterator[tuple[Change, Content]]:
        """Give the content of every wanted change in this order; each must be consumed before the next."""
        remote = [change for change in wanted if has_content(change) and self._brought(change) is None]
        download = Download(self._exchange, remote, self._deltas, self._base, self._clock)
        position = 0
        try:
            for change in wanted:
                if not has_content(change):
                    yield change, ()
                    continue
                brought = self._brought(change)
                if brought is not None:
                    yield change, (brought,)
                    continue
                content = download.content(position)
                position += 1
                yield change, content
                for _ in content:
                    pass  # what the consumer left unread stands before the next item
        finally:
            download.close()

    def _brought(self, change: Change) -> bytes | None:
        """Return a content that came with the inventory."""
        return None if change.after is None else self._carried.get(change.after.content)

    def traffic(self) -> tuple[int, int]:
        """Return (requests, bytes both ways on the wire, TLS and handshakes included) so far."""
        return self._exchange.requests, self._exchange.moved

    def close(self) -> None:
        """Close the connection."""
        self._exchange.close()
