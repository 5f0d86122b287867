"""The overlay of one run over rows: what each of them becomes on this host, remembered by both digests.

What a row becomes follows from the source's row, this host's row and the rules alone, so it is told by their digests
once it was looked at. One file for each job, in a folder of ours: BLAKE2b-256 of the rest, then the MessagePack of
what is told by the digest of both. It only saves requests: one that is missing or damaged is as good as none.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pbxsync_worker.core import wire
from pbxsync_worker.core.durable import Disk, put_file
from pbxsync_worker.core.model.dataset import RowPolicy, TableSet
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.inventory import DIGEST_SIZE, Inventory, digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.ports import Arrival
from pbxsync_worker.core.model.presets.overlay import Belongs, Replace, Row, Rule, arrive, may_hold
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.mysql.names import Fields, decode_key, decode_row, row_item, split_name, split_number

_MANY = say("several rows have the same key, so it cannot be told which is which")

Told = dict[bytes, tuple[str, ...]]
"""What is told of a row, by the digest of rules, name, the source's content and this host's content."""


class RowOverlay:
    """The port Overlay over the tables of a dataset; each run has its own."""

    def __init__(self, tables: Sequence[TableSet], rules: Sequence[Rule], path: Path, disk: Disk) -> None:
        """Take the rules that concern the tables; path: the file of the job."""
        self._path = path
        self._disk = disk
        self._tables = {one.base: one for one in tables}
        self._rules: dict[bytes, tuple[Rule, ...]] = {}
        for base, table in self._tables.items():
            own = tuple(one for one in rules if _is_about(one, table))
            if own and table.policy is not RowPolicy.COLLECT:
                self._rules[base] = own
        self._deciding = {base: _deciding(self._tables[base], own) for base, own in self._rules.items()}
        self._answers: dict[tuple[bytes, ...], bool] = {}
        self._before = _load(path) if self._rules else {}
        self._now: Told = {}

    def unwanted(self, theirs: Inventory, ours: Inventory) -> Mapping[bytes, str]:
        """Return rows that belong to nothing that arrives or is here, and rows that the rules cannot tell apart."""
        if not self._rules:
            return {}
        found = dict.fromkeys(self._ambiguous((theirs, ours)), _MANY)
        new = theirs.items.keys() - ours.items.keys()
        for base, rules in self._rules.items():
            rows = [name for name in new if name.startswith(base)]
            for rule in rules:
                if rows and isinstance(rule, Belongs):
                    found |= dict.fromkeys(self._homeless(rows, rule, (theirs, ours)), rule.why)
        return found

    def _ambiguous(self, both: Sequence[Inventory]) -> set[bytes]:
        """Find every row of a key that several rows have, where a rule may concern them."""
        numbered = {
            name.rpartition(b";")[0] for one in both for name in one.items if b";" in name and self._concerns(name)
        }
        if not numbered:
            return set()
        return {name for one in both for name in one.items if _without_number(name) in numbered}

    def _homeless(self, rows: Sequence[bytes], rule: Belongs, both: Sequence[Inventory]) -> Iterator[bytes]:
        known = set(self._parents(rule, both))
        table = self._tables[_base(rows[0])]
        for name in rows:
            value = _key(table, name).get(rule.column) or ""
            prefix = next((one for one in rule.prefixes if value.startswith(one)), None)
            if prefix is not None and value.removeprefix(prefix) not in known:
                yield name

    def _parents(self, rule: Belongs, both: Sequence[Inventory]) -> Iterator[str | None]:
        """Yield what the rows that others belong to are called."""
        for table in self._tables.values():
            if (table.database, table.table) == (rule.database, rule.to):
                names = (name for one in both for name in one.items if name.startswith(table.base))
                yield from (_key(table, name).get(rule.key) for name in names)

    def concerned(self, theirs: Inventory) -> frozenset[bytes]:
        """Return the names of rows that may become other ones here, by what the names say of their keys."""
        bases = tuple(self._rules)
        return frozenset(
            name
            for name, item in theirs.items.items()
            if name.startswith(bases) and item.kind is ItemKind.ROW and self._concerns(name)
        )

    def _concerns(self, name: bytes) -> bool:
        base = _base(name)
        rules = self._rules.get(base)
        if rules is None:
            return False
        # Asked for every row: the same values in the columns that decide give the same answer.
        parts = name[len(base) :].split(b",")
        asked = (base, *(parts[at] for at in self._deciding[base] if at < len(parts)))
        if parts[0].startswith(b"!") or asked not in self._answers:
            row = _key(self._tables[base], name)
            self._answers[asked] = any(not isinstance(one, Belongs) and may_hold(one.rows, row) for one in rules)
        return self._answers[asked]

    def known(self, theirs: Item, here: Item) -> tuple[str, ...] | None:
        """Return what is told of a row that is here as it would arrive, None where the rows must be looked at."""
        rules = self._rules[_base(theirs.name)]
        if theirs.content == here.content and not any(isinstance(one, Replace) for one in rules):
            return ()  # what would be kept is what arrives
        pair = self._pair(theirs.name, theirs.content, here.content)
        told = self._before.get(pair)
        if told is not None:
            self._now[pair] = told
        return told

    def arrive(self, theirs: Item, content: bytes, here: bytes | None) -> Arrival:
        """Return a row as this host will have it; raise PeerLied for a malformed one."""
        rules = self._rules[_base(theirs.name)]
        database, table, _ = split_name(theirs.name)
        fields = decode_row(content)
        arrived = arrive((database, table), _row(fields), None if here is None else _row(decode_row(here)), rules)
        becomes = wire.pack(tuple((name, _bytes(arrived.row[name])) for name, _ in fields))
        # Once it is here, the same must come of it; what is told may be other words.
        again = arrive((database, table), _row(fields), arrived.row, rules)
        self._now[self._pair(theirs.name, theirs.content, digest_of(becomes))] = again.told
        return Arrival(row_item(theirs.name, becomes), becomes, arrived.told, arrived.overruled)

    def remember(self) -> None:
        """Write down what is told of the rows of this run, where it is not written already."""
        if self._rules and self._now != self._before:
            body = wire.pack(self._now)
            put_file(self._disk, self._path, digest_of(body) + body)
            self._before = dict(self._now)

    def _pair(self, name: bytes, theirs: bytes, here: bytes) -> bytes:
        rules = self._rules[_base(name)]
        return digest_of(wire.pack((rules, name, theirs, here)))


def _base(name: bytes) -> bytes:
    return name[: name.rfind(b"/") + 1]


def _deciding(table: TableSet, rules: Sequence[Rule]) -> tuple[int, ...]:
    """Return the places of the key columns on which rules depend."""
    named = {condition.column for one in rules if not isinstance(one, Belongs) for condition in one.rows}
    return tuple(at for at, column in enumerate(table.key) if column in named)


def _is_about(rule: Rule, table: TableSet) -> bool:
    """Tell whether a rule concerns a table; the key is what names a row, so no rule changes it."""
    same = (rule.database, rule.table) == (table.database, table.table)
    return same and (isinstance(rule, Belongs) or rule.column not in table.key)


def _key(table: TableSet, name: bytes) -> Row:
    """Return the key columns of a row by its name; none where the name hides them."""
    part, _ = split_number(name[len(table.base) :])
    key = decode_key(part, len(table.key)) if table.key else None
    return {} if key is None else {one: _text(value) for one, value in zip(table.key, key, strict=True)}


def _without_number(name: bytes) -> bytes:
    return name.rpartition(b";")[0] if b";" in name else name


def _row(fields: Fields) -> Row:
    return {name: _text(value) for name, value in fields}


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "surrogateescape")


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else value.encode("utf-8", "surrogateescape")


def _load(path: Path) -> Told:
    try:
        data = path.read_bytes()
        if digest_of(data[DIGEST_SIZE:]) == data[:DIGEST_SIZE]:
            return wire.unpack(data[DIGEST_SIZE:], Told)
    except (OSError, Invalid):
        pass
    return {}
