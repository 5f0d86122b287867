"""Rows in step on a real MariaDB: what is written, what is refused, what an undo gives back."""

import threading
from contextlib import suppress

import pytest

from pbxsync_worker.core.model.dataset import DeletePolicy, RowPolicy
from pbxsync_worker.core.model.errors import (
    DatabaseRefused,
    TargetChanged,
    Unsupported,
)
from pbxsync_worker.core.model.step import Undone
from pbxsync_worker.datasets.mysql import Login
from pbxsync_worker.datasets.mysql.link import Link
from tests.integration.mysql_hosts import USERS, dataset, prepare, sync, table, two_hosts, users

pytestmark = pytest.mark.integration


@pytest.fixture
def hosts(mariadb, tmp_path):
    yield from two_hosts(mariadb, tmp_path)


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
    assert kept == '{"row": "SQL/asterisk/users/2", "before": [{"extension": "2", "name": "old"}]}\n'
    assert hosts[1].data.stayed(step) == (b"SQL/asterisk/users/2",)


def test_undo_writes_down_what_had_been_where_the_table_was_altered_since(hosts):
    users(hosts, "('1','new')", "('1','old')")
    (step,) = prepare(hosts, USERS)
    hosts[1].data.act(step)
    hosts[1].sql("ALTER TABLE users ADD more INT")
    assert hosts[1].data.undo(step) is Undone.KEPT
    kept = (hosts[1].home / "kept/r/sql-asterisk.rows").read_text()
    assert kept == '{"row": "SQL/asterisk/users/1", "before": [{"extension": "1", "name": "old"}]}\n'


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


def test_a_table_that_somebody_has_locked_is_waited_for(hosts):
    users(hosts, "('1','new')", "('1','old')", engine="MyISAM")
    (step,) = prepare(hosts, USERS)
    other = Link(Login("root", str, hosts[1].database, socket=str(hosts[1].server.socket)))
    other.run(b"LOCK TABLES users READ")
    timer = threading.Timer(0.5, lambda: other.run(b"UNLOCK TABLES"))
    timer.start()
    hosts[1].data.act(step)
    timer.join()
    other.close()
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
