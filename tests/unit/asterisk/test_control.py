"""AMI actions and hooks of the real control; the rest is its contract."""

from collections.abc import Sequence

import pytest

from pbxsync_worker.asterisk.control import ServiceControl
from pbxsync_worker.asterisk.program import Answer
from pbxsync_worker.asterisk.session import AmiAddress
from pbxsync_worker.asterisk.starter import NOBODY
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.asterisk_action import Hook, parse_action
from pbxsync_worker.core.model.errors import AsteriskRefused, HookFailed
from tests.fakes.ami_server import AmiServer, error, healthy, success
from tests.fakes.machine import Machine

FLUSH = parse_action("hook flush")


def control(port: int = 1, answer: Answer | Exception = Answer(0, "")) -> ServiceControl:  # noqa: B008  frozen
    def run(argv: Sequence[str], seconds: float) -> Answer:
        assert (argv, seconds) == (("/bin/flush", "-a"), 5.0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    ami = AmiAddress("127.0.0.1", port, "pbxsync", lambda: "right")
    hooks = {"flush": Hook("flush", ("/bin/flush", "-a"), 5.0)}
    return ServiceControl(Machine().service(NOBODY), ami, SystemClock(), hooks, freepbx=False, runner=run)


def test_an_ami_action_goes_with_its_arguments():
    with AmiServer({**healthy(), "queuereload": success}).running() as server:
        control(server.port).do(parse_action("ami QueueReload Queue=sales"))
    assert any(one.get("Action") == "QueueReload" and one.get("Queue") == "sales" for one in server.actions)


def test_an_ami_action_that_asterisk_refuses_is_raised():
    answers = {**healthy(), "queuereset": lambda action: error(action, "no")}
    with AmiServer(answers).running() as server, pytest.raises(AsteriskRefused):
        control(server.port).do(parse_action("ami QueueReset"))


def test_what_a_hook_says_is_bounded_and_without_secrets():
    (found,) = control(answer=Answer(0, "password=hunter2 " + "x" * 5000)).do(FLUSH)
    assert "hunter2" not in found.sentence
    assert len(found.sentence) <= 2000


def test_a_hook_that_says_nothing_is_not_told():
    assert control().do(FLUSH) == ()


@pytest.mark.parametrize(
    "answer", [Answer(2, "", "it broke"), TimeoutError("it broke"), FileNotFoundError(2, "it broke")]
)
def test_a_hook_that_fails_says_why(answer: Answer | Exception):
    with pytest.raises(HookFailed, match="it broke"):
        control(answer=answer).do(FLUSH)


def test_a_stop_needs_somebody_who_starts_again():
    assert control().why_not(parse_action("stop and start now"))
    assert control().why_not(parse_action("restart now")) == ""
