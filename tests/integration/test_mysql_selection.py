"""Which rows and columns travel between two MariaDB databases, and which stay."""

from contextlib import suppress

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Condition, Match, RowPolicy
from pbxsync_worker.core.model.errors import (
    NotAllowed,
    PeerLied,
    Retry,
    SourceChanged,
    Unsupported,
)
from pbxsync_worker.core.model.step import Undone
from pbxsync_worker.datasets.mysql.link import Link
from tests.integration.mysql_hosts import USERS, dataset, plan, prepare, sync, table, two_hosts, users

pytestmark = pytest.mark.integration


@pytest.fixture
def hosts(mariadb, tmp_path):
    yield from two_hosts(mariadb, tmp_path)


def test_rows_that_are_only_updated_are_never_added_or_removed(hosts):
    users(hosts, "('1','new'),('2','x')", "('1','old'),('3','mine')")
    sync(hosts, dataset(table("users", "extension", policy=RowPolicy.UPDATE)))
    assert hosts[1].rows("users") == "1\tnew\n3\tmine\n"


def test_rows_that_are_collected_are_never_changed_or_removed(hosts):
    users(hosts, "('1','new'),('2','x')", "('1','old'),('3','mine')")
    what = dataset(table("users", "extension", policy=RowPolicy.COLLECT))
    sync(hosts, what)
    assert hosts[1].rows("users") == "1\told\n2\tx\n3\tmine\n"
    assert prepare(hosts, what, "again") == ()


def test_prepare_refuses_what_the_policy_of_a_table_forbids(hosts):
    users(hosts, "('1','new')", "('1','old')")
    changes = plan(hosts, USERS)
    hosts[1].data.inventory(dataset(table("users", "extension", policy=RowPolicy.COLLECT)))
    with pytest.raises(NotAllowed, match="collected, never changed"):
        hosts[1].data.prepare("r", changes, lambda change: hosts[0].data.open(change.after))


def test_only_rows_that_meet_the_conditions_are_read_or_touched(hosts):
    rows = Condition("extension", Match.NOT_LIKE, ("tr-%",)), Condition("name", Match.IN, ("a", "b", "ü'\\"))
    users(hosts, "('1','a'),('tr-1','a'),('2','z'),('3','ü\\'\\\\')", "('tr-2','a'),('9','z')")
    sync(hosts, dataset(table("users", "extension", rows=rows)))
    assert hosts[1].rows("users") == "1\ta\n3\tü'\\\\\n9\tz\ntr-2\ta\n"


def test_two_selections_of_one_table_by_conditions_are_one(hosts):
    users(hosts, "('1','a'),('2','b'),('3','c')", "")
    both = [table("users", "extension", rows=(Condition("name", Match.IN, (name,)),)) for name in "ab"]
    sync(hosts, dataset(*both))
    assert hosts[1].rows("users") == "1\ta\n2\tb\n"


def test_it_refuses_a_row_whose_key_is_taken_outside_the_selection(hosts):
    users(hosts, "('1','a')", "('1','z')")
    with pytest.raises(Unsupported, match="does not select"):
        prepare(hosts, dataset(table("users", "extension", rows=(Condition("name", Match.IN, ("a",)),))))


def test_it_refuses_a_row_that_the_dataset_does_not_select(hosts):
    users(hosts, "('1','z')", "")
    changes = plan(hosts, USERS)
    hosts[1].data.inventory(dataset(table("users", "extension", rows=(Condition("name", Match.IN, ("a",)),))))
    (step,) = hosts[1].data.prepare("r", changes, lambda change: hosts[0].data.open(change.after))
    with pytest.raises(Unsupported, match="does not select"):
        hosts[1].data.act(step)
    assert hosts[1].rows("users") == ""


def test_columns_that_do_not_travel_stay_as_they_are(hosts):
    users(hosts, "('1','a')", "('1','b')", ", secret VARCHAR(9) DEFAULT 'none'")
    hosts[0].sql("UPDATE users SET secret='theirs'")
    hosts[1].sql("UPDATE users SET secret='ours'")
    sync(hosts, dataset(table("users", "extension", columns=("name",))))
    assert hosts[1].rows("users") == "1\ta\tours\n"


def test_a_column_that_only_this_host_has_stays_and_is_not_compared(hosts):
    users(hosts, "('1','a'),('2','new')", "('1','a')")
    hosts[1].sql("ALTER TABLE users ADD COLUMN more INT DEFAULT 3")
    with pytest.raises(Retry, match="other columns"):
        prepare(hosts, USERS)
    sync(hosts, USERS)
    assert hosts[1].rows("users") == "1\ta\t3\n2\tnew\t3\n"
    assert prepare(hosts, USERS, "again") == ()
    hosts[0].sql("ALTER TABLE users ADD COLUMN more INT DEFAULT 4")
    hosts[0].sql("UPDATE users SET name='x'")
    with pytest.raises(Retry, match="other columns"):
        prepare(hosts, USERS)
    sync(hosts, USERS)
    assert hosts[1].rows("users") == "1\tx\t4\n2\tx\t4\n"


def test_it_refuses_a_column_that_only_the_source_has(hosts):
    users(hosts, "('1','a')", "")
    hosts[0].sql("ALTER TABLE users ADD COLUMN more INT DEFAULT 3")
    with pytest.raises(Unsupported, match="no column more here"):
        prepare(hosts, USERS)


def test_a_host_without_an_optional_table_says_why_its_rows_have_no_place(hosts):
    hosts[0].sql("CREATE TABLE users (extension INT); INSERT INTO users VALUES (1)")
    what = dataset(table("users", "extension", optional=True))
    assert hosts[1].data.inventory(what).items == {}
    (item,) = hosts[0].data.inventory(what).items.values()
    assert hosts[1].data.why_not(what, item) == "this host has no table users"


def test_protected_rows_are_neither_read_nor_given_nor_written(hosts):
    users(hosts, "('1','a'),('2','b')", "('1','mine')")
    (secret, _) = hosts[0].data.inventory(USERS).items.values()
    hosts[0].data = hosts[0].again(Link, "SQL/asterisk/users/1")
    assert [item.text for item in hosts[0].data.inventory(USERS).items.values()] == ["SQL/asterisk/users/2"]
    with pytest.raises(NotAllowed):
        b"".join(hosts[0].data.open(secret))
    with pytest.raises(NotAllowed):
        hosts[0].data.prepare("r", [Change(secret, None)], lambda _: [])
    assert hosts[0].data.why_not(USERS, secret) == "protected on this host"


def test_open_refuses_another_version_of_a_row(hosts):
    users(hosts, "('1','a')", "")
    (item,) = hosts[0].data.inventory(USERS).items.values()
    hosts[0].sql("UPDATE users SET name='b'")
    with pytest.raises(SourceChanged):
        b"".join(hosts[0].data.open(item))


def test_rows_are_opened_as_they_were_listed_whichever_way_that_was(hosts):
    users(hosts, "('1','a')", "")
    asked: list[bytes] = []

    class Listening(Link):
        def rows(self, sql, values=()):
            asked.append(sql)
            return super().rows(sql, values)

    data = hosts[0].again(Listening)
    (before,) = data.inventory(dataset(table("users", "extension", drop=("name",)))).items.values()
    (last,) = data.inventory(USERS).items.values()
    asked.clear()
    assert len(b"".join(data.open(last))) == last.size
    assert not [sql for sql in asked if b"information_schema" in sql]
    assert len(b"".join(data.open(before))) == before.size


def test_open_survives_a_connection_that_the_server_closed(hosts, mariadb):
    users(hosts, "('1','a')", "")
    (item,) = hosts[0].data.inventory(USERS).items.values()
    b"".join(hosts[0].data.open(item))
    for line in mariadb.client("SELECT id FROM information_schema.PROCESSLIST WHERE command='Sleep'").split():
        with suppress(RuntimeError):
            mariadb.client(f"KILL {line}")
    assert len(b"".join(hosts[0].data.open(item))) == item.size


def test_prepare_refuses_a_content_that_was_not_announced(hosts):
    users(hosts, "('1','a')", "")
    with pytest.raises(PeerLied):
        hosts[1].data.prepare("r", plan(hosts, USERS), lambda _: [b"something else"])


def test_all_tables_are_read_in_one_snapshot(hosts):
    users(hosts, "('1','a')", "")
    hosts[0].sql("CREATE TABLE later (id INT PRIMARY KEY) ENGINE=InnoDB")
    done: list[str] = []

    class Meddling(Link):
        def rows(self, sql, values=()):
            found = list(super().rows(sql, values))
            if b"FROM `users`" in sql and not done:
                done.append(hosts[0].sql("INSERT INTO later VALUES (1)"))
            yield from found

    what = dataset(table("users", "extension"), table("later", "id"))
    assert len(hosts[0].again(Meddling).inventory(what).items) == 1
    assert len(hosts[0].data.inventory(what).items) == 2


def test_a_large_table_that_did_not_change_is_not_read_again(hosts):
    users(hosts, "('0','a')", "")
    hosts[0].sql("INSERT INTO users SELECT seq, 'b' FROM seq_1_to_5000; ANALYZE TABLE users")
    asked: list[bytes] = []

    class Listening(Link):
        def rows(self, sql, values=()):
            asked.append(sql)
            return super().rows(sql, values)

    first = hosts[0].data.inventory(USERS)
    assert hosts[0].again(Listening).inventory(USERS).root == first.root
    assert not [sql for sql in asked if sql.startswith(b"SELECT `users`.")]
    hosts[0].sql("UPDATE users SET name='c' WHERE extension='17'")
    assert hosts[0].data.inventory(USERS).root != first.root


def test_the_next_id_stays_behind_every_id_that_came(hosts):
    for host in hosts:
        host.sql("CREATE TABLE users (extension INT PRIMARY KEY AUTO_INCREMENT)")
    hosts[0].sql("INSERT INTO users VALUES (3), (77)")
    sync(hosts, USERS)
    hosts[0].sql("DELETE FROM users WHERE extension=77")
    sync(hosts, USERS)
    assert hosts[1].sql("INSERT INTO users VALUES (NULL); SELECT MAX(extension) FROM users") == "78\n"


BLOBS = "CREATE TABLE kvblobstore (uuid CHAR(36) PRIMARY KEY, type CHAR(32), content LONGBLOB)"
STORE = "(`key` CHAR(255), val VARCHAR(4096), type CHAR(16), id CHAR(255), UNIQUE (`key`(190), id(190)))"


def test_a_key_value_store_brings_its_long_values_and_undo_gives_the_old_ones_back(hosts):
    for host, name in zip(hosts, ("kvstore_Calendar", "kvstore_FreePBX_modules_Calendar"), strict=True):
        host.sql(f"CREATE TABLE {name} {STORE}; {BLOBS}")
    hosts[0].sql(
        "INSERT INTO kvstore_Calendar VALUES ('a','u-1','blob','x'), ('b','short',NULL,'x'), ('c','u-3','blob','x')"
    )
    hosts[0].sql(
        "INSERT INTO kvblobstore VALUES ('u-1','json-arr',REPEAT('x',9000)), ('u-3',NULL,x'00ff'), ('u-9',NULL,'other')"
    )
    hosts[1].sql("INSERT INTO kvstore_FreePBX_modules_Calendar VALUES ('a','u-2','blob','x'), ('c','u-3','blob','x')")
    hosts[1].sql("INSERT INTO kvblobstore VALUES ('u-2',NULL,'old'), ('u-3',NULL,'old'), ('u-8',NULL,'other')")
    before = hosts[1].rows("kvblobstore")
    (step,) = prepare(hosts, dataset(table("kvstore:Calendar", "key", "id")))
    hosts[1].data.act(step)
    assert hosts[1].rows("kvstore_FreePBX_modules_Calendar") == hosts[0].rows("kvstore_Calendar")
    assert hosts[1].sql("SELECT uuid, LENGTH(content) FROM kvblobstore ORDER BY 1") == "u-1\t9000\nu-3\t2\nu-8\t5\n"
    assert hosts[1].data.undo(step) is Undone.RESTORED
    assert hosts[1].rows("kvblobstore") == before
