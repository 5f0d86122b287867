"""The server dies, or the answer to COMMIT is lost: rows are wholly old or wholly new, and it is known which."""

import random
import socket
import threading
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import cycle

import pytest

from pbxsync_worker.core.model.errors import DatabaseSilent, PbxSyncError, TargetChanged
from pbxsync_worker.core.model.step import Undone
from pbxsync_worker.datasets.mysql.link import Link
from scripts.lab.mariadb import MariaDb, NoMariaDb
from tests.integration.mysql_hosts import SqlHost, dataset, prepare, table

pytestmark = pytest.mark.integration

ROWS = 300
WHAT = dataset(table("users", "extension"), table("sip", "id", "keyword"))
OLD, NEW = f"{ROWS}\t0\t{ROWS}\t0\n", f"0\t{ROWS}\t0\t{ROWS}\n"
STATE = "SELECT SUM(name='old'), SUM(name='new') FROM users UNION ALL SELECT SUM(data='old'), SUM(data='new') FROM sip"


def state(host: SqlHost) -> str:
    return "\t".join(host.sql(STATE).split()) + "\n"


@pytest.fixture
def tell(capsys):
    """Return a way to say a number where everybody sees it."""

    def say(text: str) -> None:
        with capsys.disabled():
            print(f"\n    {text}", end="")

    return say


@pytest.fixture(scope="module")
def mortal(tmp_path_factory):
    """Give a server of these tests' own, to be killed."""
    server = MariaDb(tmp_path_factory.mktemp("mortal"))
    try:
        server.start()
    except NoMariaDb as error:
        pytest.skip(str(error))
    yield server
    server.close()


@pytest.fixture
def hosts(mortal, tmp_path):
    both = SqlHost(mortal, tmp_path), SqlHost(mortal, tmp_path)
    for host, value in zip(both, ("new", "old"), strict=True):
        host.sql("CREATE TABLE users (extension INT PRIMARY KEY, name VARCHAR(9))")
        host.sql("CREATE TABLE sip (id INT, keyword INT, data VARCHAR(9), PRIMARY KEY (id, keyword))")
        host.sql(f"INSERT INTO users SELECT seq, '{value}' FROM seq_1_to_{ROWS}")
        host.sql(f"INSERT INTO sip SELECT seq, 1, '{value}' FROM seq_1_to_{ROWS}")
    yield both
    for host in both:
        host.close()


class When(StrEnum):
    """What happens, and when."""

    WRITING = "killed within the transaction"
    COMMITTING = "killed during COMMIT"
    UNHEARD = "cut off after COMMIT was sent"


@dataclass
class Attempt:
    """An act in a thread; reached: what is to happen may happen now."""

    host: SqlHost
    when: When
    reached: threading.Event = field(default_factory=threading.Event)
    error: PbxSyncError | None = None

    def link(self, login):
        attempt = self

        class Telling(Link):
            def run(self, sql, values=()):
                if (sql.startswith(b"UPDATE")) if attempt.when is When.WRITING else sql == b"COMMIT":
                    attempt.reached.set()
                    if attempt.when is When.UNHEARD:
                        deafen(self)
                return super().run(sql, values)

        return Telling(login)

    def act(self, step):
        try:
            self.host.again(self.link).act(step)
        except (DatabaseSilent, TargetChanged) as error:
            self.error = error
        finally:
            self.reached.set()


def deafen(link: Link) -> None:
    """Let nothing more arrive through a connection: what is sent is sent, its answer is lost."""
    link._connection._socket.sock.shutdown(socket.SHUT_RD)  # type: ignore[union-attr]  # no pool


def one_try(hosts, server, run, when, chance):
    """Let something happen while a step is acted; look that the outcome is whole and known; return what it was."""
    target = hosts[1]
    (step,) = prepare(hosts, WHAT, run)
    attempt = Attempt(target, when)
    thread = threading.Thread(target=attempt.act, args=[step])
    thread.start()
    attempt.reached.wait()
    if when is not When.UNHEARD:
        threading.Event().wait(chance.uniform(0, 0.2 if when is When.WRITING else chance.choice([0, 0.004])))
        server.kill()
        server.start()
    thread.join()
    now = state(target)
    assert now in (OLD, NEW), now
    if attempt.error is None:
        assert now == NEW
    undone = target.again().undo(step)
    assert undone is (Undone.RESTORED if now == NEW else Undone.NOT_DONE)
    assert state(target) == OLD
    target.data.discard(run)
    return now


def many_tries(hosts, server, tries, tell):
    """Try all three in turn; return how many ended old or new, by what happened."""
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    found: Counter[tuple[When, str]] = Counter()
    for number, when in zip(range(tries), cycle(When), strict=False):
        found[when, one_try(hosts, server, f"run{number}", when, chance)] += 1
    for when in When:
        tell(
            f"{when}: {found[when, OLD]} times wholly old, {found[when, NEW]} times wholly new, 0 unknown (seed {seed})"
        )
    return found


def test_a_killed_server_leaves_all_or_nothing(hosts, mortal, tell):
    assert many_tries(hosts, mortal, 6, tell).total() == 6


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_server_killed_very_often_leaves_all_or_nothing(hosts, mortal, kills, tell):
    found = many_tries(hosts, mortal, kills, tell)
    assert found.total() == kills
    # What was sent whole has happened; and both outcomes were met, else the kills came at the wrong time.
    assert found[When.UNHEARD, NEW] == kills // 3
    assert kills < 30 or (found[When.WRITING, OLD] and found[When.COMMITTING, NEW])


class Deaf(Link):
    """Sends COMMIT and never hears the answer."""

    def run(self, sql, values=()):
        result = super().run(sql, values)
        if sql == b"COMMIT":
            self.close()
            raise DatabaseSilent(name="x", reason="the connection broke")
        return result


class Cut(Link):
    """Loses its connection just before COMMIT reaches the server."""

    def run(self, sql, values=()):
        if sql == b"COMMIT":
            self.close()
            raise DatabaseSilent(name="x", reason="the connection broke")
        return super().run(sql, values)


def test_a_commit_whose_answer_was_lost_has_happened(hosts):
    (step,) = prepare(hosts, WHAT)
    hosts[1].again(Deaf).act(step)
    assert state(hosts[1]) == NEW


def test_a_commit_that_was_never_sent_has_not_happened(hosts):
    (step,) = prepare(hosts, WHAT)
    with pytest.raises(TargetChanged):
        hosts[1].again(Cut).act(step)
    assert state(hosts[1]) == OLD
    assert hosts[1].data.undo(step) is Undone.NOT_DONE


def test_an_undo_whose_answer_was_lost_has_happened(hosts):
    (step,) = prepare(hosts, WHAT)
    hosts[1].data.act(step)
    assert hosts[1].again(Deaf).undo(step) is Undone.RESTORED
    assert state(hosts[1]) == OLD


def test_an_undo_that_was_never_committed_is_done_again(hosts):
    (step,) = prepare(hosts, WHAT)
    hosts[1].data.act(step)
    cuts = iter([Cut, Link, Link, Link, Link])

    def connect(login):
        # The first connection asks for the marker, the second one is cut at its commit.
        return next(kinds)(login)

    kinds = iter([Link, Cut, *cuts])
    assert hosts[1].again(connect).undo(step) is Undone.RESTORED
    assert state(hosts[1]) == OLD


def test_a_server_that_stays_away_is_told_so_and_nothing_is_guessed(hosts, mortal):
    (step,) = prepare(hosts, WHAT)
    mortal.stop()
    with pytest.raises(DatabaseSilent):
        hosts[1].data.act(step)
    mortal.start()
    assert hosts[1].data.undo(step) is Undone.NOT_DONE
