"""Make staged records live, and take them back: the ledger says first what may be in the table, counting says what is.

Tables of MyISAM know no transactions, so nothing relies on one: a record is added where there are fewer like it than
there should be, and taken back where there are more than there were. Either can be cut off anywhere and done again.
"""

import json
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from pbxsync_worker.core.durable import Disk, put_file
from pbxsync_worker.core.model.errors import DatabaseRefused, NoSpace, TargetChanged, Unsupported
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.step import Undone
from pbxsync_worker.datasets.collected.ledger import Act, Ledger
from pbxsync_worker.datasets.collected.records import Values
from pbxsync_worker.datasets.collected.staging import Coming, Head, Piece, Staged
from pbxsync_worker.datasets.collected.table import Cut, cut
from pbxsync_worker.datasets.mysql.link import Link
from pbxsync_worker.datasets.mysql.transaction import Server

_log = logging.getLogger(__name__)
_TOLD = 1000

Do = Callable[[Link, Cut, Sequence[Coming]], list[Coming]]


class Acts:
    """Acts on the tables of one database; kept: folder of ours where it is written what an undo left."""

    def __init__(self, server: Server, ledger: Ledger, disk: Disk, kept: Path) -> None:
        self._server = server
        self._ledger = ledger
        self._disk = disk
        self._kept = kept

    def act(self, staged: Staged) -> None:
        """Add the records; raise TargetChanged, or what the server refused, with nothing changed. Repeatable."""
        head = staged.head
        base = head.spec.base
        state = self._ledger.state(head.run, base)
        if state is Act.DONE:
            return
        if state is None:
            for piece in staged.pieces():
                if self._ledger.last(base, piece.taken.origin, piece.taken.chunk) != piece.last:
                    raise TargetChanged(name=f"{base.decode()}{piece.taken.origin}/{piece.taken.chunk}")
            self._ledger.begin(head.run, base, (one.taken for one in staged.pieces()), staged.entries())
        try:
            self._server.patiently(lambda: self._each(staged, partial(_add, fresh=state is None)))
        except (DatabaseRefused, Unsupported, TargetChanged, NoSpace):
            _log.warning("records are taken back: the server refused some", extra={"run": head.run})
            self.undo(staged)
            raise
        self._ledger.mark(head.run, base, Act.DONE)

    def undo(self, staged: Staged) -> Undone:
        """Take exactly the added records back; one that somebody changed since stays. Repeatable."""
        head = staged.head
        base = head.spec.base
        state = self._ledger.state(head.run, base)
        if state is None:
            return Undone.NOT_DONE
        if state is Act.KEPT:
            return Undone.KEPT
        try:
            if state is Act.DONE:
                lost = self._server.patiently(lambda: self._each(staged, _changed))
                self._tell(head, lost)
                state = Act.LEAVING if lost else Act.BEGUN
                self._ledger.mark(head.run, base, state)
            self._server.patiently(lambda: self._each(staged, _remove))
        except (TargetChanged, Unsupported):
            # The table was altered since: nothing of it can be compared, so everything stays.
            _log.warning("added records stay: their table was altered", extra={"run": head.run})
            state = Act.LEAVING
        before = [(one.taken.origin, one.taken.chunk, one.last) for one in staged.pieces()]
        kept = state is Act.LEAVING
        self._ledger.take_back(head.run, base, before, staged.entries(), kept=kept)
        return Undone.KEPT if kept else Undone.RESTORED

    def _each(self, staged: Staged, do: Do) -> list[Coming]:
        """Do something with every batch, in one transaction where the table knows any; return all that it returned."""
        head, cuts = staged.head, dict[tuple[str, ...], Cut]()
        found: list[Coming] = []
        with self._server.link() as link, self._server.transaction(link):
            for piece, records in staged.batches():
                table = cuts.get(piece.columns) or self._cut(link, head, piece)
                cuts[piece.columns] = table
                found += do(link, table, [one for one in records if one.values is not None])
            link.run(b"COMMIT")
        return found

    def _cut(self, link: Link, head: Head, piece: Piece) -> Cut:
        found = cut(link, self._server.login.database, head.spec, piece.columns, numbered=False)
        if found is None or found.columns != piece.columns:
            raise TargetChanged(name=f"Table {head.spec.table}")
        return found

    def _tell(self, head: Head, lost: Sequence[Coming]) -> None:
        """Write down, for the administrator, which records were no longer as they had been added."""
        if not lost:
            return
        _log.warning("added records were changed since and stay", extra={"run": head.run, "count": len(lost)})
        lines = [json.dumps([_text(value) for value in one.values or ()]) for one in lost[:_TOLD]]
        path = self._kept / head.run / f"collect-{head.spec.database}-{head.spec.table}.rows"
        put_file(self._disk, path, ("\n".join(lines) + "\n").encode())


def _add(link: Link, table: Cut, records: Sequence[Coming], *, fresh: bool) -> list[Coming]:
    """Add what is not there yet; fresh: this is the first time, so that what rolls back need not be looked at."""
    now = Counter({one.row: one.before + one.upto - 1 for one in reversed(records)})
    if not (fresh and table.table.rolls_back):
        now = table.count(link, _values(records))
    due: list[Coming] = []
    for one in records:
        if now[one.row] < one.before + one.upto:
            now[one.row] += 1
            due.append(one)
    table.insert(link, _values(due))
    after = table.count(link, _values(due))
    if any(after[one.row] < one.before + one.upto for one in due):
        reason = "the server made something else of a record"
        raise Unsupported(what=say("Writing into table {table}", table=table.spec.table), reason=reason)
    return []


def _changed(link: Link, table: Cut, records: Sequence[Coming]) -> list[Coming]:
    """Return what is no longer there as it was added."""
    now = table.count(link, _values(records))
    return [one for one in records if now[one.row] < one.before + one.upto]


def _remove(link: Link, table: Cut, records: Sequence[Coming]) -> list[Coming]:
    """Remove as many as were added, never one that was there before."""
    now = table.count(link, _values(records))
    for row, several in Counter(one.row for one in records).items():
        one = next(each for each in records if each.row == row)
        surplus = min(several, now[row] - one.before)
        if surplus > 0:
            table.delete(link, one.values or (), surplus)
    return []


def _values(records: Sequence[Coming]) -> list[Values]:
    return [one.values for one in records if one.values is not None]


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="backslashreplace")
