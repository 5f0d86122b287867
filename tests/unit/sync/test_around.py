"""What Asterisk does around the steps of a run, and what becomes of it when the run is taken back."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.asterisk_action import parse_action
from pbxsync_worker.core.model.host import Policy, Right
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.plan import Reload
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.sync.control import NoControl
from pbxsync_worker.sync.run import run_once
from tests.fakes.control import FakeControl
from tests.fakes.pbx import FakePbx, down
from tests.unit.core.values import file, run
from tests.unit.sync.parts import Source, parts

NAME = b"ASTETCDIR/modules.conf"
ITEM = file(NAME, b"new")
DIALPLAN = Reload("pbx_config.so", "x")
BAD = (Finding(Level.FATAL, "endpoints", "none is left"),)


@pytest.fixture
def told(tmp_path):
    """Return a way to execute a run with an action; the host has an old file."""

    def tell(text: str, pbx: FakePbx | None = None, actions=("*",), **control):
        made = parts(tmp_path, Source({NAME: b"new"}, inventory=Inventory.of([ITEM])))
        made.host.data.put(NAME, b"old", mode=None)
        pbx = pbx or FakePbx()
        host = replace(
            made.host, pbx=pbx, control=FakeControl(pbx, **control), reloads=lambda *_: ((DIALPLAN,), ())
        )  # fmt: skip
        policy = Policy(frozenset({Right.WRITE}), actions=actions)
        made = replace(made, host=host, action=parse_action(text), policy=policy)
        ended = run_once(run(), made)
        return ended, host, host.data.things[NAME].data

    return tell


@pytest.mark.parametrize(
    ("text", "done", "reloaded"),
    [
        ("map", [], ["pbx_config.so"]),
        ("nothing", [], []),
        ("reload app_queue.so", [], ["app_queue.so"]),
        ("reload all", [], ["all"]),
        ("restart when convenient", ["restart when convenient"], []),
        ("restart gracefully", ["restart gracefully"], []),
        ("restart now", ["restart now"], []),
        ("stop and start gracefully", ["stop gracefully", "start"], []),
        ("hook flush", ["hook flush"], ["pbx_config.so"]),
        ("ami QueueReset", ["ami QueueReset"], ["pbx_config.so"]),
    ],
)
def test_asterisk_does_what_the_plan_says(told, text, done, reloaded):
    ended, host, data = told(text, hooks={"flush": 0})
    assert (ended.state, data) == (State.COMMITTED, b"new")
    assert (host.control.done, host.pbx.reloaded) == (done, reloaded)


@pytest.mark.parametrize("text", ["restart now", "stop and start now", "ami QueueReset"])
def test_an_asterisk_that_was_down_stays_down(told, text):
    ended, host, _ = told(text, pbx=down())
    assert (ended.state, host.control.done) == (State.COMMITTED, [])


def test_it_changes_nothing_while_asterisk_is_to_be_stopped_and_is_not(told):
    ended, host, data = told("stop and start gracefully", calls=1000)
    assert (ended.state, ended.error, data) == (State.ROLLED_BACK, "calls-in-progress", b"old")
    assert host.pbx.state.running


@pytest.mark.parametrize("text", ["restart now", "stop and start now"])
def test_one_that_does_not_come_back_with_the_new_files_comes_back_with_the_old_ones(told, text):
    tries = iter([False, True, True])
    ended, host, data = told(text, boots=lambda: next(tries))
    assert (ended.state, ended.error, data) == (State.ROLLED_BACK, "asterisk-down", b"old")
    assert host.pbx.state.running
    assert as_text(ended.sentence).endswith("undone, the host is as it was")


@pytest.mark.parametrize("text", ["restart now", "stop and start now"])
def test_one_that_never_comes_back_is_told_to_be_started_by_hand(told, text):
    ended, _, data = told(text, boots=lambda: False)
    assert (ended.state, ended.error, data) == (State.ROLLED_BACK, "asterisk-down", b"old")
    assert "must be started by hand" in as_text(ended.sentence)


def test_one_that_is_sick_after_its_restart_restarts_with_the_old_files(told):
    ended, host, data = told("restart gracefully", pbx=FakePbx(finds=(BAD, ())))
    assert (ended.state, ended.error, data) == (State.ROLLED_BACK, "unhealthy", b"old")
    assert host.control.done == ["restart gracefully", "cancel", "restart gracefully"]


def test_one_that_never_restarted_is_not_restarted_to_go_back(told):
    ended, host, _ = told("restart when convenient", calls=1000)
    assert (ended.error, host.control.done) == ("calls-in-progress", ["restart when convenient", "cancel"])


def test_a_hook_that_fails_takes_the_change_back(told):
    ended, host, data = told("hook flush", hooks={"flush": 1})
    assert (ended.state, ended.error, data) == (State.ROLLED_BACK, "hook-failed", b"old")
    assert host.pbx.reloaded == ["pbx_config.so", "pbx_config.so"]
    assert "the host is as it was; but: The hook flush failed" in as_text(ended.sentence)


def test_what_a_hook_says_stands_with_the_run(told):
    _, host, _ = told("hook flush", hooks={"flush": 0})
    assert [one.sentence for one in host.memory.findings] == ["said"]


def test_what_the_policy_does_not_name_is_refused_before_the_first_write(told):
    ended, host, data = told("restart now", actions=("restart gracefully",))
    assert (ended.state, ended.error, data) == (State.FAILED, "not-allowed", b"old")
    assert host.control.done == []


def test_what_this_host_cannot_do_is_refused_before_the_first_write(told):
    ended, host, data = told("hook flush")
    assert (ended.state, ended.error, data) == (State.FAILED, "unsupported", b"old")
    assert host.control.done == []


@pytest.mark.parametrize("text", ["restart now", "stop and start now", "hook x", "ami QueueReset", "fwconsole reload"])
def test_a_host_without_control_only_reloads(text):
    assert NoControl().why_not(parse_action(text))
    assert NoControl().why_not(parse_action("reload all")) == ""
