import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pbxsync_worker.asterisk.probes import look_at, module_runs, sip_answers
from pbxsync_worker.asterisk.session import AmiAddress, Session
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.errors import AsteriskRefused, AsteriskSilent
from tests.fakes.ami_server import AmiServer, error, healthy, success

CLOCK = SystemClock()


@contextmanager
def _session(**answers) -> Iterator[Session]:
    server = AmiServer({**healthy(), **answers})
    with server.running():
        address = AmiAddress("127.0.0.1", server.port, "pbxsync", lambda: "right")
        with Session(address, CLOCK, 0.3) as session:
            yield session


def test_a_look_counts_what_asterisk_has():
    with _session() as session:
        state = look_at(session, 77, 0.3)
    assert dict(state.counts) == {
        "endpoints": 3, "aors": 3, "auths": 3, "registrations": 0, "queues": 1, "contexts": 1, "priorities": 2
    }  # fmt: skip
    assert (state.calls, state.contacts, state.log_offset) == (0, 0, 77)


def test_an_unknown_action_and_a_denied_one_are_absent():
    with _session(pjsipshowauths=lambda action: error(action, "Permission denied")) as session:
        state = look_at(session, 0, 0.3)
    assert state.count("mailboxes") is None
    assert state.count("auths") is None


def test_an_empty_list_answered_with_an_error_is_zero():
    with _session(pjsipshowendpoints=lambda action: error(action, "No endpoints found")) as session:
        assert look_at(session, 0, 0.3).count("endpoints") == 0


def test_any_other_error_is_raised():
    refusal = {"pjsipshowendpoints": lambda action: error(action, "Failed to lock")}
    with _session(**refusal) as session, pytest.raises(AsteriskRefused):
        look_at(session, 0, 0.3)


def test_an_asterisk_that_is_still_starting_is_silent():
    with _session(login=success) as session, pytest.raises(AsteriskSilent, match="still starting"):
        look_at(session, 0, 0.05)


def test_an_asterisk_that_says_nothing_of_itself_is_silent():
    with _session(coresettings=success) as session, pytest.raises(AsteriskSilent, match="does not say its version"):
        look_at(session, 0, 0.3)


def test_a_module_is_found_or_not():
    with _session() as session:
        assert module_runs(session, "res_pjsip.so")
    with _session(modulecheck=lambda action: error(action, "Module not loaded")) as session:
        assert not module_runs(session, "res_pjsip.so")


@contextmanager
def _phone(*answers: bytes) -> Iterator[str]:
    with socket.socket(type=socket.SOCK_DGRAM) as link:
        link.bind(("127.0.0.1", 0))

        def answer() -> None:
            for one in answers:
                data, where = link.recvfrom(65535)
                assert data.startswith(b"OPTIONS sip:")
                link.sendto(one, where)

        thread = threading.Thread(target=answer)
        thread.start()
        yield "{}:{}".format(*link.getsockname())
        thread.join()


@pytest.mark.parametrize("status", [b"SIP/2.0 200 OK\r\n\r\n", b"SIP/2.0 404 Not Found\r\n\r\n"])
def test_any_sip_answer_is_an_answer(status):
    with _phone(status) as address:
        assert sip_answers(address, CLOCK, 1.0)


def test_a_lost_datagram_is_sent_again():
    with _phone(b"junk", b"SIP/2.0 200 OK\r\n\r\n") as address:
        assert sip_answers(address, CLOCK, 1.0)


def test_nobody_there_is_no_answer():
    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        assert not sip_answers("{}:{}".format(*silent.getsockname()), CLOCK, 0.2)


def test_a_closed_port_and_an_unknown_name_are_no_answer():
    assert not sip_answers("127.0.0.1:9", CLOCK, 0.2)
    assert not sip_answers("no.such.host.invalid:5060", CLOCK, 0.2)
