"""The database of a running FreePBX: every table is listed, brought to an empty host, and equal there."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pbxsync_worker.core.model.dataset import Dataset, TableSet
from tests.integration.mysql_hosts import SqlHost, dataset, prepare, sync, table

pytestmark = pytest.mark.integration
_KEYS = re.compile(r"^  (\w+): \{key: \[([^\]]*)\]", re.MULTILINE)


def _natural_keys(shared: Path) -> dict[str, tuple[str, ...]]:
    """Return the natural keys that the presets name, by table."""
    text = (shared.parent / "presets.yaml").read_text()
    return {name: tuple(filter(None, re.split(r",\s*", keys))) for name, keys in _KEYS.findall(text)}


def _tables(host: SqlHost, natural: dict[str, tuple[str, ...]]) -> Iterator[TableSet]:
    indexes = host.sql(
        "SELECT TABLE_NAME, GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX) FROM information_schema.STATISTICS"
        " WHERE TABLE_SCHEMA=DATABASE() AND INDEX_NAME='PRIMARY' GROUP BY 1"
    )
    primary = dict(line.split("\t") for line in indexes.splitlines())
    for name in host.sql("SHOW TABLES").split():
        if name in ("kvblobstore", "pbxsync_marker"):
            continue  # long values come with the rows that name them; the marker is ours
        stored = ("id", "key") if name.startswith("kvstore_") else ()
        key = natural.get(name) or stored or tuple(filter(None, primary.get(name, "").split(",")))
        yield table(name, *key)


@pytest.fixture
def freepbx(mariadb, tmp_path, shared_fixtures):
    """Give a host with the exported database, one with its empty tables, and a dataset of everything."""
    both = SqlHost(mariadb, tmp_path), SqlHost(mariadb, tmp_path)
    for host, file in zip(both, ("asterisk.sql.zst", "asterisk-schema.sql.zst"), strict=True):
        unpacked = subprocess.run(["zstd", "-dc", shared_fixtures / file], capture_output=True, check=True)
        host.sql(unpacked.stdout)
    yield both, dataset(*_tables(both[0], _natural_keys(shared_fixtures)))
    for host in both:
        host.close()


def _checked(host: SqlHost, what: Dataset) -> str:
    """Return the server's own checksum of every table."""
    names = ", ".join(f"`{one.table}`" for one in what.tables)
    return host.sql(f"CHECKSUM TABLE {names}").replace(host.database, "")


def test_an_empty_host_becomes_as_the_source_in_every_table(freepbx):
    hosts, what = freepbx
    sync(hosts, what)
    assert _checked(hosts[1], what) == _checked(hosts[0], what)
    assert prepare(hosts, what, "again") == ()


def test_rows_of_a_full_database_are_all_listed(freepbx):
    (source, _), what = freepbx
    counts = source.sql(";".join(f"SELECT COUNT(*) FROM `{one.table}`" for one in what.tables)).split()
    assert len(source.data.inventory(what).items) == sum(map(int, counts))
