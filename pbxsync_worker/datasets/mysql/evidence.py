"""What was read before, by evidence that a table did not change since: an unchanged large table does not travel again.

The evidence is made by the server in the same snapshot: the number of rows and the sums of both halves of their
SHA-256, over exactly what would be read. `CHECKSUM TABLE` would be 32 bits, over columns and rows that do not travel.
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
from pbxsync_worker.datasets.mysql.reading import Known, scan
from pbxsync_worker.datasets.mysql.selected import Selected

WORTHWHILE_ROWS = 1000
"""Reading a smaller table is as quick as looking for evidence."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a table held when it gave this evidence."""

    selection: bytes
    evidence: tuple[bytes, ...]
    known: Known


class Evidence:
    """The remembered tables, in a folder of ours."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk

    def scan(self, link: Link, selected: Selected) -> Known:
        """Return what a table holds, reading it only where it changed since."""
        if selected.blobs is not None or selected.table.rows < WORTHWHILE_ROWS:
            return scan(link, selected)
        now = _gather(link, selected)
        path = self._folder / f"sql-{digest_of(selected.spec.base + selected.digest).hex()[:32]}.index"
        seen = _load(path)
        if now and seen is not None and (seen.selection, seen.evidence) == (selected.digest, now):
            return seen.known
        known = scan(link, selected)
        if now:
            body = wire.pack(_Seen(selected.digest, now, known))
            put_file(self._disk, path, digest_of(body) + body)
        return known


def _gather(link: Link, selected: Selected) -> tuple[bytes, ...]:
    """Return the evidence, () where the server cannot give it: a row that is longer than its longest packet."""
    parts = [b"IFNULL(CONCAT(LENGTH(" + one + b"), ':', " + one + b"), '-')" for one in selected.stored]
    condition, values = selected.chosen
    digest = b"SHA2(CONCAT(" + b", ".join(parts) + b"), 256)"
    halves = [b"SUM(CAST(CONV(SUBSTR(h, %d, 16), 16, 10) AS UNSIGNED))" % start for start in (1, 17)]
    query = b"SELECT COUNT(*), COUNT(h), " + b", ".join(halves)
    query += b" FROM (SELECT " + digest + b" AS h" + selected.source + b" WHERE " + condition + b") AS every"
    count, digested, *sums = link.all(query, values)[0]
    return () if count != digested else tuple(one or b"" for one in (count, *sums))


def _load(path: Path) -> _Seen | None:
    try:
        data = path.read_bytes()
        if digest_of(data[DIGEST_SIZE:]) != data[:DIGEST_SIZE]:
            return None
        return wire.unpack(data[DIGEST_SIZE:], _Seen)
    except (OSError, Invalid):
        return None
