"""This host's Asterisk by hand, over the API."""

import pytest

from pbxsync_worker.core.model.asterisk_action import When
from pbxsync_worker.core.model.operation import Operation, OperationKind


def asked(world):
    return [one.wish.operation for one in world.store.wishes.waiting()]


def test_an_operator_reloads_and_restarts_without_ending_a_call(world, runner):
    assert runner.post("/asterisk/calm", {"do": "reload", "modules": ["app_queue.so"]}).status_code == 202
    assert runner.post("/asterisk/calm", {"do": "restart", "when": "gracefully"}).status_code == 202
    reload, restart = asked(world)
    assert reload.modules == ("app_queue.so",)
    assert restart == Operation(OperationKind.RESTART, When.GRACEFULLY)


@pytest.mark.parametrize("body", [{"do": "stop"}, {"do": "restart", "when": "now"}, {"do": "x"}, {}])
def test_what_ends_calls_does_not_pass_as_calm(world, runner, body):
    assert runner.post("/asterisk/calm", body).status_code == 400
    assert asked(world) == []


def test_only_an_administrator_ends_calls(world, runner, boss):
    assert runner.post("/asterisk/end", {"do": "restart"}).status_code == 403
    assert boss.post("/asterisk/end", {"do": "restart"}).status_code == 202
    assert boss.post("/asterisk/end", {"do": "stop", "when": "gracefully"}).status_code == 202
    restart, stop = asked(world)
    assert restart == Operation(OperationKind.RESTART, When.NOW)
    assert stop == Operation(OperationKind.STOP, When.GRACEFULLY)


def test_it_refuses_what_is_no_module(world, runner):
    assert runner.post("/asterisk/calm", {"do": "reload", "modules": ["x;core"]}).status_code == 400
    assert asked(world) == []
