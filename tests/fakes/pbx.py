"""A PBX in memory: healthy unless told otherwise; passes the same contract as the real controller."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pbxsync_worker.core.model.errors import AsteriskSilent, ReloadFailed
from pbxsync_worker.core.model.pbx import Finding, Level, PbxState, Reloaded
from pbxsync_worker.core.model.plan import Plan, Reload
from pbxsync_worker.core.model.ports import ConfigView

HEALTHY = PbxState(True, "22.0.0", (("contexts", 4), ("endpoints", 3)), 0, 2, 100, "start 0")


@dataclass
class FakePbx:
    """state: what look() sees; the other fields are the ways in which it can misbehave.

    refuses: modules whose reload fails; missing: modules that are not there; finds: what verify() tells after a
    reload, taken one tuple per call, the last one staying; bad_files: what check() tells; hangs: nothing answers;
    says_yes: every reload is answered with Success, but nothing happens; booted: what a start brings. `reloaded` and
    `calls` record what was asked.
    """

    state: PbxState = HEALTHY
    refuses: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    finds: tuple[tuple[Finding, ...], ...] = ((),)
    bad_files: tuple[Finding, ...] = ()
    hangs: bool = False
    says_yes: bool = False
    reloaded: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    booted: PbxState = HEALTHY

    def look(self) -> PbxState:
        self._called("look")
        return self.state

    def calls_in_progress(self) -> int | None:
        return None if self.hangs else self.state.calls

    def check(self, before: ConfigView, after: ConfigView, plan: Plan) -> tuple[Finding, ...]:
        self.calls.append("check")
        return self.bad_files

    def reload(self, reloads: Sequence[Reload]) -> tuple[Reloaded, ...]:
        self._called("reload")
        if not self.state.running:
            return tuple(Reloaded(one.module, 0.0, skipped=True) for one in reloads)
        return tuple(self._reload_one(one) for one in reloads)

    def verify(
        self, before: PbxState, config: ConfigView, reloads: Sequence[Reload], seconds: int
    ) -> tuple[Finding, ...]:
        self.calls.append("verify")
        if self.hangs:
            return (Finding(Level.FATAL, "AMI", "Asterisk did not answer: no answer within the deadline"),)
        if not self.state.running:
            gone = Finding(Level.FATAL, "AMI", "Asterisk ran before the change and is down now")
            asleep = Finding(Level.WARNING, "AMI", "Asterisk is down; it reads its files when it starts")
            return (gone if before.running else asleep,)
        first, *rest = self.finds
        self.finds = tuple(rest) or (first,)
        return first

    def _called(self, what: str) -> None:
        self.calls.append(what)
        if self.hangs:
            raise AsteriskSilent(reason="no answer within the deadline")

    def _reload_one(self, reload: Reload) -> Reloaded:
        if reload.module in self.missing:
            if reload.optional:
                return Reloaded(reload.module, 0.0, skipped=True)
            raise ReloadFailed(module=reload.module, reason="No such module")
        if reload.module in self.refuses:
            raise ReloadFailed(module=reload.module, reason="An unknown error occurred")
        if self.says_yes:
            raise ReloadFailed(module=reload.module, reason="Asterisk said Success, but never told that it reloaded")
        self.reloaded.append(reload.module)
        return Reloaded(reload.module, 0.01)


def down(**fields: object) -> FakePbx:
    """Return a PBX whose Asterisk is proven down."""
    return FakePbx(state=PbxState(running=False), **fields)  # type: ignore[arg-type]  # passes on any field


class SilentPbx(FakePbx):
    """A PBX that is healthy and never worth a word."""
