"""Connections that stay open between runs: lent to one at a time, counted anew, kept alive, and let go."""

from collections.abc import Generator
from dataclasses import dataclass, field

import pytest

from pbxsync_worker.core.model.errors import HostUnreachable
from pbxsync_worker.peer.connection import Address
from pbxsync_worker.peer.lines import FORGET, QUIET, Lines
from tests.fakes.clock import HandClock

WEST = Address("west", "west:8443", "a" * 64, None)


@dataclass
class FakeLine:
    """A transport that only counts."""

    requests: int = 0
    moved: int = 0
    closed: bool = False

    def request(self, path: str, body: bytes) -> Generator[bytes, None, None]:
        self.requests += 1
        self.moved += len(body)
        yield path.encode()

    def close(self) -> None:
        self.closed = True


@dataclass
class Exchange:
    """Makes lines, and answers pings on them."""

    clock: HandClock = field(default_factory=HandClock)
    made: list[FakeLine] = field(default_factory=list)
    pinged: list[FakeLine] = field(default_factory=list)
    silent: bool = False
    wanted: bool = True

    def lines(self) -> Lines:
        return Lines(self._open, self._ping, lambda _: self.wanted, self.clock)

    def _open(self, _: Address) -> FakeLine:
        self.made.append(FakeLine())
        return self.made[-1]

    def _ping(self, to: Address, line) -> None:
        if self.silent:
            raise HostUnreachable(host=to.name, reason="silent")
        self.pinged.append(line)


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


def ask(lines: Lines) -> tuple[int, int]:
    with lines.lend(WEST) as line:
        list(line.request("/v1/ping", b"four"))
        line.close()
        return line.requests, line.moved


def test_the_next_run_takes_the_connection_of_the_one_before(exchange):
    lines = exchange.lines()
    assert (ask(lines), ask(lines)) == ((1, 4), (1, 4))
    assert [(one.requests, one.closed) for one in exchange.made] == [(2, False)]


def test_one_that_is_in_use_is_not_shared(exchange):
    lines = exchange.lines()
    with lines.lend(WEST):
        ask(lines)
    assert [(one.requests, one.closed) for one in exchange.made] == [(0, False), (1, True)]


def test_an_idle_one_is_pinged_and_one_that_was_just_used_is_not(exchange):
    lines = exchange.lines()
    ask(lines)
    lines.tend()
    assert exchange.pinged == []
    exchange.clock.move(QUIET + 1)
    lines.tend()
    lines.tend()
    assert exchange.pinged == exchange.made


def test_one_in_use_is_left_alone(exchange):
    lines = exchange.lines()
    with lines.lend(WEST):
        exchange.clock.move(QUIET + 1)
        lines.tend()
    assert exchange.pinged == []


def test_a_host_that_does_not_answer_costs_nothing_but_the_try(exchange):
    lines = exchange.lines()
    ask(lines)
    exchange.silent = True
    exchange.clock.move(QUIET + 1)
    lines.tend()
    assert ask(lines) == (1, 4)


@pytest.mark.parametrize("why", ["unused", "revoked"])
def test_one_that_nobody_needs_any_more_is_closed(exchange, why):
    lines = exchange.lines()
    ask(lines)
    exchange.wanted = why != "revoked"
    exchange.clock.move(FORGET + 1 if why == "unused" else 1.0)
    lines.tend()
    assert exchange.made[0].closed
    ask(lines)
    assert len(exchange.made) == 2


def test_one_is_opened_before_it_is_needed(exchange):
    lines = exchange.lines()
    lines.open(WEST)
    assert exchange.pinged[0].requests == 0
    ask(lines)
    assert len(exchange.made) == 1


def test_a_host_that_is_away_is_opened_at_its_first_use(exchange):
    lines = exchange.lines()
    exchange.silent = True
    lines.open(WEST)
    assert ask(lines) == (1, 4)


def test_one_in_use_is_closed_at_the_end_of_its_use(exchange):
    lines = exchange.lines()
    with lines.lend(WEST):
        lines.close()
        assert not exchange.made[0].closed
    assert exchange.made[0].closed


def test_closing_closes_all(exchange):
    lines = exchange.lines()
    ask(lines)
    lines.close()
    assert exchange.made[0].closed
