"""An address is asked for somebody who listens there; what is none is no reason to fail."""

import socket

import pytest

from pbxsync_worker.core.model.report import LineState
from pbxsync_worker.wiring.reach import answers, only_calls_us, out_of_reach


def test_who_listens_answers():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert answers(f"127.0.0.1:{server.getsockname()[1]}")


def test_who_listens_behind_brackets_answers():
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        assert answers(f"[::1]:{server.getsockname()[1]}")


def test_where_nobody_listens_nobody_answers():
    with socket.socket() as kept:
        kept.bind(("127.0.0.1", 0))
        assert not answers(f"127.0.0.1:{kept.getsockname()[1]}")


@pytest.mark.parametrize("address", ["", "pbx", "pbx:", ":x", "127.0.0.1:99999999"])
def test_what_is_no_address_does_not_answer(address):
    assert not answers(address)


def test_a_host_that_called_us_is_in_reach_as_soon_as_its_own_address_answers_again():
    calls = LineState(state="reachable", dials=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        assert not out_of_reach(calls, address)
    assert out_of_reach(calls, address)


def test_a_host_that_takes_what_waits_for_it_is_called_as_soon_as_its_own_address_answers_again():
    polls = LineState(state="reachable", dials=False, polls=True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        assert not only_calls_us(polls, address)
    assert only_calls_us(polls, address)
    assert only_calls_us(polls, "")


def test_a_host_that_takes_nothing_here_is_called_whatever_is_remembered():
    assert not only_calls_us(LineState(dials=False), "")


def test_a_host_without_an_address_is_out_of_reach():
    assert out_of_reach(LineState(), "")


def test_a_host_that_we_dial_is_not_tried_beforehand():
    assert not out_of_reach(LineState(state="reachable", dials=True), "pbx.example.net:1")
