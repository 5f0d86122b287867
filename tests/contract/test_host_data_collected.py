"""What the HostData of collected records promises, shown on a real MariaDB with every storage engine of FreePBX."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import NotAllowed, PeerLied, SourceChanged, TargetChanged
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.datasets.collected.records import item_of
from scripts.lab.mariadb import MariaDb, NoMariaDb
from tests.integration.collected_hosts import CALLS, CDR_TABLE, Hosts, RecordsHost, opened, plan, prepare, sync
from tests.integration.mysql_hosts import DictContents

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDb]:
    server = MariaDb(tmp_path_factory.mktemp("mariadb"))
    try:
        server.start()
    except NoMariaDb as error:
        pytest.skip(str(error))
    yield server
    server.close()


@pytest.fixture(params=["InnoDB", "MyISAM", "Aria"])
def hosts(server: MariaDb, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Hosts]:
    """Give source and target; the source has two calls, of today and of long ago, the target has one of its own."""
    table = f"{CDR_TABLE} ENGINE={request.param}"
    both = RecordsHost(server, tmp_path, "a", table), RecordsHost(server, tmp_path, "b", table)
    both[0].call("1", src="100")
    both[0].call("2", "2026-10-01 10:00:00", src="200")
    both[1].call("9", src="900")
    yield both
    for host in both:
        host.close()


def act(hosts: Hosts, run: str = "r") -> Step:
    (step,) = prepare(hosts, run)
    hosts[1].data.act(step)
    return step


def test_an_offer_has_name_size_and_digest(hosts: Hosts):
    items = hosts[0].data.offered(CALLS).items.values()
    assert [one.name.rpartition(b"/")[2] for one in items] == [b"2026-10-01", b"2026-11-22T113"]
    assert all(len(b"".join(hosts[0].data.open(one))) == one.size for one in items)


def test_an_inventory_is_what_was_taken(hosts: Hosts):
    assert not hosts[1].data.inventory(CALLS).items
    sync(hosts)
    assert hosts[1].data.inventory(CALLS).items == hosts[0].data.offered(CALLS).items


def test_open_refuses_another_version(hosts: Hosts):
    item = next(iter(hosts[0].data.offered(CALLS).items.values()))
    with pytest.raises(SourceChanged):
        b"".join(hosts[0].data.open(item_of(item.name, 7, b"7" * 32, b"7" * 40)))


def test_prepare_changes_nothing_live(hosts: Hosts):
    prepare(hosts)
    assert hosts[1].calls() == ["9"]
    assert not hosts[1].data.inventory(CALLS).items


def test_all_records_of_a_table_are_one_step(hosts: Hosts):
    (step,) = prepare(hosts)
    assert step.change.name == b"COLLECT/asteriskcdrdb/cdr"


def test_prepare_refuses_a_content_that_was_not_announced(hosts: Hosts):
    with pytest.raises(PeerLied):
        hosts[1].data.prepare("r", plan(hosts), lambda change: [b"".join(opened(hosts[0], change))[:-1] + b"x"])
    assert not list((hosts[1].home / "staging").iterdir())


def test_prepare_refuses_a_removal(hosts: Hosts):
    sync(hosts)
    with pytest.raises(NotAllowed):
        hosts[1].data.prepare(
            "r2", [Change(one, None) for one in hosts[1].data.inventory(CALLS).items.values()], lambda _: []
        )


def test_prepare_can_be_repeated(hosts: Hosts):
    prepare(hosts)
    act(hosts)
    assert hosts[1].calls() == ["1", "2", "9"]


def test_act_adds_and_undo_takes_back(hosts: Hosts):
    step = act(hosts)
    assert hosts[1].calls() == ["1", "2", "9"]
    assert hosts[1].data.undo(step) is Undone.RESTORED
    assert hosts[1].calls() == ["9"]
    assert not hosts[1].data.inventory(CALLS).items


def test_act_can_be_repeated(hosts: Hosts):
    hosts[1].data.act(act(hosts))
    assert hosts[1].calls() == ["1", "2", "9"]


def test_undo_of_what_never_happened_says_so(hosts: Hosts):
    (step,) = prepare(hosts)
    assert hosts[1].data.undo(step) is Undone.NOT_DONE
    assert hosts[1].calls() == ["9"]


def test_undo_can_be_repeated(hosts: Hosts):
    step = act(hosts)
    hosts[1].data.undo(step)
    assert hosts[1].data.undo(step) is Undone.NOT_DONE
    assert hosts[1].calls() == ["9"]


def test_act_refuses_a_chunk_that_was_taken_since(hosts: Hosts):
    (step,) = prepare(hosts)
    sync(hosts, run="other")
    with pytest.raises(TargetChanged):
        hosts[1].data.act(step)
    assert hosts[1].calls() == ["1", "2", "9"]


def test_undo_keeps_what_somebody_changed_since(hosts: Hosts):
    step = act(hosts)
    hosts[1].sql("UPDATE cdr SET userfield='mine' WHERE uniqueid='1'")
    assert hosts[1].data.undo(step) is Undone.KEPT
    assert hosts[1].data.undo(step) is Undone.KEPT
    assert hosts[1].calls() == ["1", "9"]
    assert "100" in (hosts[1].home / "kept" / "r" / "collect-asteriskcdrdb-cdr.rows").read_text()


def test_undo_never_removes_an_equal_record_that_was_there_before(hosts: Hosts):
    hosts[0].call("1", src="100")
    hosts[1].call("1", src="100")
    step = act(hosts)
    assert hosts[1].calls() == ["1", "1", "2", "9"]
    hosts[1].data.undo(step)
    assert hosts[1].calls() == ["1", "9"]


def test_settle_without_contents_leaves_undo_possible(hosts: Hosts):
    step = act(hosts)
    hosts[1].data.settle("r", [step], None)
    assert hosts[1].data.undo(step) is Undone.RESTORED


def test_settle_can_be_repeated_and_leaves_nothing_staged(hosts: Hosts):
    step = act(hosts)
    for _ in range(2):
        hosts[1].data.settle("r", [step], DictContents())
    assert hosts[1].calls() == ["1", "2", "9"]
    assert not list((hosts[1].home / "staging").iterdir())


def test_discard_can_be_repeated_and_touches_nothing_live(hosts: Hosts):
    prepare(hosts)
    hosts[1].data.discard("r")
    hosts[1].data.discard("r")
    assert hosts[1].calls() == ["9"]
