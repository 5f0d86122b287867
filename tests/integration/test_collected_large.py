"""What a run over a large history costs: what is new, not what is there. Times are printed, never judged."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.ports import Content
from scripts.lab.mariadb import MariaDb, NoMariaDb
from tests.integration.collected_hosts import CDR_TABLE, Hosts, RecordsHost, opened, plan, sync
from tests.integration.mysql_hosts import DictContents

pytestmark = pytest.mark.integration

FILL = """INSERT INTO cdr (calldate, clid, src, dst, dcontext, channel, dstchannel, lastapp, lastdata, duration,
 billsec, disposition, amaflags, uniqueid, linkedid, sequence)
 SELECT '{last}' - INTERVAL ({count} - seq) * {step} SECOND,
 CONCAT('"User ', seq % 300, '" <', 2000 + seq % 300, '>'), 2000 + seq % 300, 2000 + seq * 7 % 300, 'internal',
 CONCAT('PJSIP/', 2000 + seq % 300, '-', HEX(seq)), CONCAT('PJSIP/', 2000 + seq * 7 % 300, '-', HEX(seq + 1)),
 'Dial', 'PJSIP/2001,,HhTtr', seq % 600, seq % 500, 'ANSWERED', 3, CONCAT(17 + {count}, '.', seq),
 CONCAT(17 + {count}, '.', seq), seq FROM seq_1_to_{count}"""
NEW = 500


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    server = MariaDb(tmp_path / "db")
    try:
        server.start()
    except NoMariaDb as error:
        pytest.skip(str(error))
    table = f"{CDR_TABLE} ENGINE=MyISAM"
    both = RecordsHost(server, tmp_path, "a", table), RecordsHost(server, tmp_path, "b", table)
    yield both
    for host in both:
        host.close()
    server.close()


def timed(label: str, act: Callable[[], object]) -> None:
    start = time.monotonic()
    act()
    print(f"{label}: {time.monotonic() - start:.1f} s", end="; ")


def a_run_costs_what_is_new(hosts: Hosts, count: int) -> None:
    source, target = hosts
    source.sql(FILL.format(last="2026-11-22 10:00:00", count=count, step=60))
    timed(f"first run of {count:,} records", lambda: sync(hosts))
    assert target.sql("SELECT COUNT(*) FROM cdr") == f"{count}\n"
    for host in hosts:
        host.counted.rows = 0
    timed("a run with nothing new", lambda: sync(hosts, "idle"))
    assert target.counted.rows < 100
    idle = source.counted.rows
    source.sql(FILL.format(last="2026-11-22 11:50:00", count=NEW, step=1))
    for host in hosts:
        host.counted.rows = 0
    sent: list[bytes] = []

    def kept(change: Change) -> Content:
        sent.append(b"".join(opened(source, change)))
        return [sent[-1]]

    def run() -> None:
        (step,) = target.data.prepare("new", plan(hosts), kept)
        target.data.act(step)
        target.data.settle("new", [step], DictContents())

    timed(f"a run with {NEW} new ones", run)
    packed = sum(len(zstandard.compress(one)) for one in sent)
    print(f"rows read {source.counted.rows} + {target.counted.rows}, sent {packed:,} of {sum(map(len, sent)):,} bytes")
    assert target.sql("SELECT COUNT(*) FROM cdr") == f"{count + NEW}\n"
    # Evidence for each slot of the open days, and the new records: once to compare, once to send, once to look for
    # them here. None of it grows with the table.
    assert idle < 700
    assert source.counted.rows < 700 + 3 * NEW
    assert target.counted.rows < 100 + 3 * NEW
    assert packed < 100 * NEW


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_run_over_100_000_records_costs_what_is_new(hosts: Hosts):
    a_run_costs_what_is_new(hosts, 100_000)


@pytest.mark.skipif(not os.environ.get("PBXSYNC_LONG"), reason="PBXSYNC_LONG=1: the first run alone takes minutes")
@pytest.mark.timeout(7200)
def test_a_run_over_2_000_000_records_costs_what_is_new(hosts: Hosts):
    a_run_costs_what_is_new(hosts, 2_000_000)
