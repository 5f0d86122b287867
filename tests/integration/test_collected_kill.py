"""The process dies between any two acts, or the server is killed: records are wholly there or not at all, and once."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import DatabaseRefused, DatabaseSilent, PbxSyncError
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.datasets.collected import CollectedData
from pbxsync_worker.datasets.mysql.link import Link
from scripts.lab.mariadb import MariaDb, NoMariaDb
from tests.fakes.disk import BreakingDisk, Cut, PowerCut
from tests.integration.collected_hosts import CALLS, CDR_TABLE, Hosts, RecordsHost, opened, plan, prepare, sync
from tests.integration.mysql_hosts import DictContents

pytestmark = pytest.mark.integration

OWN, NEW = ["8", "9"], ["1", "2", "3", "8", "9"]


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[MariaDb]:
    """Give a server of this test's own, to be killed."""
    server = MariaDb(tmp_path / "db")
    try:
        server.start()
    except NoMariaDb as error:
        pytest.skip(str(error))
    yield server
    server.close()


@pytest.fixture(params=["InnoDB", "MyISAM"])
def hosts(mortal: MariaDb, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Hosts]:
    table = f"{CDR_TABLE} ENGINE={request.param}"
    both = RecordsHost(mortal, tmp_path, "a", table), RecordsHost(mortal, tmp_path, "b", table)
    for uniqueid in ("1", "2"):
        both[0].call(uniqueid)
    both[0].call("3", "2026-10-01 10:00:00")
    for uniqueid in OWN:
        both[1].call(uniqueid)
    yield both
    for host in both:
        host.close()


def again(host: RecordsHost, disk: Disk) -> CollectedData:
    """Return the data of a process whose statements are counted among its durable acts."""

    class Counted(Link):
        def run(self, sql, values=()):
            return disk.effect("sql", lambda: super(Counted, self).run(sql, values))

    return host.again(Counted, disk)


def clear(host: RecordsHost) -> None:
    """Make the target as if no run had ever been."""
    host.sql("DELETE FROM cdr WHERE uniqueid NOT IN ('8', '9')")
    (host.home / "collected.sqlite").unlink(missing_ok=True)


def is_untouched(host: RecordsHost) -> bool:
    return host.calls() == OWN and not host.data.inventory(CALLS).items


def play(hosts: Hosts, disk: BreakingDisk) -> tuple[str, tuple[Step, ...]]:
    """Run until the power goes; return how far it came: staging, acting, committed or the end."""
    stage, steps = "staging", tuple[Step, ...]()
    data = again(hosts[1], disk)
    try:
        data.inventory(CALLS)
        steps = data.prepare("r", plan(hosts), lambda change: opened(hosts[0], change))
        stage = "acting"
        for step in steps:
            data.act(step)
        data.settle("r", steps, None)
        stage = "committed"
        data.settle("r", steps, DictContents())
    except PowerCut:
        return stage, steps
    return "end", steps


def recover(hosts: Hosts, stage: str, steps: tuple[Step, ...], disk: Disk) -> None:
    """Do what sync/recover.py does."""
    data = again(hosts[1], disk)
    if stage == "committed":
        data.settle("r", steps, DictContents())
        return
    for step in steps:
        data.undo(step)
    data.discard("r")


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.HALF, Cut.AFTER])
def test_a_power_cut_at_any_act_leaves_all_or_nothing(hosts: Hosts, cut: Cut):
    stage, points = "", 0
    while stage != "end":
        points += 1
        stage, steps = play(hosts, BreakingDisk(points, cut))
        recover(hosts, stage, steps, Disk())
        assert (hosts[1].calls() == NEW) if stage in ("committed", "end") else is_untouched(hosts[1]), points
        clear(hosts[1])
    print(f"{points - 1} points, 0 torn")
    assert points > 10


def test_a_power_cut_at_any_act_of_an_undo_leaves_nothing(hosts: Hosts):
    points, dead = 0, True
    while dead:
        points += 1
        (step,) = prepare(hosts)
        hosts[1].data.act(step)
        disk = BreakingDisk(points, Cut.AFTER if points % 2 else Cut.BEFORE)
        try:
            recover(hosts, "acting", (step,), disk)
        except PowerCut:
            recover(hosts, "acting", (step,), Disk())
        dead = disk.dead
        assert is_untouched(hosts[1]), points
    assert points > 4


def test_an_act_that_was_cut_off_can_be_finished(hosts: Hosts):
    for point in range(1, 30):
        stage, steps = play(hosts, BreakingDisk(point, Cut.AFTER))
        if stage == "acting":
            for step in steps:
                hosts[1].again().act(step)
                assert hosts[1].calls() == NEW
                assert hosts[1].again().undo(step) is Undone.RESTORED
        recover(hosts, stage, steps, Disk())
        clear(hosts[1])


def one_kill(hosts: Hosts, server: MariaDb, run: str, pause: float) -> bool:
    """Kill the server while records are added; look that everything can be taken back, then brought."""
    (step,) = prepare(hosts, run)
    reached, errors = threading.Event(), list[PbxSyncError]()

    class Telling(Link):
        def run(self, sql, values=()):
            if sql.startswith(b"INSERT"):
                reached.set()
            return super().run(sql, values)

    def act() -> None:
        try:
            hosts[1].again(Telling).act(step)
        except DatabaseSilent as error:
            errors.append(error)
        finally:
            reached.set()

    thread = threading.Thread(target=act)
    thread.start()
    reached.wait()
    threading.Event().wait(pause)
    server.kill()
    server.start()
    thread.join()
    assert undone(hosts[1], step) is Undone.RESTORED
    assert hosts[1].calls() == OWN
    hosts[1].data.discard(run)
    return bool(errors)


def undone(host: RecordsHost, step: Step) -> Undone:
    """Undo; where the server's death tore an index of MyISAM, its administrator repairs the table first."""
    try:
        return host.data.undo(step)
    except DatabaseRefused as error:
        if "try to repair it" not in error.sentence:
            raise
        host.sql("REPAIR TABLE cdr")
        return host.data.undo(step)


def test_a_killed_server_loses_nothing_and_doubles_nothing(hosts: Hosts, mortal: MariaDb):
    hosts[0].sql(
        "INSERT INTO cdr (calldate, uniqueid, linkedid) SELECT '2026-11-22 09:00:00', seq, seq FROM seq_11_to_2010"
    )
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    broken = [one_kill(hosts, mortal, f"r{number}", chance.uniform(0, 0.15)) for number in range(6)]
    print(f"seed {seed}: {len(broken)} kills, {sum(broken)} in the middle, 0 torn")
    sync(hosts, "last")
    assert len(hosts[1].calls()) == len(set(hosts[1].calls())) == 2005
