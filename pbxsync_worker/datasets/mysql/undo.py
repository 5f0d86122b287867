"""Take written rows back: only where they still are what the run wrote. What somebody changed since stays."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import DatabaseRefused, TargetChanged, Unsupported
from pbxsync_worker.core.model.step import Undone
from pbxsync_worker.datasets.groups import Group
from pbxsync_worker.datasets.mysql.act import rewrite_exactly, with_lock
from pbxsync_worker.datasets.mysql.link import DEADLOCK, LOCK_WAIT, Link
from pbxsync_worker.datasets.mysql.marker import is_marked, remove_marker
from pbxsync_worker.datasets.mysql.names import decode_row
from pbxsync_worker.datasets.mysql.rewrite import Rewrite
from pbxsync_worker.datasets.mysql.staging import Staged
from pbxsync_worker.datasets.mysql.transaction import Server, Work, work_of
from pbxsync_worker.datasets.originals import Stays, names_of_originals, stays, write_originals

_log = logging.getLogger(__name__)


class Undos:
    """Undoing in one database. kept: folder of ours where the originals of rows that stayed are written down."""

    def __init__(self, server: Server, disk: Disk, kept: Path) -> None:
        self._server = server
        self._disk = disk
        self._kept = kept

    def undo(self, staged: Staged) -> Undone:
        """Take the rows of a run back, in one transaction that also removes its marker. Repeatable."""
        if not self._server.is_marked(staged.run):
            return Undone.KEPT if self._file(staged).exists() else Undone.NOT_DONE
        while (kept := self._server.patiently(lambda: self._take_back(staged))) is None:
            _log.warning("the server went away while rows were taken back: again", extra={"run": staged.run})
        return Undone.KEPT if kept else Undone.RESTORED

    def stayed(self, staged: Staged) -> tuple[bytes, ...]:
        """Return the names of the rows of a run that stayed when it was taken back."""
        return names_of_originals(self._file(staged))

    def _take_back(self, staged: Staged) -> list[Stays] | None:
        """Return the rows that stay, None where the transaction was lost."""
        server = self._server
        with server.link() as link:
            try:
                work = [one.back() for one in work_of(link, server.login, staged)]
            except TargetChanged:
                # A table was altered since: nothing of it can be compared, so everything stays.
                back = ((table, [group.reversed for group in table.groups]) for table in staged.tables)
                kept = [one for table, groups in back for one in stays(table.spec.base, groups)]
                work = []
            else:
                kept = self._at_once(link, [one for one in work if not one.selected.rolls_back])
            with server.transaction(link):
                is_marked(link, staged.run)
                kept += self._rows(link, [one for one in work if one.selected.rolls_back])
                self._tell(staged, kept)
                remove_marker(link, staged.run)
            return kept if server.commit(link, staged.run, marked=False) else None

    def _at_once(self, link: Link, work: list[Work]) -> list[Stays]:
        kept: list[Stays] = []
        for one in work:
            put_back = partial(_put_back, link, one, guarded=False)
            kept += stays(one.selected.spec.base, self._server.patiently(partial(with_lock, link, one, put_back)))
        return kept

    def _rows(self, link: Link, work: list[Work]) -> list[Stays]:
        """Put rows back; where a foreign key would break by it, all of them stay."""
        orphans = self._server.orphans(link, work)
        link.run(b"SAVEPOINT before_rows")
        kept = [some for one in work for some in stays(one.selected.spec.base, _put_back(link, one, guarded=True))]
        try:
            self._server.refuse_new_orphans(link, work, orphans)
        except Unsupported:
            link.run(b"ROLLBACK TO SAVEPOINT before_rows")
            return [some for one in work for some in stays(one.selected.spec.base, one.groups)]
        return kept

    def _tell(self, staged: Staged, kept: list[Stays]) -> None:
        """Write down, for the administrator, what the rows that stay had been before the run."""
        if not kept:
            return
        names = [name.decode(errors="backslashreplace") for name, _ in kept[:20]]
        _log.warning("rows stay as they are: changed since the run", extra={"rows": names, "count": len(kept)})
        write_originals(self._disk, self._file(staged), ((name, _described(group)) for name, group in kept))

    def _file(self, staged: Staged) -> Path:
        return self._kept / staged.run / f"sql-{staged.database}.rows"


def _put_back(link: Link, work: Work, *, guarded: bool) -> list[Group]:
    """Put back what still is as the run left it; return what is neither that nor as it was before.

    guarded: in a transaction, a row whose place somebody took since stays, by a savepoint of its own.
    """
    rewrite = Rewrite(link, work.selected)
    due: list[Group] = []
    kept: list[Group] = []
    for group, now in rewrite.now(work.groups):
        if now == group.before:
            due.append(group)
        elif now != group.after:
            kept.append(group)
    try:
        with _savepoint(link, guarded=guarded):
            rewrite_exactly(rewrite, due)
    except (TargetChanged, Unsupported, DatabaseRefused) as error:
        if _comes_back(error):
            raise
        kept += [group for group in due if not _one_by_one(link, rewrite, group, guarded=guarded)]
    return kept


def _one_by_one(link: Link, rewrite: Rewrite, group: Group, *, guarded: bool) -> bool:
    try:
        with _savepoint(link, guarded=guarded):
            now = next(rows for _, rows in rewrite.now([group]))
            if now != group.after:
                rewrite_exactly(rewrite, [group])
    except (TargetChanged, Unsupported, DatabaseRefused) as error:
        if _comes_back(error):
            raise
        return False
    return True


def _comes_back(error: Exception) -> bool:
    return isinstance(error, DatabaseRefused) and error.fields["number"] in (DEADLOCK, LOCK_WAIT)


@contextmanager
def _savepoint(link: Link, *, guarded: bool) -> Iterator[None]:
    if not guarded:
        yield
        return
    link.run(b"SAVEPOINT some_rows")
    try:
        yield
    except (TargetChanged, Unsupported, DatabaseRefused) as error:
        if not _comes_back(error):  # a deadlock has rolled everything back already
            link.run(b"ROLLBACK TO SAVEPOINT some_rows")
        raise


def _described(group: Group) -> list[Mapping[str, object]]:
    # The way back leads from what the run wrote to what was there before it.
    return [
        {name: None if value is None else value.decode(errors="backslashreplace") for name, value in decode_row(row)}
        for row in group.after
    ]
