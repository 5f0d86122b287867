"""Reports between hosts: what is believed, and requests that wait for a host that nobody can call."""

import math
from dataclasses import replace

import pytest

from pbxsync_worker.core.model.errors import HostUnreachable, Invalid, PeerRefused
from pbxsync_worker.core.model.host import Policy, Right
from pbxsync_worker.core.model.report import SOFTWARE, Report, Told, Version
from pbxsync_worker.peer.control import PeerControl
from pbxsync_worker.peer.errands import ErrandTransport, certificate_of, perform
from pbxsync_worker.peer.exchange import Exchange
from pbxsync_worker.peer.messages import Ping, Waiting
from pbxsync_worker.peer.reporter import PeerReports
from pbxsync_worker.peer.reports import MAX_TOLD, check, known_here
from pbxsync_worker.peer.server import PeerParts, create_peer_app
from pbxsync_worker.peer.wire import read, write
from tests.contract.test_line import Pair
from tests.fakes.inventories import InventoryMemory
from tests.fakes.link import DELTAS, STREAMS, MemoryData, WsgiTransport, app_for, nothing_protected, peer_of

VERSION = Version("farm", "files", "a" * 64, "r1", "ff", 1.0, 1.0)


def report(*facts: Told, **values) -> Report:
    return replace(Report(SOFTWARE, 1.7e9, facts, (VERSION,)), **values)


def test_what_a_host_tells_of_itself_is_believed():
    check(
        report(
            Told("asterisk.calls", 3, 1.0, "ami"), Told("asterisk.up", True, 0.0, "ami"), Told("redis.up", None, 0, "")
        )
    )


@pytest.mark.parametrize(
    "wrong",
    [
        report(Told("asterisk.calls", "many", 0, "ami")),
        report(Told("asterisk.calls", True, 0, "ami")),
        report(Told("asterisk.up", 1, 0, "ami")),
        report(Told("asterisk.version", 22, 0, "ami")),
        report(Told("load.per_cpu", math.nan, 0, "ami")),
        report(Told("asterisk.version", "x" * 3000, 0, "ami")),
        report(Told("asterisk.calls", 3, -1.0, "ami")),
        report(Told("asterisk.calls", 3, math.inf, "ami")),
        report(Told("asterisk.calls", 3, 0, "x" * 3000)),
        report(*[Told("asterisk.calls", 3, 0, "ami")] * (MAX_TOLD + 1)),
        report(clock=-1.0),
        report(took_s=math.nan),
        report(versions=(Version("farm", "files", "a", "r", "x" * 3000, 1, 1),)),
    ],
)
def test_what_no_honest_host_tells_is_refused(wrong):
    with pytest.raises(Invalid):
        check(wrong)


def test_a_fact_of_a_newer_version_is_left_out_and_harms_nothing():
    newer = report(Told("asterisk.calls", 3, 0, "ami"), Told("asterisk.mood", "fine", 0, "ami"))
    check(newer)
    assert [one.name for one in known_here(newer).facts] == ["asterisk.calls"]


@pytest.fixture
def pair(tmp_path):
    made = Pair(tmp_path)
    yield made
    made.close()


def reports_of(pair: Pair) -> PeerReports:
    app = app_for(
        pair.far, pair.stores[1], MemoryData(), InventoryMemory(), asks=lambda: pair.me.certificate,
        clock=pair.clock, reporting=pair.reports[1],
    )  # fmt: skip
    return PeerReports(Exchange("far", WsgiTransport(app), STREAMS), pair.clock)


def test_a_lie_in_a_report_is_refused_and_nothing_of_it_kept(pair):
    with pytest.raises(PeerRefused):
        reports_of(pair).tell(report(Told("asterisk.calls", 5, 0, "ami"), Told("asterisk.up", 7, 0, "ami")))
    assert pair.stores[1].facts.known(pair.me.id) == {}


def test_a_host_takes_what_waits_for_it_and_for_no_other(pair):
    pair.stores[1].lines.send("c" * 64, "/v1/ping", b"not for you")
    number = pair.stores[1].lines.send(pair.me.id, "/v1/ping", b"question")
    reports = reports_of(pair)
    assert reports.collect(0.0) == (Waiting(number, "/v1/ping", b"question"),)
    assert reports.collect(0.0) == ()
    reports.answer(number, b"answer")
    assert pair.stores[1].lines.answered(number) == b"answer"


def test_a_question_for_what_waits_is_held_no_longer_than_asked(pair):
    before = pair.clock.monotonic()
    assert reports_of(pair).collect(25.0) == ()
    assert 25.0 <= pair.clock.monotonic() - before < 27.0


def driven(pair: Pair, rights=frozenset(Right)):
    """Return the peer service of `me`, as `far` reaches it through the line of `me`."""
    pair.stores[0].hosts.save(peer_of(pair.far, "far", policy=Policy(rights)))
    return create_peer_app(
        PeerParts(
            identity=pair.me, store=pair.stores[0], data=MemoryData(), memory=InventoryMemory(), facts=lambda *_: None,  # type: ignore[arg-type]  # nobody asks for them
            protected=nothing_protected, enqueue=lambda _: None, streams=STREAMS, deltas=DELTAS, clock=pair.clock,
            certificate=certificate_of,
        )
    )  # fmt: skip


def answer(app, pair: Pair, path: str, *messages):
    body = b"".join(write(messages, STREAMS))
    return list(read([perform(app, pair.far.certificate, path, body)], STREAMS, 2**20))


def test_what_waited_passes_the_same_door_as_at_the_peer_port(pair):
    (pong,) = answer(driven(pair), pair, "/v1/ping", Ping())
    assert pong.id == pair.me.id
    pair.stores[0].hosts.forget(pair.far.id)
    (refused,) = answer(driven_again(pair), pair, "/v1/ping", Ping())
    assert refused.code == "not-allowed"


def driven_again(pair: Pair):
    app = driven(pair)
    pair.stores[0].hosts.forget(pair.far.id)
    return app


@pytest.mark.parametrize("path", ["/v1/pull", "/v1/fetch", "/v1/pair", "/v1/report", "/", "../v1/ping"])
def test_no_data_and_nothing_else_is_given_this_way(pair, path):
    (refused,) = answer(driven(pair), pair, path, Ping())
    assert refused.code == "not-allowed"
    assert "HTTP 404" in refused.sentence


def test_a_host_without_the_right_to_coordinate_starts_nothing(pair):
    (refused,) = answer(driven(pair, frozenset({Right.READ})), pair, "/v1/cancel", Ping())
    assert "coordinate" in refused.sentence


def test_a_question_goes_to_a_host_that_nobody_can_call_and_its_answer_comes_back(pair):
    app, lines = driven(pair), pair.stores[1].lines
    reports = reports_of(pair)
    control = PeerControl(Exchange("me", ErrandTransport(pair.me.id, "me", lines, Waited(pair, reports, app)), STREAMS))
    assert control.ping().id == pair.me.id


class Waited:
    """A clock that lets the other host take what waits whenever somebody waits for it."""

    def __init__(self, pair, reports, app):
        self._pair, self._reports, self._app = pair, reports, app

    def now(self):
        return self._pair.clock.now()

    def monotonic(self):
        return self._pair.clock.monotonic()

    def sleep(self, seconds):
        self._pair.clock.move(seconds)
        for one in self._reports.collect(0.0):
            self._reports.answer(one.number, perform(self._app, self._pair.far.certificate, one.path, one.body))


def test_a_host_that_can_be_called_by_now_is_not_waited_for(pair):
    lines, app = pair.stores[1].lines, driven(pair)
    tries = iter([None, None, Called(app, pair.far.certificate)])
    transport = ErrandTransport(pair.me.id, "me", lines, pair.clock, lambda: next(tries))
    control = PeerControl(Exchange("me", transport, STREAMS))
    assert control.ping().id == pair.me.id
    assert lines.take(pair.me.id) == ()
    assert control.ping().id == pair.me.id
    assert (transport.requests, next(tries, None)) == (3, None)


class Called:
    """The way to the other host's own door; what was open to it is closed with it."""

    moved = 0

    def __init__(self, app, certificate) -> None:
        self._app, self._certificate = app, certificate
        self.requests = 0

    def request(self, path, body):
        self.requests += 1
        yield perform(self._app, self._certificate, path, body)

    def close(self) -> None:
        """There is nothing to close."""


def test_a_host_that_takes_nothing_is_unreachable_in_the_end(pair):
    lines = pair.stores[1].lines
    transport = ErrandTransport(pair.me.id, "me", lines, pair.clock)
    with pytest.raises(HostUnreachable, match="did not answer in time"):
        transport.request("/v1/ping", b"question")
    assert lines.take(pair.me.id) == ()
