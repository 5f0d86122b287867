"""What a paired host gets from this one: inventories and contents of the places open to it."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import chain, groupby
from typing import Protocol, TypeVar

from msgspec.structs import replace

from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.errors import HostUnreachable, Invalid, PbxSyncError, Retry, SourceChanged
from pbxsync_worker.core.model.facts import HostFacts, Look
from pbxsync_worker.core.model.host import Peer
from pbxsync_worker.core.model.inventory import Inventory, digest_of, new_digest
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.pattern import Matcher
from pbxsync_worker.core.model.reading import contents_of, one_of_many
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.wire import pack, unpack
from pbxsync_worker.peer.along import Giving
from pbxsync_worker.peer.bases import Bases
from pbxsync_worker.peer.checks import check_dataset, check_name
from pbxsync_worker.peer.digests import dataset_digest
from pbxsync_worker.peer.download import KNOWN_FROM, MAX_WANTS, Deltas
from pbxsync_worker.peer.facts import telling
from pbxsync_worker.peer.inventories import answer
from pbxsync_worker.peer.kept_signatures import KeptSignatures
from pbxsync_worker.peer.messages import (
    AskFacts,
    End,
    Fetch,
    Form,
    Head,
    Message,
    Pull,
    Tail,
    Undefined,
    Wait,
    Want,
    item_of,
)
from pbxsync_worker.peer.sending import accepted, line_to, repacks
from pbxsync_worker.peer.signatures import ROOM, Made, Signatures
from pbxsync_worker.peer.wire import cut

log = logging.getLogger(__name__)

T = TypeVar("T")

Telling = Callable[[Dataset, Look], HostFacts]
"""What this host is for a dataset; the values of some columns are looked at for it."""

_DEFINITIONS = 64
_SIGN_OF_LIFE = 10.0
_AT_ONCE = 500
_SIGN_OF_LIFE_BYTES = 2**28


class Readable(Protocol):
    """The reading half of HostData: all that a peer can ever reach."""

    def inventory(self, dataset: Dataset) -> Inventory:
        """Read names and digests; raise SourceChanged where an item never stood still."""
        ...

    def open(self, item: Item) -> Iterator[bytes]:
        """Give the content of exactly this version; raise SourceChanged where it is another by now."""
        ...


class Remembering(Protocol):
    """The inventories this host gave to others."""

    def remembered(self, root: bytes) -> Inventory | None:
        """Return the inventory of this root digest, None where it is not known any more."""
        ...

    def remember(self, inventory: Inventory) -> None:
        """Keep an inventory for a while."""
        ...


class Serving:
    """Answers `pull`, `facts` and `fetch`."""

    def __init__(
        self,
        store: Store,
        data: Readable,
        memory: Remembering,
        protected: Matcher,
        deltas: Deltas,
        facts: Telling,
        sign_of_life: float = _SIGN_OF_LIFE,
    ) -> None:
        """Put the parts together.

        facts: what this host is for a dataset; sign_of_life: seconds after which a peer that waits is told so.
        """
        self._store = store
        self._data = data
        self._memory = memory
        self._protected = protected
        self._deltas = deltas
        self._facts = facts
        self._sign_of_life = sign_of_life
        self._definitions: OrderedDict[bytes, Dataset] = OrderedDict()
        # One look at a time: two hosts that ask at once must not read the same tree twice.
        self._looking = ThreadPoolExecutor(1, "inventory")
        # What is only for the next time does not hold up an answer.
        self._afterwards = ThreadPoolExecutor(1, "afterwards")
        self._remembered: Future[None] | None = None
        self._bases = Bases()
        self._signatures = Signatures(data, deltas)
        self._signing = ThreadPoolExecutor(1, "signing")
        self._signed: Future[None] | None = None

    def keep_signatures(self, kept: KeptSignatures) -> None:
        """Let signatures outlast this process; before anything is answered."""
        self._signatures = Signatures(self._data, self._deltas, kept=kept)

    def pull(self, peer: Peer, messages: Sequence[Message | bytes]) -> Iterator[Message]:
        """Yield the answer to one Pull, after the facts where they are asked for in the same request.

        Raise NotAllowed for what this peer may not read.
        """
        *before, asked = messages or (None,)
        if not isinstance(asked, Pull) or len(before) > 1:
            raise Invalid(what="request", problems="one Pull was expected")
        dataset = self._dataset(asked)
        if dataset is None:
            yield Undefined()
            return
        check_dataset(dataset, peer.policy.places)
        if before:
            known = yield from self._told(peer, before)
            if not known:
                return
            yield Wait()  # the facts leave at once: their clock must be of now
        inventory = yield from self._looked(self._data.inventory, dataset)
        if self._remembered is not None:
            wait([self._remembered])
        had = self._memory.remembered(asked.have) if asked.have and asked.have != inventory.root else None
        giving = Giving(self._data, self._bases, self._deltas)
        yield from answer(inventory, inventory if asked.have == inventory.root else had, giving)
        self._remembered = self._afterwards.submit(self._remember, inventory)
        self._afterwards.submit(self._learn, inventory)

    def _remember(self, inventory: Inventory) -> None:
        try:
            self._memory.remember(inventory)
        except Retry as error:
            log.warning("what was told is not remembered", extra={"why": error.sentence})

    def _learn(self, inventory: Inventory) -> None:
        try:
            self._bases.learn(inventory.items.values(), self._data)
        except PbxSyncError as error:
            log.warning("what was told is not held", extra={"why": error.sentence})

    def facts(self, peer: Peer, messages: Sequence[Message | bytes]) -> Iterator[Message]:
        """Yield what this host is; raise NotAllowed for a dataset that this peer may not read."""
        yield from self._told(peer, messages)

    def _told(self, peer: Peer, messages: Sequence[Message | bytes | None]) -> Generator[Message, None, bool]:
        """Yield the facts, or Undefined; return whether the dataset was known."""
        (asked,) = messages if len(messages) == 1 else (None,)
        if not isinstance(asked, AskFacts):
            raise Invalid(what="request", problems="one AskFacts was expected")
        dataset = self._dataset(asked)
        if dataset is None:
            yield Undefined()
            return False
        check_dataset(dataset, peer.policy.places)
        found = yield from self._looked(lambda one: self._facts(one, asked.look), dataset)
        yield telling(found, b"" if asked.look else asked.have, asked.numbers)
        return True

    def _looked(self, look: Callable[[Dataset], T], dataset: Dataset) -> Generator[Message, None, T]:
        """Look, giving signs of life, and return what was seen."""
        try:
            future = self._looking.submit(look, dataset)
        except RuntimeError as error:  # the process ends, and this connection with it
            raise HostUnreachable(host="", reason=say("it is shutting down")) from error
        while not wait([future], self._sign_of_life).done:
            yield Wait()
        return future.result()

    def _dataset(self, asked: Pull | AskFacts) -> Dataset | None:
        if not asked.definition:
            return self._definitions.get(asked.digest) or self._from_catalogues(asked.digest)
        dataset = unpack(asked.definition, Dataset)
        if dataset_digest(asked.definition) != asked.digest:
            raise Invalid(what="request", problems="the definition of the dataset does not match its digest")
        self._definitions[asked.digest] = dataset
        while len(self._definitions) > _DEFINITIONS:
            self._definitions.popitem(last=False)
        return dataset

    def _from_catalogues(self, digest: bytes) -> Dataset | None:
        for catalogue in self._store.catalogues.all():
            for dataset in catalogue.datasets:
                if dataset_digest(pack(dataset)) == digest:
                    return dataset
        return None

    def fetch(self, peer: Peer, messages: Sequence[Message | bytes]) -> Iterator[Message | bytes]:
        """Yield the wanted contents; raise NotAllowed at the first name that this peer may not read."""
        wanted = [message for message in messages if isinstance(message, Want)]
        end = messages[-1] if messages else None
        if (
            not isinstance(end, End)
            or not isinstance(messages[0], Fetch)
            or not end.count == len(wanted) == len(messages) - 2
            or len(wanted) > MAX_WANTS
        ):
            raise Invalid(what="request", problems="one Fetch, its wants and an End were expected")
        for want in wanted:
            check_name(want.row.name, peer.policy.places, self._protected)
        known = yield from self._known([want for want in wanted if want.base and not want.offset])
        if not known:
            yield Undefined()
            return
        repacked = repacks(line_to(self._store, peer, messages), accepted(messages))
        for many, some in groupby(wanted, key=_of_many):
            now = list(some)
            yield from self._many(now) if many else self._whole(now, repacked=repacked)
        yield End(len(wanted))

    def _many(self, wanted: Sequence[Want]) -> Iterator[Message | bytes]:
        for at in range(0, len(wanted), _AT_ONCE):
            for content in contents_of(self._data, [item_of(want.row) for want in wanted[at : at + _AT_ONCE]]):
                if content is None:
                    yield Head(Form.CHANGED)
                else:
                    yield from (Head(Form.WHOLE), content, Tail(whole=True))

    def _whole(self, wanted: Sequence[Want], *, repacked: bool) -> Iterator[Message | bytes]:
        for want in wanted:
            if want.offset and want.base:
                yield from self._rest(want, repacked=repacked)
            else:
                yield from self._content(want, repacked=repacked)

    def _rest(self, want: Want, *, repacked: bool) -> Iterator[Message | bytes]:
        """Yield the rest of a content whose beginning the other host says to have, all of it where it has another."""
        try:
            same = yield from self._begins(want)
        except SourceChanged:
            yield Head(Form.CHANGED)
            return
        if not same:
            yield from self._content(replace(want, offset=0, base=b""), repacked=repacked)
            return
        yield Head(Form.REST)
        if want.offset == want.row.size:
            yield from (Head(Form.WHOLE), Tail(whole=True))
        else:
            yield from self._content(want, repacked=repacked)

    def _begins(self, want: Want) -> Generator[Message, None, bool]:
        """Return whether a content begins as the other host says."""
        item = item_of(want.row)
        if want.offset >= item.size:
            return want.offset == item.size and want.base == item.content
        running, left, waits = new_digest(), want.offset, 0
        for piece in self._data.open(item):
            running.update(piece[:left])
            left -= min(left, len(piece))
            if left == 0:
                break
            if want.offset - left >= (waits + 1) * _SIGN_OF_LIFE_BYTES:
                waits += 1
                yield Wait()
        return running.digest() == want.base

    def _content(self, want: Want, *, repacked: bool) -> Iterator[Message | bytes]:
        try:
            form, pieces = self._form(want, repacked=repacked)
            first = next(pieces, b"")
        except SourceChanged:
            yield Head(Form.CHANGED)
            return
        yield Head(form)
        try:
            yield from filter(None, chain((first,), pieces))
        except SourceChanged:
            yield Tail(whole=False)
            return
        yield Tail(whole=True)

    def _form(self, want: Want, *, repacked: bool) -> tuple[Form, Iterator[bytes]]:
        """Return how a content is sent, and the pieces of it; raise SourceChanged where it is another by now."""
        if (want.signature or want.base) and not want.offset:
            signature = want.signature or self._signatures.of(want.base)
            if signature or self._signatures.delta(_made(want, signature)) is not None:
                return Form.DELTA, cut(self._delta(want, signature))
        content = self._data.open(item_of(want.row))
        if not repacked or want.row.kind is not ItemKind.FILE:
            return Form.WHOLE, cut(_skip(content, want.offset))
        start = next(content, b"")
        told = self._deltas.samples.sampled(want.row.name, start)
        content = _skip(chain((start,), content), want.offset)
        if told is None:
            return Form.WHOLE, cut(content)
        return Form.SAMPLES, self._deltas.samples.packed(told, want.offset, content)

    def _delta(self, want: Want, signature: bytes) -> Iterator[bytes]:
        """Yield what leads from a described content to an item, made anew where it was not made for another host."""
        item, made = item_of(want.row), _made(want, signature)
        held = self._signatures.delta(made)
        if held is None:
            yield from self._signatures.noted(made, self._deltas.delta(signature, self._data.open(item)))
        else:
            yield held
        # What changed in part will most likely do so again.
        if item.size >= KNOWN_FROM:
            self._signed = self._signing.submit(self._signatures.learn, item)

    def _known(self, wanted: Sequence[Want]) -> Generator[Message, None, bool]:
        """Return whether it is known how all of these come from their bases, once what is being signed is ready."""
        while wanted and self._signed is not None and not wait([self._signed], self._sign_of_life).done:
            yield Wait()
        unsigned = [want for want in wanted if not self._signatures.of(want.base)]
        if sum(max(0, want.row.size - want.size) for want in unsigned) > ROOM // 2:
            return False
        for want in unsigned:
            grows = self._signing.submit(self._signatures.grows, item_of(want.row), want.base, want.size)
            while not wait([grows], self._sign_of_life).done:
                yield Wait()
            if not grows.result():
                return False
        return True


def _made(want: Want, signature: bytes) -> Made:
    return (want.row.name, want.row.content, want.base or digest_of(signature))


def _of_many(want: Want) -> bool:
    return not (want.offset or want.signature or want.base) and one_of_many(item_of(want.row))


def _skip(content: Iterator[bytes], offset: int) -> Iterator[bytes]:
    for piece in content:
        kept = piece[offset:]
        offset = max(0, offset - len(piece))
        if kept:
            yield kept
