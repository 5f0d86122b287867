"""What another host says it has is believed only as far as it is possible, asked for, and allowed here."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterator
from dataclasses import dataclass, replace
from threading import Lock

from pbxsync_worker.core.model.dataset import (
    ASTDB,
    COLLECT,
    MESSAGES,
    SQL,
    SQLITE,
    VOICEMAIL,
    Dataset,
    FileSet,
    Keep,
    Place,
    SqliteSet,
)
from pbxsync_worker.core.model.errors import Invalid, NotAllowed, PeerLied
from pbxsync_worker.core.model.inventory import DIGEST_SIZE, Inventory, digest_of
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind, show_name
from pbxsync_worker.core.model.pattern import Matcher, matcher
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.peer.messages import MAX_SIZE

MAX_ITEMS = 1_000_000
MAX_NAME = 4000
MAX_PART = 255
MAX_DEPTH = 64
MAX_LINK = 4095
MAX_XATTRS = 2**16
_SETS = 8
_OURS = b".pbxsync-"
_PLACES = frozenset({*(place.value.encode() for place in Place), ASTDB, COLLECT, MESSAGES, SQL, SQLITE, VOICEMAIL})
_FILES = frozenset({ItemKind.FILE, ItemKind.DIRECTORY, ItemKind.SYMLINK})
_KEY, _ROW, _BOX = (frozenset({kind}) for kind in (ItemKind.KEY, ItemKind.ROW, ItemKind.BOX))
_DATABASE = frozenset({ItemKind.ROW, ItemKind.SCHEMA, ItemKind.DATABASE})
_RECORDS = frozenset({ItemKind.RECORDS})
_MESSAGE = frozenset({ItemKind.MESSAGE})
_NOTHING_KEPT = Keep(mode=False, owner=False, mtime=False)
_ROWS_KEPT = replace(_NOTHING_KEPT, xattrs=True)
_ACLS = frozenset({b"system.posix_acl_access", b"system.posix_acl_default"})
_SETUID, _SETGID, _STICKY = 0o4000, 0o2000, 0o1000
_NOTHING = digest_of(b"")


def check_inventory(
    host: str, dataset: Dataset, inventory: Inventory, places: Collection[str], protected: Matcher, origin: str = ""
) -> None:
    """Raise PeerLied, naming the host and the first item that no honest host sends for this dataset.

    places: names of the places the local policy allows; protected: tells what is never touched here; origin: the
    host's identity: records come from who wrote them, so without one none may come. What was found good with the same
    questions before is not asked them again.
    """
    if len(inventory.items) > MAX_ITEMS:
        raise PeerLied(host=host, reason=f"it names more than {MAX_ITEMS} items")
    questions = _Questions(dataset, frozenset(places), protected, origin)
    good = _GOOD.get(questions)
    if good is None or good.root != inventory.root:
        _ask(host, questions, inventory, inventory if good is None else _new(inventory, good))
        _GOOD.keep(questions, inventory)


@dataclass(frozen=True, slots=True)
class _Questions:
    dataset: Dataset
    places: frozenset[str]
    protected: Matcher
    origin: str


def _ask(host: str, questions: _Questions, inventory: Inventory, new: Inventory) -> None:
    """Ask them of what is new in an inventory, which may be all of it."""
    dataset, places, origin = questions.dataset, questions.places, questions.origin
    wanted = [_Selected(file_set) for file_set in dataset.file_sets if file_set.place.value in places]
    wanted += [_Choice(_NOTHING_KEPT, one.selects, _KEY) for one in dataset.families if ASTDB.decode() in places]
    wanted += [_rows_of(dataset)] if SQL.decode() in places else []
    wanted += [_records_of(dataset, origin)] if origin and COLLECT.decode() in places else []
    wanted += [_Choice(_NOTHING_KEPT, one.selects, _BOX) for one in dataset.boxes if VOICEMAIL.decode() in places]
    wanted += [_Choice(_ROWS_KEPT, one.selects, _MESSAGE) for one in dataset.messages if MESSAGES.decode() in places]
    open_databases = [one for one in dataset.databases if {SQLITE.decode(), one.place.value} <= set(places)]
    wanted += [_database(one) for one in open_databases]
    needed = _own_folders(dataset, places)
    # Of what was good before every item has its place, so of that too which lies in a folder.
    needed |= _folders_in_use(inventory, wanted) if new is inventory else inventory.subtrees.keys()
    for name, item in new.items.items():
        reason = _problem(name, item, inventory) or _outside(item, wanted, needed, questions.protected)
        if reason:
            raise PeerLied(host=host, reason=f"{show_name(name[:300])}: {reason}")


class _Good:
    """The last inventory that was found good with each of a few sets of questions."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, Inventory] = OrderedDict()
        self._lock = Lock()

    def get(self, questions: Hashable) -> Inventory | None:
        with self._lock:
            return self._known.get(questions)

    def keep(self, questions: Hashable, inventory: Inventory) -> None:
        with self._lock:
            self._known[questions] = inventory
            self._known.move_to_end(questions)
            while len(self._known) > _SETS:
                self._known.popitem(last=False)


_GOOD = _Good()


def _new(inventory: Inventory, good: Inventory) -> Inventory:
    """Return what differs from an inventory that was good; all of it where that may not be enough."""
    known, folders = good.items, inventory.subtrees
    new = {name: item for name, item in inventory.items.items() if known.get(name) is not item}
    blocking = any(name in folders for name, item in new.items() if item.kind in _FILES - {ItemKind.DIRECTORY})
    return inventory if blocking else Inventory(new)


def check_name(name: bytes, places: Collection[str], protected: Matcher) -> None:
    """Raise NotAllowed for the name of an item that a peer may not have."""
    reason = _name_problem(name)
    if not reason and name.partition(b"/")[0].decode() not in places:
        reason = "this place is not open to this host"
    if not reason and name.startswith(SQLITE + b"/") and name.split(b"/")[1].decode() not in places:
        reason = "this place is not open to this host"
    if not reason and protected(name):
        reason = "it is protected"
    if reason:
        raise NotAllowed(reason=f"{show_name(name[:300])}: {reason}")


def check_dataset(dataset: Dataset, places: Collection[str]) -> None:
    """Raise NotAllowed for a dataset that leaves the places open to a peer, Invalid for one that makes no sense."""
    for place in sorted(dataset.places - set(places)):
        raise NotAllowed(reason=say("{place} is not open to this host", place=place))
    for file_set in dataset.file_sets:
        parts = _text(file_set.path).split(b"/")
        if file_set.path and any(_part_problem(part) for part in parts):
            raise Invalid(
                what=say("Dataset {name}", name=dataset.name),
                problems=say("{path} does not stay below its place", path=repr(file_set.path)),
            )
        matcher((*file_set.include, *file_set.exclude))
    for database in dataset.databases:
        if not database.path or any(_part_problem(part) for part in _text(database.path).split(b"/")):
            raise Invalid(
                what=say("Dataset {name}", name=dataset.name),
                problems=say("{path} does not stay below its place", path=repr(database.path)),
            )
        matcher((*database.include, *database.exclude))
    for family in dataset.families:
        matcher((family.keys,))
    for context, box in ((one.context, one.box) for some in (dataset.boxes, dataset.messages) for one in some):
        matcher((f"{context}/{box}",))


@dataclass(frozen=True, slots=True)
class _Choice:
    keep: Keep
    takes: Callable[[bytes], bool]
    kinds: frozenset[ItemKind] = _FILES


def _Selected(file_set: FileSet) -> _Choice:  # noqa: N802 - builds a _Choice, reads as one
    base = b"/".join(part for part in (file_set.place.value.encode(), _text(file_set.path)) if part) + b"/"
    include, exclude = matcher(file_set.include), matcher(file_set.exclude)

    def takes(name: bytes) -> bool:
        path = name.removeprefix(base)
        return path != name and include(path) and not exclude(path)

    return _Choice(file_set.keep, takes)


def _rows_of(dataset: Dataset) -> _Choice:
    """Return one choice for all tables: a hundred of them would be asked for each of many thousand rows."""
    bases = frozenset(one.base for one in dataset.tables if not one.collected)

    def takes(name: bytes) -> bool:
        end = name.rfind(b"/") + 1
        return end < len(name) and name[:end] in bases

    return _Choice(_NOTHING_KEPT, takes, _ROW)


def _records_of(dataset: Dataset, origin: str) -> _Choice:
    """Return the choice of the records that a host wrote itself."""
    bases = frozenset(one.base + f"{origin}/".encode() for one in dataset.tables if one.collected)

    def takes(name: bytes) -> bool:
        end = name.rfind(b"/") + 1
        return end < len(name) and name[:end] in bases

    return _Choice(_ROWS_KEPT, takes, _RECORDS)


def _database(chosen: SqliteSet) -> _Choice:
    """Return one choice that asks the patterns once for each table, not for each row."""
    known: dict[bytes, bool] = {}

    def takes(name: bytes) -> bool:
        table = name[: name.rfind(b"/") + 1]
        if table == chosen.base:
            return chosen.selects(name)
        if table not in known:
            known[table] = chosen.selects(table + b"key")
        return known[table]

    return _Choice(_NOTHING_KEPT, takes, _DATABASE)


def _folders_in_use(inventory: Inventory, wanted: list[_Choice]) -> set[bytes]:
    """Return every folder above an item that the dataset takes: it may be named although no pattern takes it."""
    needed: set[bytes] = set()
    for name, item in inventory.items.items():
        if item.kind in _FILES and any(one.takes(name) for one in wanted):
            for folder in _folders_above(name):
                if folder in needed:
                    break
                needed.add(folder)
    return needed


def _own_folders(dataset: Dataset, places: Collection[str]) -> set[bytes]:
    """Return the folders that file sets are about, and those above: they are named also where nothing lies in them."""
    found = {one.base for one in dataset.file_sets if one.path and one.place.value in places}
    return found | {above for one in found for above in _folders_above(one) if b"/" in above}


def _folders_above(name: bytes) -> Iterator[bytes]:
    folder = name.rpartition(b"/")[0]
    while folder:
        yield folder
        folder = folder.rpartition(b"/")[0]


def _outside(item: Item, wanted: list[_Choice], needed: set[bytes], protected: Matcher) -> str:
    takers = [one for one in wanted if item.kind in one.kinds and one.takes(item.name)]
    if not takers and not (item.kind is ItemKind.DIRECTORY and item.name in needed):
        return "it is not part of the dataset"
    if protected(item.name):
        return "it is protected"
    if takers and not any(_kept(item.attributes, one.keep) for one in takers):
        return "it has attributes that the dataset does not keep"
    return ""


def _kept(attributes: Attributes, keep: Keep) -> bool:
    return (
        (keep.mode or attributes.mode is None)
        and (keep.owner or (attributes.owner is None and attributes.group is None))
        and (keep.mtime or attributes.mtime_ns is None)
        and (keep.xattrs or attributes.xattrs is None)
    )


def _problem(name: bytes, item: Item, inventory: Inventory) -> str:
    return (
        ("two names for one item" if name != item.name else "")
        or _name_problem(name)
        or _content_problem(item)
        or _attribute_problem(item)
        or (_parent_problem(name, inventory) if item.kind in _FILES else "")
    )


def _name_problem(name: bytes) -> str:
    place, _, path = name.partition(b"/")
    if place not in _PLACES or not path:
        return "it does not lie in a known place"
    if len(path) > MAX_NAME:
        return "its name is too long"
    parts = path.split(b"/")
    if len(parts) > MAX_DEPTH:
        return "it lies too deep"
    return next((reason for part in parts if (reason := _part_problem(part))), "")


def _part_problem(part: bytes) -> str:
    if part in (b"", b".", b".."):
        return "its name has an empty part, . or .."
    if b"\0" in part:
        return "its name has a NUL byte"
    if len(part) > MAX_PART:
        return "its name is too long"
    return "its name is kept for staging" if part.startswith(_OURS) else ""


def _content_problem(item: Item) -> str:
    if item.kind is ItemKind.DIRECTORY:
        return "a folder has no content" if item.size or item.content else ""
    if not 0 <= item.size <= MAX_SIZE or (item.kind is ItemKind.SYMLINK and not 1 <= item.size <= MAX_LINK):
        return "its size is impossible"
    if len(item.content) != DIGEST_SIZE or (item.size == 0) != (item.content == _NOTHING):
        return "its digest is impossible"
    return ""


def _attribute_problem(item: Item) -> str:
    of = item.attributes
    special = _SETUID if item.kind is ItemKind.DIRECTORY else _SETUID | _SETGID | _STICKY
    if of.mode is not None and (not 0 <= of.mode <= 0o7777 or of.mode & special):
        return "setuid, setgid and sticky bits do not travel"
    for owner in (of.owner, of.group):
        if owner is not None and (not 1 <= len(owner) <= 64 or not owner.isprintable() or ":" in owner):
            return "its owner is not a name"
    if of.mtime_ns is not None and not -(2**63) <= of.mtime_ns < 2**63:
        return "its time is impossible"
    return _xattr_problem(of.xattrs or ())


def _xattr_problem(xattrs: tuple[tuple[bytes, bytes], ...]) -> str:
    # security.capability would make a program privileged; trusted.* and the rest belong to the host.
    if any(not (name.startswith(b"user.") or name in _ACLS) or b"\0" in name for name, _ in xattrs):
        return "an extended attribute of this kind does not travel"
    return "its extended attributes are too large" if sum(len(value) for _, value in xattrs) > MAX_XATTRS else ""


def _parent_problem(name: bytes, inventory: Inventory) -> str:
    for folder in _folders_above(name):
        parent = inventory.items.get(folder)
        if parent is not None and parent.kind is not ItemKind.DIRECTORY:
            return "it lies below something that is no folder"
    return ""


def _text(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")
