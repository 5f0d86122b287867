"""Rows in step on a real MariaDB: what is written, what is refused, what an undo gives back."""

import threading
from contextlib import suppress

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Condition, DeletePolicy, Match, RowPolicy
from pbxsync_worker.core.model.errors import (
    DatabaseRefused,
    NotAllowed,
    PeerLied,
    Retry,
    SourceChanged,
    TargetChanged,
    Unsupported,
)
from pbxsync_worker.core.model.step import Undone
from pbxsync_worker.datasets.mysql import Login
from pbxsync_worker.datasets.mysql.link import Link
from tests.integration.mysql_hosts import SqlHost, dataset, plan, prepare, sync, table

pytestmark = pytest.mark.integration
USERS = dataset(table("users", "extension"))


@pytest.fixture
def hosts(mariadb, tmp_path):
    both = SqlHost(mariadb, tmp_path), SqlHost(mariadb, tmp_path)
    yield both
    for host in both:
        host.close()


def users(hosts, ours, theirs, more="", engine="InnoDB"):
    """Make the table on both hosts: rows of the source, rows of the target."""
    for host, rows in zip(hosts, (ours, theirs), strict=True):
        host.sql(f"CREATE TABLE users (extension VARCHAR(20), name VARCHAR(50) {more}) ENGINE={engine}")
        if rows:
            host.sql(f"INSERT INTO users (extension, name) VALUES {rows}")


def test_rows_are_added_changed_and_removed(hosts):
    users(hosts, "('1','a'),('2','new'),('4','d')", "('1','a'),('2','old'),('3','c')")
    contents = sync(hosts, USERS)
    assert hosts[1].rows("users") == "1\ta\n2\tnew\n4\td\n"
    assert len(contents.held) == 4  # new and old of 2, 3 and 4


def test_the_marker_is_gone_when_a_run_is_settled(hosts):
    users(hosts, "('1','a')", "")
    sync(hosts, USERS)
    assert hosts[1].rows("pbxsync_marker") == ""
    assert list((hosts[1].home / "staging").iterdir()) == []


@pytest.mark.parametrize("engine", ["InnoDB", "MyISAM", "Aria"])
def test_equal_rows_without_a_key_are_counted_exactly(hosts, engine):
    users(hosts, "('1','a'),('1','a'),('1','a'),('1','b')", "('1','a'),('1','c'),('1','c')", engine=engine)
    before = hosts[1].rows("users", "1, 2")
    (step,) = prepare(hosts, USERS)
    hosts[1].data.act(step)
    assert hosts[1].rows("users", "1, 2") == hosts[0].rows("users", "1, 2")
    assert hosts[1].data.undo(step) is Undone.RESTORED
    assert hosts[1].rows("users", "1, 2") == before


def test_a_table_without_any_natural_key_is_a_bag_of_rows(hosts):
    users(hosts, "('1','a'),('1','a'),(NULL,NULL)", "('1','a'),('2','b')")
    sync(hosts, dataset(table("users")))
    assert hosts[1].rows("users") == hosts[0].rows("users")


@pytest.mark.parametrize("engine", ["InnoDB", "MyISAM"])
def test_undo_keeps_a_row_that_somebody_changed_since(hosts, engine):
    users(hosts, "('1','new'),('2','new')", "('1','old'),('2','old')", engine=engine)
    (step,) = prepare(hosts, USERS)
    hosts[1].data.act(step)
    hosts[1].sql("UPDATE users SET name='mine' WHERE extension='2'")
    assert hosts[1].data.undo(step) is Undone.KEPT
    assert hosts[1].data.undo(step) is Undone.KEPT
    assert hosts[1].rows("users") == "1\told\n2\tmine\n"
    kept = (hosts[1].home / "kept/r/sql-asterisk.rows").read_text()
    assert kept == '{"key": "2", "before": [{"extension": "2", "name": "old"}]}\n'


def test_undo_by_a_new_process_knows_whether_it_happened(hosts):
    users(hosts, "('1','new')", "('1','old')")
    (step,) = prepare(hosts, USERS)
    assert hosts[1].again().undo(step) is Undone.NOT_DONE
    hosts[1].data.act(step)
    assert hosts[1].again().undo(step) is Undone.RESTORED
    assert hosts[1].rows("users") == "1\told\n"


def test_undo_does_not_put_a_removed_row_back_over_a_new_one(hosts):
    users(hosts, "", "('1','old')", ", UNIQUE (extension)")
    (step,) = prepare(hosts, USERS)
    hosts[1].data.act(step)
    hosts[1].sql("INSERT INTO users VALUES ('1','mine')")
    assert hosts[1].data.undo(step) is Undone.KEPT
    assert hosts[1].rows("users") == "1\tmine\n"


def test_undo_keeps_everything_of_a_table_that_was_altered_since(hosts):
    users(hosts, "('1','new')", "('1','old')")
    (step,) = prepare(hosts, USERS)
    hosts[1].data.act(step)
    hosts[1].sql("ALTER TABLE users ADD COLUMN more INT")
    assert hosts[1].data.undo(step) is Undone.KEPT
    assert hosts[1].rows("users") == "1\tnew\tNULL\n"


_MEDDLING = [
    "UPDATE users SET name='mine'",
    "DELETE FROM users",
    "INSERT INTO users VALUES ('2','mine')",
]


@pytest.mark.parametrize("meddling", _MEDDLING)
def test_act_changes_nothing_where_one_row_is_another_by_now(hosts, meddling):
    users(hosts, "('1','new'),('2','new'),('3','new')", "('1','old')")
    (step,) = prepare(hosts, USERS)
    hosts[1].sql(meddling)
    before = hosts[1].rows("users")
    with pytest.raises(TargetChanged):
        hosts[1].data.act(step)
    assert hosts[1].rows("users") == before
    assert hosts[1].data.undo(step) is Undone.NOT_DONE


def test_a_table_without_transactions_takes_the_others_back_where_it_refuses(hosts):
    users(hosts, "('1','new')", "('1','old')")
    for host in hosts:
        host.sql("CREATE TABLE slow (id INT, x INT) ENGINE=MyISAM")
    hosts[0].sql("INSERT INTO slow VALUES (1, 1)")
    (step,) = prepare(hosts, dataset(table("users", "extension"), table("slow", "id")))
    hosts[1].sql("INSERT INTO slow VALUES (1, 9)")
    with pytest.raises(TargetChanged):
        hosts[1].data.act(step)
    assert (hosts[1].rows("users"), hosts[1].rows("slow")) == ("1\told\n", "1\t9\n")


def test_act_can_be_repeated(hosts):
    users(hosts, "('1','new')", "('1','old')", engine="MyISAM")
    (step,) = prepare(hosts, USERS)
    hosts[1].data.act(step)
    hosts[1].again().act(step)
    assert hosts[1].rows("users") == "1\tnew\n"


def test_a_commit_that_the_server_lost_is_done_again_when_the_run_is_kept(hosts):
    users(hosts, "('1','new')", "('1','old')")
    (step,) = prepare(hosts, USERS)
    hosts[1].data.settle("r", [step], DictContentsOfNobody())
    assert hosts[1].rows("users") == "1\tnew\n"


class DictContentsOfNobody:
    """A Contents that holds nothing."""

    def has(self, digest):
        return False

    def open(self, digest):
        yield b""

    def put(self, content, digest):
        assert b"".join(content)

    def put_many(self, pairs):
        assert list(pairs)


def test_unique_values_move_between_rows_and_exchange(hosts):
    more = ", hidden INT DEFAULT 5, UNIQUE (name)"
    users(hosts, "('1','b'),('2','a'),('3','d'),('4','new')", "('1','a'),('2','b'),('3','c'),('5','d')", more)
    hosts[1].sql("UPDATE users SET hidden = extension")
    sync(hosts, dataset(table("users", "extension", drop=("hidden",))))
    assert hosts[1].rows("users") == "1\tb\t1\n2\ta\t2\n3\td\t3\n4\tnew\t5\n"


def test_foreign_keys_do_not_ask_for_an_order_and_cascade_nothing(hosts):
    for host in hosts:
        host.sql(
            "CREATE TABLE tree (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES tree (id) ON DELETE CASCADE);"
            "CREATE TABLE leaf (id INT, tree INT, FOREIGN KEY (tree) REFERENCES tree (id) ON DELETE CASCADE)"
        )
    hosts[0].sql("INSERT INTO tree VALUES (9,NULL),(1,9),(5,1)")
    hosts[1].sql("INSERT INTO tree VALUES (1,NULL),(2,1); INSERT INTO leaf VALUES (7,1)")
    sync(hosts, dataset(table("tree", "id")))
    assert hosts[1].rows("tree") == hosts[0].rows("tree")
    assert hosts[1].rows("leaf") == "7\t1\n"


def test_it_refuses_to_leave_a_row_without_its_parent(hosts):
    for host in hosts:
        host.sql("CREATE TABLE tree (id INT PRIMARY KEY);")
        host.sql("CREATE TABLE leaf (id INT, tree INT, FOREIGN KEY (tree) REFERENCES tree (id) ON DELETE CASCADE)")
    hosts[1].sql("INSERT INTO tree VALUES (1); INSERT INTO leaf VALUES (7,1)")
    (step,) = prepare(hosts, dataset(table("tree", "id")))
    with pytest.raises(Unsupported, match="leaf"):
        hosts[1].data.act(step)
    assert (hosts[1].rows("tree"), hosts[1].rows("leaf")) == ("1\n", "7\t1\n")


def test_it_refuses_a_table_whose_trigger_would_fire(hosts):
    users(hosts, "('1','new')", "")
    hosts[1].sql("CREATE TRIGGER tr AFTER INSERT ON users FOR EACH ROW INSERT INTO other VALUES (1)")
    with pytest.raises(Unsupported, match="triggers would do more than the plan says: tr"):
        prepare(hosts, USERS)


def test_a_trigger_beside_collected_rows_does_its_work(hosts):
    users(hosts, "('1','a')", "")
    hosts[1].sql("CREATE TABLE copied (x INT)")
    hosts[1].sql("CREATE TRIGGER tr AFTER INSERT ON users FOR EACH ROW INSERT INTO copied VALUES (1)")
    sync(hosts, dataset(table("users", "extension", policy=RowPolicy.COLLECT)))
    assert hosts[1].rows("copied") == "1\n"


def test_a_trigger_that_changes_a_collected_row_is_noticed(hosts):
    users(hosts, "('1','a')", "")
    hosts[1].sql("CREATE TRIGGER tr BEFORE INSERT ON users FOR EACH ROW SET NEW.name = 'other'")
    (step,) = prepare(hosts, dataset(table("users", "extension", policy=RowPolicy.COLLECT)))
    with pytest.raises(Unsupported, match="made something else of it"):
        hosts[1].data.act(step)
    assert hosts[1].rows("users") == ""


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


def test_live_writers_lose_nothing(hosts):
    users(hosts, ",".join(f"('{n}','new')" for n in range(400)), ",".join(f"('{n}','old')" for n in range(400)))
    hosts[1].sql("CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, x INT)")
    (step,) = prepare(hosts, USERS)
    written: list[int] = []

    def write():
        for number in range(60):
            hosts[1].sql(f"INSERT INTO users VALUES ('w{number}','theirs'); INSERT INTO log VALUES (NULL, 1)")
            written.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    hosts[1].data.act(step)
    writer.join()
    assert hosts[1].sql("SELECT COUNT(*), SUM(name='theirs'), SUM(name='new') FROM users") == "460\t60\t400\n"


class Blocking:
    """Somebody who holds a lock on a row for some tries of ours."""

    def __init__(self, host, statement):
        self.link = Link(Login("root", str, host.database, socket=str(host.server.socket)))
        self.link.run(b"START TRANSACTION")
        self.link.run(statement)


def test_a_lock_that_is_let_go_is_waited_for(hosts):
    users(hosts, "('1','new')", "('1','old')")
    (step,) = prepare(hosts, USERS)
    blocking = Blocking(hosts[1], b"UPDATE users SET name='theirs' WHERE extension='1'")
    timer = threading.Timer(0.5, lambda: blocking.link.run(b"ROLLBACK"))
    timer.start()
    hosts[1].data.act(step)
    timer.join()
    blocking.link.close()
    assert hosts[1].rows("users") == "1\tnew\n"


@pytest.mark.parametrize("number", [1213, 1205])
def test_a_deadlock_or_lock_wait_is_tried_again_from_the_beginning(hosts, number):
    users(hosts, "('1','new'),('2','new')", "('1','old'),('2','old')")
    (step,) = prepare(hosts, USERS)
    times: list[int] = []

    class Colliding(Link):
        def run(self, sql, values=()):
            if sql.startswith(b"UPDATE") and len(times) < 3:
                times.append(1)
                raise DatabaseRefused(name="x", reason="collision", number=number)
            return super().run(sql, values)

    hosts[1].again(Colliding).act(step)
    assert hosts[1].rows("users") == "1\tnew\n2\tnew\n"


def test_a_real_deadlock_is_survived(hosts):
    users(hosts, "('1','new'),('2','new')", "('1','old'),('2','old')", ", PRIMARY KEY (extension)")
    (step,) = prepare(hosts, USERS)
    other = Blocking(hosts[1], b"SELECT * FROM users WHERE extension='2' FOR UPDATE")
    thread = threading.Thread(target=hosts[1].data.act, args=[step])
    thread.start()
    with suppress(DatabaseRefused):
        other.link.all(b"SELECT * FROM users WHERE extension='1' FOR UPDATE")
    other.link.run(b"ROLLBACK")
    thread.join()
    other.link.close()
    assert hosts[1].rows("users") == "1\tnew\n2\tnew\n"


def test_deletes_follow_the_policy_of_the_table(hosts):
    users(hosts, "('1','a')", "('2','b')")
    sync(hosts, dataset(table("users", "extension", delete=DeletePolicy.NEVER)))
    assert hosts[1].rows("users") == "1\ta\n2\tb\n"
