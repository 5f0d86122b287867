"""Tables and columns for the tests of the MySQL dataset."""

from pbxsync_worker.core.model.dataset import TableSet
from pbxsync_worker.datasets.mysql.schema import Table
from pbxsync_worker.datasets.mysql.values import Column


def column(name="x", kind="varchar", **more):
    charset = "utf8mb4" if kind in ("varchar", "char", "text", "tinytext", "enum", "set") else ""
    full = more.pop("full", kind)
    return Column(
        name, kind, full, more.pop("nullable", True), more.pop("default", None), more.pop("charset", charset), **more
    )


def make_table(*columns, name="users", kind="BASE TABLE", engine="InnoDB", triggers=()):
    return Table(name, kind, engine, 10, 1000, columns, (), tuple(triggers))


def spec(*key, **more):
    return TableSet("asterisk", more.pop("table", "users"), key, **more)
