"""Rows that belong to one host are known by their names, so their tables must be named by the right key."""

from collections.abc import Iterable

from pbxsync_worker.core.model.dataset import TableSet
from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.core.model.presets.host_specific import row_key
from pbxsync_worker.core.model.sentence import say


def refuse_other_keys(tables: Iterable[TableSet]) -> None:
    """Raise Unsupported where a dataset, whoever wrote it, names settings or stores by something else than their key.

    Named by its value, the password of the database would have a name that nothing protects.
    """
    for table in tables:
        key = row_key(table.table)
        if key is not None and table.key != key:
            raise Unsupported(
                what=say("Table {table}", table=table.table),
                reason=say("its rows must be named by {names}", names=", ".join(key)),
            )
