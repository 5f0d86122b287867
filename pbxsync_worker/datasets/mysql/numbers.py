"""The next number of tables that count by themselves is raised to the source's, so that no number is given twice.

`ALTER TABLE ... AUTO_INCREMENT` commits by itself, so it is no part of the transaction: it comes before it, once all
rows are staged. It changes no row, can be done again, and where the run fails afterwards only numbers were skipped.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from pbxsync_worker.core.model.dataset import RowPolicy, TableSet
from pbxsync_worker.datasets.mysql.link import Link
from pbxsync_worker.datasets.mysql.resolve import resolve
from pbxsync_worker.datasets.mysql.schema import Table
from pbxsync_worker.datasets.mysql.transaction import Server


def raise_numbers(link: Link, server: Server, specs: Sequence[TableSet], wanted: Mapping[bytes, int]) -> None:
    """Raise the next number of every table that is behind; wanted: numbers by the beginning of the rows' names."""
    due = [one for one in specs if one.policy is RowPolicy.MIRROR and one.base in wanted]
    for selected in resolve(link, server.login.database, due):
        here, there = selected.table.next_number, wanted[selected.spec.base]
        if here is not None and here < there:
            server.patiently(partial(link.run, _statement(selected.table, there)))


def _statement(table: Table, number: int) -> bytes:
    # Said explicitly, InnoDB refuses rather than copies the table; the other engines can only copy it.
    quickly = b", ALGORITHM=INPLACE, LOCK=NONE" if table.rolls_back else b""
    return b"ALTER TABLE " + table.quoted + b" AUTO_INCREMENT = %d" % number + quickly
