"""The control of a PBX in memory; passes the same contract as the real one."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pbxsync_worker.core.model.asterisk_action import ActionKind, AsteriskAction, When
from pbxsync_worker.core.model.errors import AsteriskDown, AsteriskSilent, CallsInProgress, HookFailed
from pbxsync_worker.core.model.pbx import Finding, Level, PbxState
from pbxsync_worker.core.model.ports import GoingOn
from tests.fakes.pbx import FakePbx


@dataclass
class FakeControl:
    """pbx: whose `state` it changes.

    boots: tells whether a start succeeds, such as by what the files are; calls: for how many looks there are some, over
    100 for ever; hung: it answers nothing until it is killed, and nobody may kill it where `immortal`; hooks: name to
    exit status.
    `done` records what was asked.
    """

    pbx: FakePbx
    boots: Callable[[], bool] = lambda: True
    calls: int = 0
    hung: bool = False
    immortal: bool = False
    hooks: dict[str, int] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    starts: int = 0

    def why_not(self, action: AsteriskAction) -> str:
        unknown = action.kind is ActionKind.HOOK and action.name not in self.hooks
        return "this host has no such hook" if unknown else ""

    def stop(self, when: When, going_on: GoingOn) -> None:
        self.done.append(f"stop {when}")
        self._end(when, going_on)

    def start(self) -> None:
        self.done.append("start")
        self._begin()

    def restart(self, when: When, going_on: GoingOn) -> None:
        self.done.append(f"restart {when}")
        self._end(when, going_on)
        self._begin()

    def cancel(self) -> None:
        self.done.append("cancel")

    def unhang(self) -> None:
        self.done.append("unhang")
        if self.hung:
            self._kill()

    def do(self, action: AsteriskAction) -> tuple[Finding, ...]:
        self.done.append(action.text)
        if self.hooks.get(action.name):
            raise HookFailed(name=action.name, reason="exit status 1")
        return (Finding(Level.WARNING, action.name, "said"),)

    def _end(self, when: When, going_on: GoingOn) -> None:
        if self.hung:
            if when is not When.NOW:
                raise AsteriskSilent(reason="no answer within the deadline")
            self._kill()
        if when is not When.NOW and self.calls > 100:
            raise CallsInProgress(reason="there were calls for 600 seconds")
        while when is not When.NOW and self.calls:
            going_on()
            self.calls -= 1
        self.calls = 0
        self.pbx.state = PbxState(running=False)

    def _begin(self) -> None:
        if self.pbx.state.running:
            return
        if not self.boots():
            raise AsteriskDown(reason="it has not fully booted")
        self.starts += 1
        self.pbx.state = replace(self.pbx.booted, started=f"start {self.starts}")

    def _kill(self) -> None:
        if self.immortal:
            raise AsteriskSilent(reason="it is hung and could not be killed")
        self.hung = self.pbx.hangs = False
        self.pbx.state = PbxState(running=False)
