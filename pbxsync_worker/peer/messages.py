"""The messages between two hosts with the limit of each field; `docs/peer-protocol.md` tells the conversation."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from pbxsync_worker.core.model.pbx import Finding
from pbxsync_worker.core.model.reading import SMALL
from pbxsync_worker.core.model.report import Report
from pbxsync_worker.core.model.run import Mode, State
from pbxsync_worker.core.model.sent import Sent

MAX_SIZE = 2**40
ROWS = 1000  # in one message
MAX_ALONG = 2**17
"""Bytes of contents and patches of files that come along with an inventory, in all."""
MAX_PIECES = 64  # of one small content

Digest = Annotated[bytes, Meta(max_length=32)]
Name = Annotated[bytes, Meta(min_length=1, max_length=4096)]
Text = Annotated[str, Meta(max_length=1000)]
Sentence = Annotated[str, Meta(max_length=8000)]
Id = Annotated[str, Meta(min_length=1, max_length=64)]
Proof = Annotated[bytes, Meta(max_length=80)]
Size = Annotated[int, Meta(ge=0, le=MAX_SIZE)]
Piece = Annotated[bytes, Meta(max_length=SMALL)] | Annotated[int, Meta(ge=0, lt=4096)]
_XattrName = Annotated[bytes, Meta(max_length=255)]
_XattrValue = Annotated[bytes, Meta(max_length=2**16)]
Accept = Annotated[tuple[Text, ...], Meta(max_length=8)]


class _Message(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A value that travels as an array of its fields."""


class Row(_Message, frozen=True):
    """One item of an inventory; content b"" and size 0: as the item of that name which the asking host knows."""

    name: Name
    kind: ItemKind
    size: Size
    content: Digest
    mode: Annotated[int, Meta(ge=0, le=0o7777)] | None
    owner: Annotated[str, Meta(max_length=64)] | None
    group: Annotated[str, Meta(max_length=64)] | None
    mtime_ns: int | None
    xattrs: Annotated[tuple[tuple[_XattrName, _XattrValue], ...], Meta(max_length=64)] | None


class Pull(_Message, frozen=True):
    """What do you have? definition: MessagePack of the Dataset, b"" where digest should be enough; have: a root."""

    digest: Digest
    definition: Annotated[bytes, Meta(max_length=2**18)]
    have: Digest
    accept: Accept


class Undefined(_Message, frozen=True):
    """What was named by its digest alone must be sent: the definition of a dataset, or a catalogue."""


class Same(_Message, frozen=True):
    """You have it already."""

    root: Digest


class Changed(_Message, frozen=True):
    """Gone, Moves, Smalls, Rows and Along follow: what turns the inventory you have into the one of this root."""

    root: Digest


class Whole(_Message, frozen=True):
    """Rows follow: the inventory."""

    root: Digest


class Rows(_Message, frozen=True):
    """Items, sorted by name."""

    rows: Annotated[tuple[Row, ...], Meta(max_length=ROWS)]


class Small(_Message, frozen=True):
    """One small item without attributes, as `smalls.py` tells it; its size and digest follow from its content."""

    shared: Annotated[int, Meta(ge=0, le=4096)]
    rest: Name
    kind: ItemKind
    pieces: Annotated[tuple[Piece, ...], Meta(max_length=MAX_PIECES)]


class Smalls(_Message, frozen=True):
    """Small items with their contents, in place of rows: a digest would be longer than most of them, compressed."""

    items: Annotated[tuple[Small, ...], Meta(max_length=ROWS)]


class Gone(_Message, frozen=True):
    """Names that are no more, sorted."""

    names: Annotated[tuple[Name, ...], Meta(max_length=ROWS)]


class Again(_Message, frozen=True):
    """One item that is as another one was, in all but its name: the number of that one among the Gone, from 0.

    shared, rest: its name, as that of a Small.
    """

    gone: Annotated[int, Meta(ge=0)]
    shared: Annotated[int, Meta(ge=0, le=4096)]
    rest: Name


class Moves(_Message, frozen=True):
    """Items under new names, sorted by these."""

    items: Annotated[tuple[Again, ...], Meta(max_length=ROWS)]


class Along(_Message, frozen=True):
    """The content of a told row, by the number of that row from 0: whole, or against the known item of its name."""

    row: Annotated[int, Meta(ge=0)]
    patch: bool
    data: Annotated[bytes, Meta(max_length=MAX_ALONG)]


class Wait(_Message, frozen=True):
    """Still working on the answer; sent so that silence always means trouble."""


class End(_Message, frozen=True):
    """Nothing was cut off; count: rows, names or items before it."""

    count: int


class AskFacts(_Message, frozen=True):
    """What are you, as far as this dataset needs to know? As Pull; have: `lasting_of` us, numbers: `numbers_of` us.

    look: columns (database, table, column as the dataset names them) whose values are to be looked at.
    """

    digest: Digest
    definition: Annotated[bytes, Meta(max_length=2**18)]
    have: Digest
    accept: Accept
    look: Annotated[tuple[tuple[Text, Text, Text], ...], Meta(max_length=1000)] = ()
    numbers: Digest = b""


class Facts(_Message, frozen=True):
    """MessagePack of HostFacts; alike, numbered: without what is as it is at who asked, see `peer/facts.py`."""

    packed: Annotated[bytes, Meta(max_length=2**21)]
    alike: bool
    numbered: bool = False


class Fetch(_Message, frozen=True):
    """Give me what follows; rate: bytes a second at most, 0 for as fast as it goes."""

    accept: Accept
    rate: Size = 0


class Want(_Message, frozen=True):
    """Exactly this version of an item, from `offset` bytes on; base: then the digest of what precedes.

    signature: of a similar content we have; base, size: its digest and size instead.
    """

    row: Row
    offset: Size
    signature: bytes
    base: Digest = b""
    size: Size = 0


class Form(StrEnum):
    """How an item's content comes."""

    WHOLE = "whole"
    DELTA = "delta"
    SAMPLES = "samples"  # speech told by sample, only to one who accepts it
    CHANGED = "changed"  # it is another by now, nothing follows
    REST = "rest"  # it begins as was told; another Head follows


class Head(_Message, frozen=True):
    """An item begins; content follows."""

    form: Form


class Tail(_Message, frozen=True):
    """An item ends; whole: False where it changed while it was read."""

    whole: bool


class Refused(_Message, frozen=True):
    """The answer is no; code: of our errors."""

    code: Text
    sentence: Text


class Ping(_Message, frozen=True):
    """Are you there?"""


class Pong(_Message, frozen=True):
    """Yes; id and name of the host, time there (seconds since 1970)."""

    id: Id
    name: Text
    now: float


class Give(_Message, frozen=True):
    """A catalogue; document: MessagePack of Catalogue, signed by `signer`."""

    document: Annotated[bytes, Meta(max_length=2**21)]
    signer: Id
    signature: Proof


class Ask(_Message, frozen=True):
    """Execute a run of this job; catalogue: digest of the document that has it. Undefined: the document must be sent.

    Everything else about the run follows from the job, or is the executing host's own affair. goal: of a rollback;
    plan: digest (hex) of the plan that was approved, "" for none.
    """

    id: Id
    group: Text
    job: Text
    catalogue: Digest
    mode: Mode
    by: Text
    goal: Text = ""
    plan: Text = ""


class Follow(_Message, frozen=True):
    """How is the run? Told shortly after each move later than `after`, until it has ended, or for `wait` seconds."""

    run: Id
    after: int
    wait: Annotated[float, Meta(ge=0, le=30)]
    plan: bool
    accept: Accept = ()


class Moved(_Message, frozen=True):
    """One move of a run; its state before is that after the one before it.

    at: milliseconds, of the first one since 1970, of each other one since the one before it.
    """

    number: int
    after: State
    at: int
    sentence: Sentence = ""
    error: Text = ""


class Status(_Message, frozen=True):
    """What a run did since, after Contents and plan (raw) where they are told; more: another Status follows.

    numbers: the fields of Numbers in their order, seconds as milliseconds, none before they were measured.
    """

    moves: Annotated[tuple[Moved, ...], Meta(max_length=1000)]
    numbers: Annotated[tuple[int, ...], Meta(max_length=64)] = ()
    reloaded: Annotated[tuple[Text, ...], Meta(max_length=1000)] = ()
    findings: tuple[Finding, ...] = ()
    more: bool = False


class Contents(_Message, frozen=True):
    """How the contents of a run came to its target; before a Status once that is known, for one who accepts it."""

    sent: Sent


class Cancel(_Message, frozen=True):
    """Take the run back."""

    run: Id
    who: Text


class Done(_Message, frozen=True):
    """It is done."""


class SourceChanged(_Message, frozen=True):
    """What a job takes from me is another than it was; you coordinate it."""

    group: Id
    job: Id


class Tell(_Message, frozen=True):
    """How I am; the answer says how you are. padding: sent along to measure the way."""

    report: Report
    padding: Annotated[bytes, Meta(max_length=2**18)] = b""


class Collect(_Message, frozen=True):
    """What waits for me here? Answered at once where something does, else within `wait` seconds."""

    wait: Annotated[float, Meta(ge=0, le=30)]


class Waiting(_Message, frozen=True):
    """A request that waits for the asking host: a path of its own peer port and the stream to it."""

    number: Annotated[int, Meta(ge=0)]
    path: Text
    body: Annotated[bytes, Meta(max_length=2**21)]


class Answered(_Message, frozen=True):
    """The stream that answers such a request."""

    number: Annotated[int, Meta(ge=0)]
    body: Annotated[bytes, Meta(max_length=2**21)]


class Hello(_Message, frozen=True):
    """Somebody wants to pair."""


class Welcome(_Message, frozen=True):
    """Prove it with this."""

    nonce: Digest


class Join(_Message, frozen=True):
    """The proof of a host that uses a one-time code."""

    certificate: Annotated[bytes, Meta(max_length=4096)]
    name: Annotated[str, Meta(min_length=1, max_length=64)]
    address: Annotated[str, Meta(max_length=300)]
    nonce: Digest
    answers: Digest
    proof: Proof
    signature: Proof


class Joined(_Message, frozen=True):
    """The proof of the host that made the code."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    proof: Proof


Message = (
    (Pull | Undefined | Same | Changed | Whole | Rows | Smalls | Gone | Moves | Along | Wait | End | AskFacts | Facts)
    | (Fetch | Want | Head | Tail | Refused | Ping | Pong)
    | (Give | Ask | Follow | Status | Contents | Cancel | Done | SourceChanged)
    | (Tell | Collect | Waiting | Answered)
    | (Hello | Welcome | Join | Joined)
)

_INVENTORY: tuple[type[Message], ...] = (
    Pull, Undefined, Same, Changed, Whole, Rows, Gone, End, Wait, AskFacts, Facts, Smalls, Moves, Along,
)  # fmt: skip
_CONTENT: tuple[type[Message], ...] = (Fetch, Want, Head, Tail, Refused, Contents)
_CONTROL: tuple[type[Message], ...] = (Ping, Pong, Give, Ask, Follow, Status, Cancel, Done, SourceChanged)
_PAIRING: tuple[type[Message], ...] = (Hello, Welcome, Join, Joined)
_MONITOR: tuple[type[Message], ...] = (Tell, Collect, Waiting, Answered)

_RANGES = ((1, _INVENTORY), (16, _CONTENT), (32, _CONTROL), (48, _PAIRING), (56, _MONITOR))
KINDS: dict[int, type[Message]] = {first + at: kind for first, kinds in _RANGES for at, kind in enumerate(kinds)}
"""The byte that names each message; numbers are never used again for another one."""


def row_of(item: Item) -> Row:
    """Return an item as it travels."""
    of = item.attributes
    return Row(item.name, item.kind, item.size, item.content, of.mode, of.owner, of.group, of.mtime_ns, of.xattrs)


def item_of(row: Row) -> Item:
    """Return the item that travelled."""
    attributes = Attributes(row.mode, row.owner, row.group, row.mtime_ns, row.xattrs)
    return Item(row.name, row.kind, row.size, row.content, attributes)
