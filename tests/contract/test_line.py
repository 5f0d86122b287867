"""What every way to another host promises, kept by the fake and by the real one through real messages."""

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import HostUnreachable, PeerRefused, WrongVersion
from pbxsync_worker.core.model.host import Host, PeerState
from pbxsync_worker.core.model.report import Told
from pbxsync_worker.core.store import open_store
from pbxsync_worker.peer.exchange import Exchange
from pbxsync_worker.peer.identity import own_identity
from pbxsync_worker.peer.reporter import PeerReports
from pbxsync_worker.peer.wire import VERSION
from pbxsync_worker.wiring.remote import KeptLine
from pbxsync_worker.wiring.reports import HostReports
from tests.fakes.clock import HandClock
from tests.fakes.far_host import FarHost
from tests.fakes.inventories import InventoryMemory
from tests.fakes.link import STREAMS, MemoryData, WsgiTransport, app_for, peer_of


class LineContract:
    """`far` has a line, and can be made to go away, to refuse and to speak another version."""

    def test_it_brings_what_the_other_host_tells_of_itself(self, far):
        got = far.line.exchange(measure=False)
        assert [(one.name, one.value) for one in got.report.facts] == [("asterisk.calls", 3)]
        assert got.bytes_per_s is None
        assert got.rtt_s >= 0

    def test_it_measures_the_throughput_where_that_is_wanted(self, far):
        measured = far.line.exchange(measure=True).bytes_per_s
        assert measured is not None
        assert measured > 0

    def test_a_host_that_is_away_is_unreachable(self, far):
        far.go_away()
        with pytest.raises(HostUnreachable):
            far.line.exchange(measure=False)

    def test_a_host_that_does_not_know_us_refuses(self, far):
        far.refuse()
        with pytest.raises(PeerRefused):
            far.line.exchange(measure=False)

    def test_another_version_is_told_from_a_refusal(self, far):
        far.speak_otherwise()
        with pytest.raises(WrongVersion):
            far.line.exchange(measure=False)


class TestFake(LineContract):
    @pytest.fixture
    def far(self):
        host = FarHost(HandClock())
        host.line = host  # type: ignore[attr-defined]  # it is its own line
        return host


class Pair:
    """`me` calls, `far` answers: both with stores of their own, the network left out."""

    def __init__(self, root):
        self.clock = HandClock()
        self.me, self.far = (own_identity(root / name, Disk()) for name in ("me", "far"))
        self.stores = [open_store(f"sqlite:///{root / name / 'store.sqlite'}", self.clock) for name in ("me", "far")]
        for store, own, other, name in zip(
            self.stores, (self.me, self.far), (self.far, self.me), ("me", "far"), strict=True
        ):
            store.hosts.set_me(Host(own.id, name, ""))
            store.hosts.save(peer_of(other, "other"))
        self.stores[1].facts.record(self.far.id, [Told("asterisk.calls", 3, 0, "ami")])
        self.reports = [HostReports(store, self.clock) for store in self.stores]
        self.call()

    def call(self, *, reporting=True, breaks=()):
        app = app_for(
            self.far, self.stores[1], MemoryData(), InventoryMemory(), asks=lambda: self.me.certificate,
            clock=self.clock, reporting=self.reports[1] if reporting else None,
        )  # fmt: skip
        exchange = Exchange("far", WsgiTransport(app, breaks=breaks), STREAMS)
        self.line = KeptLine(PeerReports(exchange, self.clock), self.reports[0], self.far.id)

    def go_away(self):
        self.call(breaks=(10, 10))

    def refuse(self):
        self.stores[1].hosts.set_state(self.me.id, PeerState.REVOKED)

    def speak_otherwise(self):
        self.call(reporting=False)

    def close(self):
        for store in self.stores:
            store.database.close()


@pytest.fixture
def pair(tmp_path):
    made = Pair(tmp_path)
    yield made
    made.close()


class TestReal(LineContract):
    @pytest.fixture
    def far(self, pair):
        return pair


def test_both_know_each_other_after_one_exchange(pair):
    pair.stores[0].facts.record(pair.me.id, [Told("asterisk.calls", 9, 0, "ami")])
    pair.line.exchange(measure=False)
    assert pair.stores[1].facts.known(pair.me.id)["asterisk.calls"].value == 9
    assert pair.stores[1].lines.of(pair.me.id).state == "reachable"


def test_a_stream_of_another_version_is_told_from_a_lie(pair):
    class Newer:
        requests = moved = 0

        def request(self, path, body):
            yield b"PBXS" + bytes((VERSION + 1, 0))

        def close(self):
            pass

    line = KeptLine(PeerReports(Exchange("far", Newer(), STREAMS), pair.clock), pair.reports[0], pair.far.id)
    with pytest.raises(WrongVersion, match="version"):
        line.exchange(measure=False)
