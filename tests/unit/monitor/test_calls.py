"""Many hosts called by a few threads, on a clock moved by hand: none delays another, none is called without need."""

from dataclasses import dataclass, field
from threading import Event

import pytest

from pbxsync_worker.core.model.report import LineState
from pbxsync_worker.monitor.calls import STEADY, Caller
from tests.fakes.clock import HandClock
from tests.fakes.far_host import FarHost


@dataclass(frozen=True)
class Way:
    id: str
    address: str = "there:8443"

    @property
    def reachable(self) -> bool:
        return bool(self.address)


@dataclass
class Book:
    """Keeps the states of hosts in memory."""

    lines: dict[str, LineState] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)

    def state(self, host):
        return self.lines.get(host, LineState())

    def keep(self, host, line, got):
        self.lines[host] = line
        self.told[host] = self.told.get(host, 0) + (got is not None)


class Fleet:
    """A caller and the hosts it calls; `after` lets seconds pass and waits until the calls that were due are over."""

    def __init__(self, me: str = "0") -> None:
        self.clock, self.book = HandClock(), Book()
        self.hosts: dict[str, FarHost] = {}
        self.caller = Caller(me, self.book, lambda way: self.hosts[way.id], self.clock, lambda: 0.5)

    def want(self, *ways: Way) -> None:
        for way in ways:
            self.hosts.setdefault(way.id, FarHost(self.clock))
        self.caller.want(ways)

    def after(self, seconds: float, step: float = 1.0) -> None:
        for _ in range(int(seconds / step)):
            self.clock.move(step)
            self.caller.step()
            self.rest()

    def rest(self) -> None:
        while any(one.busy for one in self.caller._hosts.values()):
            Event().wait(0.001)


@pytest.fixture
def fleet():
    made = Fleet()
    yield made
    made.caller.close()


def test_a_new_host_is_called_within_seconds_and_then_every_fifteen(fleet):
    fleet.want(Way("a"))
    fleet.after(63)
    assert 4 <= len(fleet.hosts["a"].exchanges) <= 6
    assert fleet.book.state("a").state == "reachable"
    assert fleet.book.told["a"] == len(fleet.hosts["a"].exchanges)


def test_throughput_is_measured_once_an_hour(fleet):
    fleet.want(Way("a"))
    fleet.after(3500, 5.0)
    assert fleet.hosts["a"].measured == 1
    fleet.after(300, 5.0)
    assert fleet.hosts["a"].measured == 2


def test_a_host_that_calls_us_is_not_called(fleet):
    fleet.caller._me = "f"
    fleet.want(Way("a"))
    fleet.after(5)
    for _ in range(20):
        fleet.book.lines["a"] = LineState(
            "reachable", heard_at=fleet.clock.now(), dialled_at=fleet.book.state("a").dialled_at, dials=True
        )
        fleet.after(10)
    assert len(fleet.hosts["a"].exchanges) == 1
    assert fleet.hosts["a"].closed == 1  # one connection for the two of us


def test_a_host_that_went_away_is_tried_less_and_less_and_found_when_it_returns(fleet):
    fleet.want(Way("a"))
    fleet.after(10)
    fleet.hosts["a"].go_away()
    fleet.after(1800, 5.0)
    tries = len(fleet.hosts["a"].exchanges)
    assert tries < 15
    assert fleet.book.state("a").state == "unreachable"
    fleet.hosts["a"].trouble = None
    fleet.after(305, 5.0)
    assert fleet.book.state("a").state == "reachable"


def test_each_failure_closes_the_connection(fleet):
    fleet.want(Way("a"))
    fleet.hosts["a"].refuse()
    fleet.after(10)
    assert fleet.hosts["a"].closed == 1
    assert fleet.book.state("a").state == "refused"


def test_hosts_that_hang_do_not_keep_the_others_waiting(fleet):
    held = Event()
    for number in range(STEADY):
        name = f"b{number}"
        fleet.book.lines[name] = LineState("unreachable", failures=3, dialled_at=fleet.clock.now())
        fleet.hosts[name] = Hanging(fleet.clock, held)
    fleet.want(*(Way(f"b{number}") for number in range(STEADY)), Way("a"))
    for _ in range(30):
        fleet.clock.move(1.0)
        fleet.caller.step()
    reached = Event()
    for _ in range(2000):
        if fleet.hosts["a"].exchanges:
            reached.set()
            break
        reached.wait(0.005)
    held.set()
    assert reached.is_set()


class Hanging(FarHost):
    """A host whose answer never comes until the test is over."""

    def __init__(self, clock, held):
        super().__init__(clock)
        self._held = held

    def exchange(self, *, measure):
        self._held.wait(20)
        return super().exchange(measure=measure)


def test_a_host_without_an_address_is_never_called_and_lost_when_it_calls_no_more(fleet):
    fleet.book.lines["a"] = LineState("reachable", heard_at=fleet.clock.now())
    fleet.want(Way("a", ""))
    fleet.after(120)
    assert fleet.hosts["a"].exchanges == []
    assert fleet.book.state("a").state == "unreachable"


def test_a_host_that_is_not_wanted_any_more_is_called_no_more_and_its_connection_closed(fleet):
    fleet.want(Way("a"))
    fleet.after(10)
    fleet.want()
    known = len(fleet.hosts["a"].exchanges)
    fleet.after(60)
    assert len(fleet.hosts["a"].exchanges) == known
    assert fleet.hosts["a"].closed == 1


def test_a_new_address_is_tried_at_once(fleet):
    fleet.want(Way("a"))
    fleet.after(10)
    known = len(fleet.hosts["a"].exchanges)
    fleet.want(Way("a", "elsewhere:8443"))
    fleet.after(4)
    assert len(fleet.hosts["a"].exchanges) == known + 1


def test_a_bug_in_one_call_is_logged_and_does_not_end_the_calls(fleet, caplog):
    fleet.want(Way("a"))
    fleet.hosts["a"].trouble = ZeroDivisionError()  # what no host raises
    fleet.after(10)
    assert "a host could not be called" in caplog.text
    fleet.hosts["a"].trouble = None
    fleet.after(60)
    assert fleet.book.state("a").state == "reachable"
