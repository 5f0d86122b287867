"""`pbxsync asterisk`: this host's Asterisk by hand."""

import pytest

from pbxsync_worker.core.model.errors import AsteriskDown, AsteriskSilent


def test_an_asterisk_that_is_down_is_told(installed):
    said = installed.json("asterisk", "status")
    assert (said.status, said.value["running"]) == (0, False)
    assert "running" in installed("asterisk", "status").out


def test_nobody_may_start_it_where_nothing_is_set(installed):
    said = installed.json("asterisk", "start")
    assert said.value["error"] == AsteriskDown.code


def test_there_is_nothing_to_take_back_where_it_is_down(installed):
    assert installed.json("asterisk", "abort").value["error"] == AsteriskSilent.code


@pytest.mark.parametrize("words", [("restart",), ("restart", "sometimes"), ("stop",), ("explode",)])
def test_it_refuses_what_it_does_not_know(installed, words):
    assert installed("asterisk", *words).status == 2


def test_it_refuses_what_is_no_module(installed):
    assert installed.json("asterisk", "reload", "x;core").value["error"] == "invalid"


def test_it_is_written_down_before_and_after(installed):
    installed.json("asterisk", "restart", "now")
    entries = [one.what for one in installed.here().store.audit.entries(2)]
    assert entries == ["asterisk failed", "asterisk"]
