"""A large table is read again only where it changed, and what is told of it is always what is there."""

import pytest

from tests.integration.mysql_hosts import Counting, SqlHost, dataset, table

pytestmark = pytest.mark.integration

KEYED = dataset(table("options", "id", "keyword"))
BAG = dataset(table("options"))
CHANGES = {
    "nothing": "DO 0",
    "one value": "UPDATE options SET data = 'new' WHERE id = '7' AND keyword = 'k3'",
    "a value that is NULL": "UPDATE options SET data = NULL WHERE id = '7' AND keyword = 'k3'",
    "a key": "UPDATE options SET id = 'x' WHERE id = '7' AND keyword = 'k3'",
    "one row more": "INSERT INTO options VALUES ('n', 'k', 'd')",
    "one row twice": "INSERT INTO options SELECT * FROM options WHERE id = '7' AND keyword = 'k3'",
    "one row less": "DELETE FROM options WHERE id = '7' AND keyword = 'k3'",
    "a third": "UPDATE options SET data = 'third' WHERE id LIKE '1%'",
    "everything": "UPDATE options SET data = 'all'",
    "no row any more": "DELETE FROM options",
}


@pytest.fixture(params=["InnoDB", "MyISAM"])
def host(request, mariadb, tmp_path):
    host = SqlHost(mariadb, tmp_path, Counting)
    host.sql(f"CREATE TABLE options (id VARCHAR(9), keyword VARCHAR(9), data VARCHAR(99)) ENGINE={request.param}")
    rows = (f"('{number}', 'k{option}', 'd{number}')" for number in range(100) for option in range(30))
    host.sql("INSERT INTO options VALUES " + ", ".join(rows) + "; ANALYZE TABLE options")
    yield host
    host.close()


@pytest.mark.parametrize("what", [KEYED, BAG], ids=["with a key", "without a key"])
def test_what_is_told_is_what_is_there(host, what, tmp_path):
    host.data.inventory(what)
    for name, change in CHANGES.items():
        host.sql(change)
        assert host.data.inventory(what).items == host.anew(tmp_path / name).inventory(what).items, name


def test_one_changed_row_costs_its_part_of_the_table(host):
    host.data.inventory(KEYED)
    Counting.rows_read = 0
    host.data.inventory(KEYED)
    nothing = Counting.rows_read
    host.sql(CHANGES["one value"])
    host.data.inventory(KEYED)
    assert Counting.rows_read - 2 * nothing < 100


def test_what_is_remembered_and_damaged_is_read_again(host):
    before = host.data.inventory(KEYED)
    for path in (host.home / "index").glob("*.index"):
        path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert host.data.inventory(KEYED).root == before.root
