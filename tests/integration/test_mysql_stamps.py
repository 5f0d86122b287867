"""Of a table that was not written nothing is read, and whatever way it is written in is noticed."""

import os
from pathlib import Path

import pytest

from pbxsync_worker.datasets.mysql.link import Link
from pbxsync_worker.datasets.mysql.look import Seen
from tests.integration.mysql_hosts import Counting, SqlHost, dataset, table

pytestmark = pytest.mark.integration

WHAT = dataset(table("options", "id"), table("parents", "id"))
MADE = """
CREATE TABLE parents (id INT PRIMARY KEY, name VARCHAR(20));
CREATE TABLE options (id INT PRIMARY KEY, parent INT, data VARCHAR(99){foreign}) ENGINE={engine};
CREATE TABLE others (id INT PRIMARY KEY, data VARCHAR(99));
CREATE TABLE spare LIKE options;
INSERT INTO parents VALUES (1, 'a'), (2, 'b'), (3, 'c');
INSERT INTO options SELECT seq, 1 + seq MOD 3, 'd' FROM seq_1_to_400;
INSERT INTO spare SELECT seq, 1, 'spare' FROM seq_1_to_300;
CREATE TRIGGER more AFTER INSERT ON others FOR EACH ROW UPDATE options SET data = NEW.data WHERE id = NEW.id;
"""
FOREIGN = ", FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE ON UPDATE CASCADE"
SWAP = "RENAME TABLE options TO gone, {0} TO options, gone TO {0}"
WRITES = {
    "one value": "UPDATE options SET data = 'new' WHERE id = 7",
    "the values of two rows change places": "UPDATE options SET data = IF(id = 7, 'd', 'new') WHERE id IN (7, 8)",
    "a row more": "INSERT INTO options VALUES (5000, 1, 'n')",
    "a row less": "DELETE FROM options WHERE id = 5000",
    "a row in another's place": "REPLACE INTO options VALUES (9, 2, 'replaced')",
    "a row that is there": "INSERT INTO options VALUES (9, 2, 'x') ON DUPLICATE KEY UPDATE data = 'twice'",
    "rows of another table": "INSERT INTO options SELECT id + 9000, 1, data FROM spare LIMIT 9",
    "two tables at once": "UPDATE options, parents SET data = 'both', name = 'e' WHERE parents.id = parent",
    "a trigger": "INSERT INTO others VALUES (11, 'by a trigger')",
    "two phases": "XA START 'x'; DELETE FROM options WHERE id = 12; XA END 'x'; XA PREPARE 'x'; XA COMMIT 'x'",
    "a write before the server closes its tables": "UPDATE options SET data = 'f' WHERE id = 13; FLUSH TABLES",
    "a write after it": "FLUSH TABLES; UPDATE options SET data = 'g' WHERE id = 13",
    "a parent's key": "UPDATE parents SET id = 33 WHERE id = 3",
    "a parent less": "DELETE FROM parents WHERE id = 33",
    "another table in its place": SWAP.format("spare"),
    "and back": SWAP.format("spare"),
    "a column more": "ALTER TABLE options ADD more INT DEFAULT 5",
    "a column less": "ALTER TABLE options DROP more",
    "an own value": "UPDATE options SET data = CONCAT(data, '!')",
    "no row": "TRUNCATE options",
}


@pytest.fixture(params=["InnoDB", "MyISAM"])
def host(request, mariadb, tmp_path):
    host = SqlHost(mariadb, tmp_path, Counting)
    host.sql(MADE.format(engine=request.param, foreign=FOREIGN if request.param == "InnoDB" else ""))
    yield host
    host.close()


def rest(host):
    """Make the server forget when the tables were written, and look until nothing is read any more."""
    host.sql("ALTER TABLE parents FORCE; SET foreign_key_checks = 0; ALTER TABLE options FORCE")
    if "MyISAM" in host.sql("SHOW CREATE TABLE options"):
        data = Path(host.server.client("SELECT @@datadir").strip()) / host.database / "options.MYD"
        past = data.stat().st_mtime - 3000
        os.utime(data, (past, past))
        host.sql("FLUSH TABLES options")
    for _ in range(2):
        host.data.inventory(WHAT)


def rows_of_a_look(host):
    Counting.rows_read = 0
    host.data.inventory(WHAT)
    return Counting.rows_read


def test_every_way_of_writing_is_noticed(host, tmp_path):
    for number, (name, sql) in enumerate(WRITES.items()):
        rest(host)
        assert rows_of_a_look(host) < 12, name
        host.sql(sql)
        assert host.data.inventory(WHAT).items == host.anew(tmp_path / str(number)).inventory(WHAT).items, name


def test_nothing_is_read_of_tables_that_were_not_written(host):
    rest(host)
    before = host.data.inventory(WHAT)
    assert rows_of_a_look(host) < 12
    assert host.data.inventory(WHAT) is before


def test_another_process_of_this_host_goes_on_from_what_was_seen(host):
    seen = Seen()
    rest(host)
    host.again(Counting, seen=seen).inventory(WHAT)
    before = host.again(Counting, seen=seen).inventory(WHAT)
    assert host.again(Counting, seen=seen).inventory(WHAT) is before


def test_what_another_connection_has_not_committed_is_seen_when_it_has(host, tmp_path):
    rest(host)
    before = host.data.inventory(WHAT)
    link = Link(host.login)
    link.run(b"START TRANSACTION")
    link.run(b"UPDATE parents SET name = 'late' WHERE id = 1")
    assert host.data.inventory(WHAT) == before
    link.run(b"COMMIT")
    link.close()
    assert host.data.inventory(WHAT).items == host.anew(tmp_path / "new").inventory(WHAT).items != before.items


def test_a_server_that_was_started_again_is_read_again(host, tmp_path):
    rest(host)
    host.data.inventory(WHAT)
    host.sql("UPDATE options SET data = 'before the end' WHERE id = 3")
    host.server.stop()
    host.server.start()
    assert host.data.inventory(WHAT).items == host.anew(tmp_path / "new").inventory(WHAT).items
