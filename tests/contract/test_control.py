"""What every AsteriskControl promises, fake and real."""

from dataclasses import dataclass
from typing import Any

import pytest

from pbxsync_worker.asterisk.control import ServiceControl
from pbxsync_worker.asterisk.program import Answer
from pbxsync_worker.asterisk.session import AmiAddress
from pbxsync_worker.core.model.asterisk_action import Hook, When, parse_action
from pbxsync_worker.core.model.errors import AsteriskDown, AsteriskSilent, CallsInProgress, Cancelled, HookFailed
from pbxsync_worker.core.model.ports import AsteriskControl
from tests.fakes.control import FakeControl
from tests.fakes.machine import Machine
from tests.fakes.pbx import FakePbx

WAITING = (When.CONVENIENT, When.GRACEFULLY)
FOR_EVER = 100_000
NOWHERE = AmiAddress("127.0.0.1", 1, "pbxsync", lambda: "x")


@dataclass
class Made:
    """control: what is tried; asterisk: what it moves, a Machine or a FakeControl; pbx: whose state is looked at."""

    control: AsteriskControl
    asterisk: Any
    pbx: Any

    @property
    def running(self) -> bool:
        return bool(self.pbx.look().running)


def on() -> None:
    """Go on waiting."""


def cancelled() -> None:
    raise Cancelled(who="ann")


class ControlContract:
    """`made` is given by the classes below; its hook `well` succeeds, `badly` does not."""

    @pytest.mark.parametrize("when", When)
    def test_what_is_stopped_is_down(self, made: Made, when: When):
        made.control.stop(when, on)
        assert not made.running

    @pytest.mark.parametrize("when", When)
    def test_what_is_restarted_runs_and_was_started_anew(self, made: Made, when: When):
        before = made.pbx.look().started
        made.control.restart(when, on)
        assert made.pbx.look().started not in ("", before)

    def test_a_start_of_one_that_runs_does_nothing(self, made: Made):
        before = made.pbx.look().started
        made.control.start()
        assert made.pbx.look().started == before

    @pytest.mark.parametrize("when", WAITING)
    def test_calls_that_never_end_stay(self, made: Made, when: When):
        made.asterisk.calls = FOR_EVER
        with pytest.raises(CallsInProgress):
            made.control.restart(when, on)
        assert made.running

    @pytest.mark.parametrize("when", WAITING)
    def test_who_waits_may_be_cancelled(self, made: Made, when: When):
        made.asterisk.calls = 50
        with pytest.raises(Cancelled):
            made.control.stop(when, cancelled)
        assert made.running

    def test_now_does_not_wait_for_calls(self, made: Made):
        made.asterisk.calls = FOR_EVER
        made.control.stop(When.NOW, cancelled)
        assert not made.running

    def test_one_that_does_not_come_back_is_told(self, made: Made):
        self.break_it(made)
        with pytest.raises(AsteriskDown):
            made.control.restart(When.NOW, on)
        assert not made.running

    def test_a_hung_one_ends_where_calls_were_to_end(self, made: Made):
        self.hang(made)
        made.control.restart(When.NOW, on)
        assert made.running

    @pytest.mark.parametrize("when", WAITING)
    def test_a_hung_one_is_left_alone_else(self, made: Made, when: When):
        self.hang(made)
        with pytest.raises(AsteriskSilent):
            made.control.stop(when, on)

    def test_a_hung_one_can_be_ended(self, made: Made):
        self.hang(made)
        made.control.unhang()
        assert not made.running

    def test_nothing_is_pending_after_a_cancel(self, made: Made):
        made.control.cancel()
        assert made.running

    def test_a_hook_says_what_it_said(self, made: Made):
        (found,) = made.control.do(parse_action("hook well"))
        assert found.sentence == "said"

    def test_a_hook_that_fails_is_raised(self, made: Made):
        with pytest.raises(HookFailed):
            made.control.do(parse_action("hook badly"))

    def test_an_unknown_hook_is_not_possible(self, made: Made):
        assert made.control.why_not(parse_action("hook nowhere"))
        assert made.control.why_not(parse_action("hook well")) == ""

    @pytest.mark.parametrize("text", ["map", "nothing", "reload all", "restart now", "stop and start gracefully"])
    def test_the_rest_is_possible(self, made: Made, text: str):
        assert made.control.why_not(parse_action(text)) == ""

    def hang(self, made: Made) -> None:
        made.asterisk.hung = True

    def break_it(self, made: Made) -> None:
        raise NotImplementedError


class TestFakeControl(ControlContract):
    @pytest.fixture
    def made(self) -> Made:
        pbx = FakePbx()
        control = FakeControl(pbx, hooks={"well": 0, "badly": 1})
        return Made(control, control, pbx)

    def hang(self, made: Made) -> None:
        made.asterisk.hung = made.pbx.hangs = True

    def break_it(self, made: Made) -> None:
        made.asterisk.boots = lambda: False


class TestServiceControl(ControlContract):
    """The real control with an Asterisk in memory; tests/integration/test_restarts.py has a real one."""

    @pytest.fixture
    def made(self) -> Made:
        machine = Machine()
        hooks = {name: Hook(name, (f"/hooks/{name}",)) for name in ("well", "badly")}

        def run(argv, seconds):
            return Answer(int(argv[0].endswith("badly")), "said", "")

        control = ServiceControl(machine.service(), NOWHERE, machine.clock, hooks, freepbx=False, runner=run)
        return Made(control, machine, machine)

    def break_it(self, made: Made) -> None:
        made.asterisk.dead = True

    def test_there_is_no_freepbx_to_apply_anything(self, made: Made):
        assert made.control.why_not(parse_action("fwconsole reload"))
