"""Make staged rows live: what can roll back in one transaction with the marker, then the tables that cannot.

Tables that write at once (MyISAM, Aria) come after the commit, each under its own lock: rows are looked at, written
and looked at again while nobody else can write. Where one of them refuses, everything is taken back.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from pbxsync_worker.core.model.errors import Bug, PbxSyncError, TargetChanged, Unsupported
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.step import Step
from pbxsync_worker.datasets.groups import Contents, Group
from pbxsync_worker.datasets.mysql.link import Link
from pbxsync_worker.datasets.mysql.marker import set_marker
from pbxsync_worker.datasets.mysql.rewrite import Rewrite
from pbxsync_worker.datasets.mysql.staging import Staged
from pbxsync_worker.datasets.mysql.transaction import Server, Work, work_of

T = TypeVar("T")
_log = logging.getLogger(__name__)


def before(group: Group) -> Contents:
    """Return the rows as the plan found them."""
    return group.before


def after(group: Group) -> Contents:
    """Return the rows as the plan means them."""
    return group.after


class Acts:
    """Acts of one database. take_back: undoes a step."""

    def __init__(self, server: Server, take_back: Callable[[Step], object]) -> None:
        self._server = server
        self._take_back = take_back

    def act(self, step: Step, staged: Staged) -> None:
        """Make a step live, wholly; raise TargetChanged, or what refused it, with nothing changed. Repeatable."""
        fresh, more = self._server.patiently(lambda: self._transaction(staged))
        if not more:
            return
        try:
            self._at_once(staged, fresh=fresh)
        except PbxSyncError:
            _log.warning("rows are taken back: a table without transactions refused", extra={"run": staged.run})
            self._take_back(step)
            raise

    def _transaction(self, staged: Staged) -> tuple[bool, bool]:
        """Write what can roll back; return whether this is the first time, and whether other tables are to follow."""
        server = self._server
        with server.link() as link:
            with server.transaction(link):
                first = set_marker(link, staged.run)
                everything = work_of(link, server.login, staged)
                work = [one for one in everything if one.selected.rolls_back]
                if not first:
                    return False, len(work) < len(everything)
                orphans = server.orphans(link, work)
                self._write(link, work)
                server.refuse_new_orphans(link, work, orphans)
            happened = server.commit(link, staged.run, marked=True)
        if not happened:
            raise TargetChanged(name=f"The database {server.login.database} went away and")
        return True, len(work) < len(everything)

    def _write(self, link: Link, work: Sequence[Work]) -> None:
        for one in work:
            Rewrite(link, one.selected).expect(one.groups, before)
        for one in work:
            rewrite_exactly(Rewrite(link, one.selected), one.groups)

    def _at_once(self, staged: Staged, *, fresh: bool) -> None:
        with self._server.link() as link:
            work = [one for one in work_of(link, self._server.login, staged) if not one.selected.rolls_back]
            for one in work:
                write = partial(self._write_at_once, link, one, fresh=fresh)
                self._server.patiently(partial(with_lock, link, one, write))

    def _write_at_once(self, link: Link, work: Work, *, fresh: bool) -> None:
        rewrite = Rewrite(link, work.selected)
        due: list[Group] = []
        for group, now in rewrite.now(work.groups):
            if now == group.before:
                due.append(group)
            elif fresh or now != group.after:
                raise TargetChanged(name=rewrite.name(group))
        rewrite_exactly(rewrite, due)


def rewrite_exactly(rewrite: Rewrite, groups: Sequence[Group]) -> None:
    """Write, and look that every row now is what was meant; a trigger or a silent conversion would show here."""
    rewrite.write(groups)
    for group, now in rewrite.now(groups):
        if now != group.after:
            reason = "the server made something else of it: a trigger, or a row that the dataset does not select"
            raise Unsupported(what=say("Writing {name}", name=rewrite.name(group)), reason=reason)


def with_lock(link: Link, work: Work, act: Callable[[], T]) -> T:
    """Do something while nobody else can use the table."""
    names = [work.selected.table.quoted + b" WRITE"]
    if work.selected.blobs is not None:
        blobs = work.selected.blobs.quoted
        names += [blobs + b" WRITE", blobs + b" AS b WRITE"]
    link.run(b"LOCK TABLES " + b", ".join(names))
    try:
        return act()
    finally:
        link.run(b"UNLOCK TABLES")


def staged_or_bug(staged: Staged | None, step: Step) -> Staged:
    """Return what is staged for a step that is to be done."""
    if staged is None:
        raise Bug(reason=f"nothing is staged for {step.change.name.decode()}")
    return staged
