"""What was read before, by evidence that a table did not change since: an unchanged large table does not travel again.

The evidence is made by the server in the same snapshot: the number of rows and the sums of both halves of their
SHA-256, over exactly what would be read. `CHECKSUM TABLE` would be 32 bits, over columns and rows that do not travel.
It is made for each of 16 or 256 parts of a table, by a checksum of the key, so that one changed row costs reading one
part.
One file per table: BLAKE2b-256 of the rest, then the MessagePack of what is known. It only saves time: one that is
missing or damaged is as good as none.
"""

from dataclasses import dataclass
from pathlib import Path

from pbxsync_worker.core import wire
from pbxsync_worker.core.durable import Disk, put_file
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.inventory import DIGEST_SIZE, digest_of
from pbxsync_worker.datasets.mysql.link import Link
from pbxsync_worker.datasets.mysql.reading import Known, scan, scan_parts
from pbxsync_worker.datasets.mysql.selected import Selected

WORTHWHILE_ROWS = 64
"""Reading a smaller table is as quick as looking for evidence."""

_LARGE_ROWS = 1000
_FEW, _MANY = 16, 256
"""Into how many parts tables are cut that have fewer rows, and all others."""


Proof = dict[int, tuple[bytes, ...]]
"""What the server says of each part that has rows: their number and both sums."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the parts of a table held when they gave this evidence."""

    selection: bytes
    proof: Proof
    known: dict[int, Known]


class Evidence:
    """The remembered tables, in a folder of ours."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk

    def scan(self, link: Link, selected: Selected) -> Known:
        """Return what a table holds, reading only what changed since."""
        if selected.blobs is not None or selected.table.rows < WORTHWHILE_ROWS:
            return scan(link, selected)
        parts = _MANY if selected.table.rows >= _LARGE_ROWS else _FEW
        selection = selected.digest + b"%d" % parts
        proof = _gather(link, selected, parts)
        if proof is None:
            return scan(link, selected)
        path = self._folder / f"sql-{digest_of(selected.spec.base + selected.digest).hex()[:32]}.index"
        seen = _load(path)
        if seen is None or seen.selection != selection:
            seen = _Seen(selection, {}, {})
        if seen.proof == proof:
            return _whole(seen.known)
        changed = [part for part, said in proof.items() if seen.proof.get(part) != said]
        read = scan_parts(link, selected, selected.part(parts), changed if len(changed) < parts // 4 else ())
        known = {part: rows for part, rows in seen.known.items() if part in proof and part not in changed} | read
        body = wire.pack(_Seen(selection, proof, known))
        put_file(self._disk, path, digest_of(body) + body)
        return _whole(known)


def _whole(parts: dict[int, Known]) -> Known:
    return {name: row for known in parts.values() for name, row in known.items()}


def _gather(link: Link, selected: Selected, parts: int) -> Proof | None:
    """Return the evidence, None where the server cannot give it: a row that is longer than its longest packet."""
    columns = [b"IFNULL(CONCAT(LENGTH(" + one + b"), ':', " + one + b"), '-')" for one in selected.stored]
    condition, values = selected.chosen
    digest = b"SHA2(CONCAT(" + b", ".join(columns) + b"), 256)"
    halves = [b"SUM(CAST(CONV(SUBSTR(h, %d, 16), 16, 10) AS UNSIGNED))" % start for start in (1, 17)]
    query = b"SELECT part, COUNT(*), COUNT(h), " + b", ".join(halves) + b" FROM (SELECT " + selected.part(parts)
    query += b" AS part, " + digest + b" AS h" + selected.source + b" WHERE " + condition + b") AS every GROUP BY part"
    proof: Proof = {}
    for part, count, digested, *sums in link.rows(query, values):
        if count != digested:
            return None
        proof[int(part or 0)] = tuple(one or b"" for one in (count, *sums))
    return proof


def _load(path: Path) -> _Seen | None:
    try:
        data = path.read_bytes()
        if digest_of(data[DIGEST_SIZE:]) != data[:DIGEST_SIZE]:
            return None
        return wire.unpack(data[DIGEST_SIZE:], _Seen)
    except (OSError, Invalid):
        return None
