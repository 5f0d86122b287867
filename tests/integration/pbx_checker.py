"""Our own independent look at two PBXs and at what a run did: plain SQL, sqlite3 and file reads.

Nothing here reads or compares by way of the product. The only things taken from it are words: those of a dataset, the
list of what is protected, and the two rules of a replica that `_OVERLAY` says again in SQL.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path

from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy, FileSet, RowPolicy, TableSet
from tests.integration.sql_checker import Site, rows_of, selected, travelling

ADDRESSES = "`keyword` IN ('transport', 'media_address')"
_OVERLAY = {
    "pjsip": "`id` IN (SELECT trunkid FROM trunks)",
    "sip": "(`id` NOT LIKE 'tr-%' OR SUBSTRING_INDEX(`id`, '-', -1) IN (SELECT trunkid FROM trunks))",
    "iax": "(`id` NOT LIKE 'tr-%' OR SUBSTRING_INDEX(`id`, '-', -1) IN (SELECT trunkid FROM trunks))",
}
"""Which rows come to a replica at all, by table."""
_BLOB = "(SELECT b.content FROM kvblobstore b WHERE BINARY b.uuid = BINARY `val`)"
_BOX = re.compile(r"^\s*([^\s=;\[]+)\s*=>?\s*(.*?)\s*$")
File = tuple[object, ...]


@dataclass(frozen=True)
class Sight:
    """Where the state of one PBX lies; own: names of files below its configuration folder that FreePBX writes."""

    site: Site
    places: Mapping[str, Path]
    astdb: Path
    own: frozenset[str] = frozenset()

    def keys(self) -> dict[str, str]:
        """Return every key of the AstDB."""
        with closing(sqlite3.connect(self.astdb)) as link:
            return dict(link.execute("SELECT SUBSTR(key, 2), value FROM astdb").fetchall())

    def files(self) -> dict[str, File]:
        """Return every file and link of the PBX: kind, mode, time and content, by `PLACE/path`."""
        found: dict[str, File] = {}
        for place, folder in self.places.items():
            for path in folder.rglob("*"):
                if path.is_symlink():
                    found[f"{place}/{path.relative_to(folder)}"] = ("link", str(path.readlink()))
                elif path.is_file():
                    status = path.stat()
                    digest = sha256(path.read_bytes()).hexdigest()
                    found[f"{place}/{path.relative_to(folder)}"] = ("file", status.st_mode, digest, status.st_mtime_ns)
        return found

    def boxes(self) -> tuple[dict[str, str], list[str]]:
        """Return the mailboxes, and every other line of voicemail.conf."""
        boxes: dict[str, str] = {}
        rest: list[str] = []
        section = ""
        for line in (self.places["ASTETCDIR"] / "voicemail.conf").read_text().splitlines():
            box = _BOX.match(line)
            if line.startswith("["):
                section = line.strip("[] ")
            if box and not line.startswith("[") and section not in ("general", "zonemessages", ""):
                boxes[f"{section}/{box[1]}"] = box[2]
            elif line.strip() and not (line.startswith("[") and section not in ("general", "zonemessages")):
                rest.append(line)
        return boxes, rest


@dataclass(frozen=True)
class Seen:
    """A PBX at one moment, as far as one dataset matters: what it selects, and everything else."""

    chosen: Mapping[tuple[str, str], "Part"]
    others: Mapping[tuple[str, str], list[str]]
    keys: Mapping[str, str]
    files: Mapping[str, File]
    boxes: Mapping[str, str]
    mail: Sequence[str]


@dataclass(frozen=True)
class Part:
    """A table of a dataset: rows that travel, by key; their addresses; their other columns; rows nobody selected."""

    rows: Mapping[str, str]
    addresses: Mapping[str, str]
    own: Mapping[str, str]
    unselected: Sequence[str]
    records: "Counter[str]"


@dataclass
class Compared:
    """How much was compared; differences: in words, none where everything is as it should be."""

    tables: int = 0
    untouched_tables: int = 0
    rows: int = 0
    keys: int = 0
    boxes: int = 0
    files: int = 0
    differences: list[str] = field(default_factory=list)

    def expect(self, what: str, found: object, wanted: object) -> None:
        """Note a difference."""
        if found != wanted:
            self.differences.append(f"{what}: {str(found)[:200]} instead of {str(wanted)[:200]}")


def tables_of(dataset: Dataset, *sites: Site) -> dict[tuple[str, str], list[TableSet]]:
    """Return what a dataset says of each table that all these hosts have."""
    found: dict[tuple[str, str], list[TableSet]] = {}
    for one in dataset.tables:
        names = [site.real(one) for site in sites]
        if None not in names:
            found.setdefault((one.database, names[-1] or ""), []).append(one)
    return found


def look(sight: Sight, dataset: Dataset, tables: Mapping[tuple[str, str], list[TableSet]]) -> Seen:
    """Read everything of a PBX."""
    boxes, mail = sight.boxes()
    everything = sight.site.everything()
    others = {name: rows for name, rows in everything.items() if name not in tables}
    if dataset.tables and ("asterisk", "kvblobstore") in others:
        others[("asterisk", "kvblobstore")] = _unused_blobs(sight.site, tables)
    chosen = {name: _part(sight.site, name, specs) for name, specs in tables.items()}
    return Seen(chosen, others, sight.keys(), sight.files(), boxes, mail)


def _part(site: Site, name: tuple[str, str], specs: Sequence[TableSet]) -> Part:
    database, table = name
    one, columns = specs[0], site.columns[name]
    if one.policy is RowPolicy.COLLECT:
        (records,) = site.many([rows_of(table, [col for col in columns if col not in one.drop])], database)
        return Part({}, {}, {}, [], Counter(records))
    where = selected(specs)
    travels = travelling(one, columns)
    rest = [name for name in columns if name not in travels]
    addressed = ADDRESSES if table in ("sip", "pjsip") else "FALSE"
    queries = [
        _keyed(table, one.key, travels, f"{where} AND NOT {addressed}"),
        _keyed(table, one.key, ["data"] if addressed == ADDRESSES else [], f"{where} AND {addressed}"),
        _keyed(table, one.key, rest, where),
        rows_of(table, columns, f"NOT {where}"),
    ]
    rows, addresses, own, unselected = site.many(queries, database)
    return Part(_by_key(rows), _by_key(addresses), _by_key(own), unselected, Counter())


def _keyed(table: str, key: Sequence[str], columns: Sequence[str], where: str) -> str:
    names = ", '/', ".join(f"IFNULL(HEX(`{one}`), '-')" for one in key)
    value = "`val`"
    if table.startswith("kvstore_"):
        value = f"IF(`type` = 'blob', IFNULL({_BLOB}, `val`), `val`)"
    texts = ["''"]
    for one in columns:
        texts.append(f"IFNULL(CONCAT('=', HEX({value if one == 'val' else f'`{one}`'})), '-')")
    return f"SELECT CONCAT({names}), CONCAT({', '.join(texts)}) FROM `{table}` WHERE {where}"


def _by_key(lines: Iterable[str]) -> dict[str, str]:
    """Return rows by key; those of one key, which tables without a key may have, are counted."""
    found: dict[str, str] = {}
    for line in lines:
        key, _, value = line.partition("\t")
        number = 0
        while f"{key}#{number}" in found:
            number += 1
        found[f"{key}#{number}"] = value
    return found


def _unused_blobs(site: Site, tables: Iterable[tuple[str, str]]) -> list[str]:
    """Return the long values that no row of the dataset's key-value stores points to."""
    stores = [table for _, table in tables if table.startswith("kvstore_")]
    used = "".join(f" AND BINARY uuid NOT IN (SELECT BINARY val FROM `{one}` WHERE type = 'blob')" for one in stores)
    (rows,) = site.many([rows_of("kvblobstore", ["uuid", "content"], f"TRUE{used}")], "asterisk")
    return rows


@dataclass(frozen=True)
class Judge:
    """Compares what a run made of a target with what it should be."""

    dataset: Dataset
    protected: tuple[str, ...]
    replica: bool = True

    def judge(self, source: Sight, before: Seen, there: Seen, target: Sight, now: Seen) -> Compared:
        """Compare; before: the target before the run; there: the source; now: the target."""
        said = Compared()
        for name, part in now.chosen.items():
            self._table(said, name, (part, before.chosen[name], there.chosen[name]), source)
        for name, rows in now.others.items():
            said.untouched_tables += 1
            said.rows += len(rows)
            said.expect(f"{name} which nobody selected", rows, before.others[name])
        self._keys(said, before.keys, there.keys, now.keys)
        self._boxes(said, before, there, now)
        self._files(said, before.files, there.files, now.files, target.own)
        return said

    def _table(self, said: Compared, name: tuple[str, str], parts: tuple[Part, Part, Part], source: Sight) -> None:
        now, before, there = parts
        spec = next(one for one in self.dataset.tables if name[1] in _names(one))
        said.tables += 1
        said.rows += len(now.rows) + len(now.addresses) + len(now.unselected) + now.records.total()
        said.expect(f"{name[1]}: rows that nobody selected", now.unselected, before.unselected)
        if spec.policy is RowPolicy.COLLECT:
            said.expect(f"{name[1]}: records", now.records, before.records | there.records)
            return
        wanted = self._coming(name[1], there, source)
        if spec.policy is RowPolicy.UPDATE:
            wanted = {key: wanted.get(key, value) for key, value in before.rows.items()}
        said.expect(f"{name[1]}: rows", _different(now.rows, wanted), {})
        both = now.own.keys() & before.own.keys()
        own = ({key: one.own[key] for key in both} for one in (now, before))
        said.expect(f"{name[1]}: columns of this host", *own)
        for key, value in now.addresses.items():
            said.expect(f"{name[1]}: the address {key}", value in _addresses(before.addresses.get(key)), wanted=True)

    def _coming(self, table: str, there: Part, source: Sight) -> Mapping[str, str]:
        """Return the rows that a replica takes over, with the values that they get there."""
        if not self.replica or table not in (*_OVERLAY, "trunks"):
            return there.rows
        spec = [one for one in self.dataset.tables if one.table == table]
        columns = travelling(spec[0], source.site.columns["asterisk", table])
        texts = {one: f"IFNULL(CONCAT('=', HEX(`{one}`)), '-')" for one in columns}
        if table == "trunks":
            texts["disabled"] = "CONCAT('=', HEX('on'))"
        names = ", '/', ".join(f"IFNULL(HEX(`{one}`), '-')" for one in spec[0].key)
        where = f"{selected(spec)} AND {_OVERLAY.get(table, 'TRUE')}"
        where += f" AND NOT {ADDRESSES}" if table in ("sip", "pjsip") else ""
        query = f"SELECT CONCAT({names}), CONCAT('', {', '.join(texts.values())}) FROM `{table}` WHERE {where}"
        return _by_key(source.site.many([query], "asterisk")[0])

    def _keys(
        self, said: Compared, before: Mapping[str, str], there: Mapping[str, str], now: Mapping[str, str]
    ) -> None:
        wanted = {key: value for key, value in before.items() if not self._key(key)}
        wanted |= {key: value for key, value in there.items() if self._key(key)}
        said.keys += len(now)
        said.expect("AstDB", _different(now, wanted), {})

    def _key(self, key: str) -> bool:
        family, _, rest = key.partition("/")
        chosen = any(one.family == family and like((one.keys,), rest) for one in self.dataset.families)
        return chosen and not like(self.protected, f"ASTDB/{key}")

    def _boxes(self, said: Compared, before: Seen, there: Seen, now: Seen) -> None:
        if self._file_set("ASTETCDIR/voicemail.conf") is not None:
            return  # it is compared as a file
        said.boxes += len(now.boxes)
        said.expect("mailboxes", _different(now.boxes, there.boxes if self.dataset.boxes else before.boxes), {})
        said.expect("the other lines of voicemail.conf", now.mail, before.mail)

    def _files(
        self,
        said: Compared,
        before: Mapping[str, File],
        there: Mapping[str, File],
        now: Mapping[str, File],
        own: frozenset[str],
    ) -> None:
        if self.dataset.messages:
            both = _messages(before).keys() | _messages(there).keys()
            said.expect("messages", _messages(now).keys() ^ both, set())
        for name in sorted(now.keys() | before.keys() | there.keys()):
            if self.dataset.messages and _is_message(name):
                continue
            if self.dataset.boxes and name == "ASTETCDIR/voicemail.conf":
                continue
            if self.dataset.tables and name.removeprefix("ASTETCDIR/") in own:
                continue
            said.files += 1
            chosen = self._file_set(name)
            wanted = before.get(name)
            if chosen is not None and (name in there or chosen.delete is DeletePolicy.MIRROR):
                wanted = there.get(name)
            timed = chosen is None or chosen.keep.mtime
            said.expect(name, _untimed(now.get(name), timed=timed), _untimed(wanted, timed=timed))

    def _file_set(self, name: str) -> FileSet | None:
        if like(self.protected, name):
            return None
        for one in self.dataset.file_sets:
            base = f"{one.place.value}/{one.path}".rstrip("/") + "/"
            below = name.removeprefix(base)
            if name.startswith(base) and like(one.include, below) and not like(one.exclude, below):
                return one
        return None


def _is_message(name: str) -> bool:
    return re.fullmatch(r"ASTSPOOLDIR/voicemail/[^/]+/[^/]+/[^/]+/msg[0-9]{4}\.\w+", name) is not None


def _messages(files: Mapping[str, File]) -> dict[tuple[str, frozenset[tuple[str, object]]], str]:
    """Return the messages of all mailboxes, whatever their numbers: folder, and content by kind of file."""
    found: dict[str, dict[str, object]] = {}
    for name, one in files.items():
        if _is_message(name):
            stem, _, kind = name.rpartition(".")
            found.setdefault(stem, {})[kind] = one[2]
    whole = {stem: held for stem, held in found.items() if "txt" in held and len(held) > 1}
    return {(stem.rpartition("/")[0], frozenset(held.items())): stem for stem, held in whole.items()}


def _names(one: TableSet) -> tuple[str, ...]:
    module = one.table.removeprefix("kvstore:")
    return (one.table, f"kvstore_{module}", f"kvstore_FreePBX_modules_{module}")


def _addresses(before: str | None) -> tuple[str, ...]:
    """Return what an address may be: what it was, else none, else that of every interface."""
    if before is not None:
        return (before,)
    every = (f"0.0.0.0-{one}".encode().hex().upper() for one in ("udp", "tcp", "tls", "ws", "wss"))
    return ("=", *(f"={one}" for one in every))


def _untimed(found: File | None, *, timed: bool) -> File | None:
    return found if timed or found is None else found[:3]


def _different(now: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, tuple[str | None, str | None]]:
    names = now.keys() | wanted.keys()
    return {one: (now.get(one), wanted.get(one)) for one in names if now.get(one) != wanted.get(one)}


def like(patterns: Iterable[str], name: str) -> bool:
    """Tell whether a name meets one of the patterns, by our own reading of them."""
    return any(_expression(one).fullmatch(name) for one in patterns)


@cache
def _expression(pattern: str) -> "re.Pattern[str]":
    return re.compile("".join(_pieces(pattern)), re.DOTALL)


def _pieces(pattern: str) -> Iterator[str]:
    at = 0
    depth = 0
    while at < len(pattern):
        char = pattern[at]
        if pattern.startswith("**/", at):
            yield "(?:.*/)?"
            at += 3
            continue
        if pattern.startswith("**", at):
            yield ".*"
            at += 2
            continue
        if char == "[":
            end = pattern.index("]", at)
            yield pattern[at : end + 1]
            at = end + 1
            continue
        depth += {"{": 1, "}": -1}.get(char, 0)
        yield {"*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}.get(
            char, "|" if char == "," and depth else re.escape(char)
        )
        at += 1
