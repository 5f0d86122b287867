from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from asterisk.ami import SimpleAction

from pbxsync_worker.asterisk.session import AmiAddress, PortClosed, Session
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.errors import AsteriskRefused, AsteriskSilent, Invalid
from tests.contract.test_pbx import closed_port
from tests.fakes.ami_server import BANNER, AmiServer, error, healthy, listing, login, message, success

PING = SimpleAction("Ping")
LIST = SimpleAction("PJSIPShowEndpoints")


def _address(port: int, secret: str = "right") -> AmiAddress:
    return AmiAddress("127.0.0.1", port, "pbxsync", lambda: secret)


@contextmanager
def _session(**answers) -> Iterator[Session]:
    server = AmiServer({**healthy(), "ping": success, **answers})
    with server.running(), Session(_address(server.port), SystemClock(), 0.3) as session:
        yield session


def _silent(session: Session, action: SimpleAction = PING) -> str:
    with pytest.raises(AsteriskSilent) as caught:
        session.ask(action)
    return caught.value.sentence


def test_it_logs_in_and_asks():
    with _session() as session:
        assert session.ask(SimpleAction("CoreSettings")).get("AsteriskVersion") == "22.10.1"


def test_a_wrong_secret_is_refused():
    server = AmiServer()
    with server.running(), pytest.raises(AsteriskRefused, match="Authentication failed"):
        Session(_address(server.port, "wrong"), SystemClock(), 0.3).__enter__()


def test_a_secret_with_a_line_break_never_leaves():
    server = AmiServer()
    with server.running(), pytest.raises(Invalid):
        Session(_address(server.port, "x\r\nAction: Ping"), SystemClock(), 0.3).__enter__()
    assert server.actions == []


def test_a_secret_is_not_shown():
    assert "right" not in repr(_address(1))


def test_a_closed_port_is_told_from_silence():
    with pytest.raises(PortClosed):
        Session(_address(closed_port()), SystemClock(), 0.3).__enter__()


@pytest.mark.parametrize("first", [b"", BANNER[:10], BANNER], ids=["nothing", "partial line", "banner only"])
def test_a_login_without_an_answer_ends_by_the_deadline(first):
    server = AmiServer({}, otherwise=lambda action: b"", first=first)
    with server.running(), pytest.raises(AsteriskSilent):
        Session(_address(server.port), SystemClock(), 0.2).__enter__()


def test_another_service_is_not_taken_for_asterisk():
    server = AmiServer(first=b"SSH-2.0-OpenSSH_9\r\n")
    with server.running(), pytest.raises(AsteriskSilent, match="does not speak AMI"):
        Session(_address(server.port), SystemClock(), 0.3).__enter__()


def test_a_refused_action_is_raised_with_its_reason():
    with (
        _session(ping=lambda action: error(action, "Permission denied")) as session,
        pytest.raises(AsteriskRefused, match="Permission denied; the AMI user lacks a class"),
    ):
        session.ask(PING)


def test_no_answer_ends_by_the_deadline_and_closes_for_good():
    with _session(ping=lambda action: b"") as session:
        assert "within the deadline" in _silent(session)
        assert "the connection is closed" in _silent(session, SimpleAction("CoreStatus"))


def test_half_an_answer_ends_by_the_deadline():
    with _session(ping=lambda action: success(action)[:-3]) as session:
        assert "within the deadline" in _silent(session)


def test_a_connection_cut_in_the_middle_is_silence():
    server = AmiServer({"login": login, "ping": lambda action: success(action)[:-3]})
    with server.running(), Session(_address(server.port), SystemClock(), 2.0) as session:
        server.cut = True
        # A busy kernel may tell of the same cut as a reset.
        said = _silent(session)
        assert "closed the connection" in said or "reset" in said


def test_a_connection_reset_in_the_middle_is_silence():
    server = AmiServer({"login": login, "ping": lambda action: b""})
    with server.running(), Session(_address(server.port), SystemClock(), 2.0) as session:
        server.reset = True
        assert "the connection broke" in _silent(session)


def test_an_answer_to_another_question_is_passed_over():
    def answer(action):
        return message("Response: Success", "ActionID: other", "Who: other") + success(action, "Who: me")

    with _session(ping=answer) as session:
        assert session.ask(PING).get("Who") == "me"


def test_a_flood_of_events_ends_by_the_deadline():
    flood = message("Event: RTCPSent", "Channel: x") * 200_000
    with _session(ping=lambda action: flood) as session:
        assert _silent(session)


def test_an_answer_is_found_among_many_events():
    def answer(action):
        noise = message("Event: RTCPSent", "Channel: x") * 1000
        return noise + success(action, "Who: me") + noise

    with _session(ping=answer) as session:
        assert session.ask(PING).get("Who") == "me"


def test_a_list_is_walked_to_its_end():
    names: list[str] = []
    with _session() as session:
        end = session.walk(LIST, lambda one: names.append(one.get("ObjectName")))
    assert names == ["1001", "1002", "1003"]
    assert end.get("ListItems") == "3"


def test_events_of_others_do_not_belong_to_a_list():
    def answer(action):
        whole = listing("EndpointList", ["1001"])(action)
        return message("Event: EndpointList", "ObjectName: intruder") + whole

    names: list[str] = []
    with _session(pjsipshowendpoints=answer) as session:
        session.walk(LIST, lambda one: names.append(one.get("ObjectName")))
    assert names == ["1001"]


@pytest.mark.parametrize("end", ["cancelled", "error"])
def test_a_list_that_does_not_complete_is_silence(end):
    def answer(action):
        number = f"ActionID: {action['ActionID']}"
        return success(action, "EventList: start") + message("Event: X", number, f"EventList: {end}")

    with _session(pjsipshowendpoints=answer) as session, pytest.raises(AsteriskSilent, match=end):
        session.walk(LIST, lambda one: None)


def test_a_list_that_never_ends_is_silence():
    def answer(action):
        return success(action, "EventList: start")

    with _session(pjsipshowendpoints=answer) as session, pytest.raises(AsteriskSilent, match="deadline"):
        session.walk(LIST, lambda one: None)


def test_a_success_without_a_list_is_not_an_empty_list():
    with _session(pjsipshowendpoints=success) as session, pytest.raises(AsteriskSilent, match="gave no list"):
        session.walk(LIST, lambda one: None)


def test_a_list_of_nothing_may_be_said_in_words():
    def answer(action):
        return success(action, "Message: There are no voicemail users currently defined.")

    seen: list[object] = []
    with _session(pjsipshowendpoints=answer) as session:
        session.walk(LIST, seen.append)
    assert seen == []


def test_an_event_that_came_before_is_not_missed():
    with _session() as session:
        session.ask(PING)
        assert session.wait_event(lambda one: one.event == "FullyBooted", 0.2) is not None


def test_an_event_that_never_comes_is_none_and_the_connection_lives_on():
    with _session() as session:
        assert session.wait_event(lambda one: one.event == "Shutdown", 0.05) is None
        assert session.ask(PING).succeeded
