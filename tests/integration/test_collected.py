"""Call records between hosts: everything arrives once, from whoever wrote it, whatever happens in between."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.errors import PeerLied, SourceChanged, Unsupported
from pbxsync_worker.datasets.collected import CollectedData
from scripts.lab.mariadb import MariaDb, NoMariaDb
from tests.integration.collected_hosts import (
    CALLS,
    CDR,
    CDR_COLUMNS,
    CDR_TABLE,
    CEL,
    CEL_TABLE,
    RecordsHost,
    opened,
    plan,
    prepare,
    sync,
)
from tests.integration.mysql_hosts import DictContents

pytestmark = pytest.mark.integration

EVENTS = Dataset("events", "Events", tables=(CEL,))
DAY = 86_400


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = MariaDb(tmp_path_factory.mktemp("mariadb"))
    try:
        server.start()
    except NoMariaDb as error:
        pytest.skip(str(error))
    yield server
    server.close()


@pytest.fixture
def make(server, tmp_path):
    """Give a function that makes a host."""
    made: list[RecordsHost] = []

    def host(name: str, tables: str = CDR_TABLE) -> RecordsHost:
        made.append(RecordsHost(server, tmp_path, name, tables))
        return made[-1]

    yield host
    for one in made:
        one.close()


@pytest.fixture
def hosts(make):
    return make("a"), make("b")


def event(host: RecordsHost, uniqueid: str, at: str = "2026-11-22 11:30:00") -> None:
    host.sql(f"INSERT INTO cel (eventtype, eventtime, uniqueid, linkedid) VALUES ('HANGUP', '{at}', '{uniqueid}', '')")


def test_the_same_run_twice_adds_nothing(hosts):
    hosts[0].call("1")
    sync(hosts)
    assert plan(hosts) == ()
    assert hosts[1].calls() == ["1"]


def test_equal_unique_ids_of_two_hosts_are_both_kept(hosts):
    hosts[0].call("1700000000.1", src="100")
    hosts[1].call("1700000000.1", src="200")
    sync(hosts)
    sync(hosts[::-1])
    assert [host.calls() for host in hosts] == [["1700000000.1"] * 2] * 2


def test_equal_records_of_one_host_are_all_kept(hosts):
    hosts[0].call("1")
    hosts[0].call("1")
    sync(hosts)
    hosts[0].call("1")
    sync(hosts, run="r2")
    assert hosts[1].calls() == ["1", "1", "1"]


def test_what_was_collected_is_not_offered_on(hosts):
    hosts[0].call("1")
    hosts[1].call("2")
    sync(hosts)
    (item,) = hosts[1].data.offered(CALLS).items.values()
    assert b"b" * 64 in item.name
    assert plan(hosts[::-1])[0].after == item
    sync(hosts[::-1])
    assert hosts[0].calls() == ["1", "2"]


def test_three_hosts_collect_from_one_another_and_nothing_is_doubled(make):
    hosts = [make(name) for name in "abc"]
    for host in hosts:
        host.call(host.id[0])
    for number in range(2):
        for source in hosts:
            for target in hosts:
                if source is not target:
                    sync((source, target), f"r{number}")
    assert [host.calls() for host in hosts] == [["a", "b", "c"]] * 3


def test_a_clone_gets_nothing_twice(hosts):
    for host in hosts:
        host.call("1", "2026-10-01 10:00:00")
        host.call("2")
    sync(hosts)
    sync(hosts[::-1])
    assert [host.calls() for host in hosts] == [["1", "2"]] * 2


def test_a_host_that_lost_its_ledger_gets_nothing_twice(hosts):
    hosts[0].call("1")
    hosts[1].call("2")
    sync(hosts)
    (hosts[1].home / "collected.sqlite").unlink()
    sync(hosts, run="r2")
    sync(hosts[::-1], run="r3")
    assert [host.calls() for host in hosts] == [["1", "2"]] * 2


def test_a_record_that_the_administrator_removed_does_not_come_again(hosts):
    hosts[0].call("1")
    hosts[0].call("2")
    sync(hosts)
    hosts[1].sql("DELETE FROM cdr WHERE uniqueid='1'")
    hosts[0].call("3")
    sync(hosts, run="r2")
    assert hosts[1].calls() == ["2", "3"]


def test_a_record_that_was_changed_at_its_origin_does_not_come_as_a_second_one(hosts):
    hosts[0].call("1")
    sync(hosts)
    hosts[0].sql("UPDATE cdr SET userfield='billed'")
    assert len(plan(hosts)) == 1
    sync(hosts, run="r2")
    assert hosts[1].calls() == ["1"]
    assert plan(hosts) == ()


def test_a_record_that_was_removed_at_its_origin_stays(hosts):
    hosts[0].call("1")
    hosts[0].call("2")
    sync(hosts)
    hosts[0].sql("DELETE FROM cdr WHERE uniqueid='1'")
    sync(hosts, run="r2")
    assert hosts[1].calls() == ["1", "2"]
    assert plan(hosts) == ()


def test_a_record_written_late_into_the_window_comes(hosts):
    hosts[0].call("2")
    sync(hosts)
    hosts[0].call("1", "2026-11-20 09:00:00")
    sync(hosts, run="r2")
    assert hosts[1].calls() == ["1", "2"]


def test_a_record_written_into_a_closed_day_comes_within_a_day(hosts):
    hosts[0].call("1", "2026-10-01 10:00:00")
    sync(hosts)
    hosts[0].call("2", "2026-10-01 11:00:00")
    assert plan(hosts) == ()
    hosts[0].clock.move(DAY)
    sync(hosts, run="r2")
    assert hosts[1].calls() == ["1", "2"]


def test_a_day_that_closes_does_not_travel_again(hosts):
    for minute in (10, 20, 50):
        hosts[0].call(str(minute), f"2026-11-22 11:{minute}:00")
    sync(hosts)
    for _ in range(5):
        for host in hosts:
            host.clock.move(DAY)
        assert plan(hosts) == ()
    assert [one.rpartition(b"/")[2] for one in hosts[0].data.offered(CALLS).items] == [b"2026-11-22"]


def test_a_day_that_closed_between_two_runs_with_new_records_comes(hosts):
    hosts[0].call("1")
    sync(hosts)
    hosts[0].call("2", "2026-11-22 20:00:00")
    for host in hosts:
        host.clock.move(9 * DAY)
    sync(hosts, run="r2")
    assert hosts[1].calls() == ["1", "2"]
    assert plan(hosts) == ()


def test_old_slots_become_a_block_and_nothing_travels_again(hosts):
    hosts[0].call("1")
    sync(hosts)
    for host in hosts:
        host.clock.move(9 * DAY)
    hosts[0].call("2", "2026-12-01 10:00:00")
    sync(hosts, run="r2")
    assert plan(hosts) == ()
    listed = [one.rpartition(b"/")[2] for one in hosts[1].data.inventory(CALLS).items]
    assert listed == [b"2026-11-22", b"2026-12-01T100"]


def test_calls_that_come_between_the_plan_and_the_fetch_do_not_stop_it(hosts):
    hosts[0].call("1")
    changes = plan(hosts)
    hosts[0].call("2")
    hosts[0].data.offered(CALLS)
    steps = hosts[1].data.prepare("r", changes, lambda change: opened(hosts[0], change))
    hosts[1].data.act(steps[0])
    assert hosts[1].calls() == ["1"]
    hosts[1].data.settle("r", steps, DictContents())
    sync(hosts, run="r2")
    assert hosts[1].calls() == ["1", "2"]


def test_a_record_that_goes_between_the_plan_and_the_fetch_is_noticed(hosts):
    hosts[0].call("1")
    changes = plan(hosts)
    hosts[0].sql("DELETE FROM cdr")
    with pytest.raises(SourceChanged):
        hosts[1].data.prepare("r", changes, lambda change: opened(hosts[0], change))


def test_a_chunk_is_opened_by_one_question(hosts):
    hosts[0].call("1")
    (item,) = hosts[0].data.offered(CALLS).items.values()
    before = hosts[0].counted.statements
    assert len(b"".join(hosts[0].data.open(item))) == item.size
    assert hosts[0].counted.statements == before + 1


def test_a_column_that_goes_between_the_plan_and_the_fetch_is_noticed(hosts):
    hosts[0].call("1", did="555")
    (item,) = hosts[0].data.offered(CALLS).items.values()
    hosts[0].sql("ALTER TABLE cdr DROP did")
    with pytest.raises((SourceChanged, Unsupported)):
        b"".join(hosts[0].data.open(item))


def test_calls_of_the_target_during_the_run_stay(hosts):
    hosts[0].call("1")
    (step,) = prepare(hosts)
    hosts[1].call("8")
    hosts[1].data.act(step)
    hosts[1].call("9")
    hosts[1].data.undo(step)
    assert hosts[1].calls() == ["8", "9"]


def test_the_columns_that_both_hosts_have_travel(make):
    old = CDR_COLUMNS.replace("did VARCHAR(50) NOT NULL DEFAULT '',", "cnam VARCHAR(80) NOT NULL DEFAULT 'none',")
    hosts = make("a"), make("b", f"CREATE TABLE cdr ({old}, KEY calldate (calldate))")
    hosts[0].call("1", did="555", src="100")
    sync(hosts)
    assert hosts[1].sql("SELECT uniqueid, src, cnam FROM cdr") == "1\t100\tnone\n"
    assert not hosts[1].data.offered(CALLS).items
    assert plan(hosts) == ()


def test_a_column_that_is_added_later_makes_nothing_travel_twice(hosts):
    hosts[0].call("1")
    hosts[0].call("2", "2026-10-01 10:00:00")
    sync(hosts)
    for host in hosts:
        host.sql("ALTER TABLE cdr ADD cnum VARCHAR(40) NOT NULL DEFAULT ''")
    sync(hosts, run="r2")
    hosts[0].call("3", cnum="7")
    sync(hosts, run="r3")
    assert hosts[1].calls() == ["1", "2", "3"]
    assert not hosts[1].data.offered(CALLS).items


def test_a_trigger_that_keeps_a_copy_does_not_disturb(hosts):
    hosts[1].sql("CREATE TABLE transient_cdr LIKE cdr")
    hosts[1].sql(
        "CREATE TRIGGER t AFTER INSERT ON cdr FOR EACH ROW INSERT INTO transient_cdr (uniqueid) VALUES (NEW.uniqueid)"
    )
    hosts[0].call("1")
    sync(hosts)
    assert hosts[1].sql("SELECT uniqueid FROM transient_cdr") == "1\n"


def test_a_trigger_that_changes_the_record_is_refused_and_nothing_stays(hosts):
    hosts[1].sql("CREATE TRIGGER t BEFORE INSERT ON cdr FOR EACH ROW SET NEW.userfield = 'x'")
    hosts[0].call("1")
    (step,) = prepare(hosts)
    with pytest.raises(Unsupported):
        hosts[1].data.act(step)
    assert not hosts[1].data.inventory(CALLS).items


def test_a_record_outside_its_chunk_is_refused(hosts):
    hosts[0].call("1")
    hosts[0].call("2", "2026-10-01 10:00:00")
    one, other = plan(hosts)
    assert one.after is not None
    assert other.after is not None
    forged = replace(one, after=replace(other.after, name=one.after.name))
    with pytest.raises(PeerLied):
        hosts[1].data.prepare("r", [forged], lambda _: hosts[0].data.open(other.after))


def test_zero_dates_and_records_of_the_future_come(hosts):
    hosts[0].call("1", "0000-00-00 00:00:00")
    hosts[0].call("2", "2037-01-01 00:00:00")
    sync(hosts)
    assert hosts[1].calls() == ["1", "2"]


def test_events_are_known_by_the_number_that_their_host_gave_them(make):
    hosts = make("a", CEL_TABLE), make("b", CEL_TABLE)
    for uniqueid in ("1", "1", "2"):
        event(hosts[0], uniqueid)
    event(hosts[1], "9")
    sync(hosts, what=EVENTS)
    event(hosts[0], "1")
    sync(hosts, run="r2", what=EVENTS)
    assert hosts[1].sql("SELECT uniqueid FROM cel ORDER BY id").split() == ["9", "1", "1", "2", "1"]
    assert plan(hosts, EVENTS) == ()
    assert len(hosts[1].data.offered(EVENTS).items) == 1


def test_blocks_of_events_close_and_do_not_travel_again(make):
    hosts = make("a", CEL_TABLE), make("b", CEL_TABLE)
    fill = "INSERT INTO cel (eventtype, eventtime, uniqueid, linkedid) SELECT 'X', '2026-11-22', seq, '' FROM seq_1_to_"
    for number in range(4):
        hosts[0].sql(fill + "3500")
        sync(hosts, run=f"r{number}", what=EVENTS)
        assert plan(hosts, EVENTS) == ()
    assert hosts[1].sql("SELECT COUNT(*), COUNT(DISTINCT id) FROM cel") == "14000\t14000\n"
    assert hosts[1].data.inventory(EVENTS).items.keys() >= hosts[0].data.offered(EVENTS).items.keys()


def test_a_missing_table_is_refused_and_an_optional_one_is_not(make):
    hosts = make("a"), make("b", "")
    with pytest.raises(Unsupported, match="none of this name"):
        hosts[1].data.inventory(CALLS)
    optional = Dataset("calls", "Calls", tables=(replace(CDR, optional=True),))
    assert not hosts[1].data.inventory(optional).items
    hosts[0].call("1")
    assert plan(hosts, optional) == ()


def test_a_table_without_a_usable_column_to_cut_it_is_refused(hosts):
    what = Dataset("calls", "Calls", tables=(replace(CDR, by="duration"),))
    with pytest.raises(Unsupported, match="neither a time nor a number"):
        hosts[0].data.offered(what)


def test_an_unknown_database_is_refused(hosts):
    nothing = CollectedData({}, str, hosts[0].home, Disk(), hosts[0].clock)
    with pytest.raises(Unsupported, match="no login"):
        nothing.inventory(CALLS)
