"""What Asterisk does around the steps of a run, and how it becomes what it was. Both can be cut off and repeated."""

from contextlib import suppress
from dataclasses import dataclass

from pbxsync_worker.core.model.asterisk_action import ActionKind
from pbxsync_worker.core.model.errors import CallsInProgress, PbxSyncError, Retry, Stop, Unhealthy
from pbxsync_worker.core.model.pbx import Finding, PbxState, Reloaded, fatal_in
from pbxsync_worker.core.model.plan import EVERYTHING, Plan, Reload
from pbxsync_worker.core.model.ports import GoingOn, Written
from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.model.step import Step
from pbxsync_worker.sync.parts import Host

_AGAIN = 30
"""Seconds for health after a rollback; only a sentence depends on it."""


@dataclass(frozen=True, slots=True)
class Around:
    """One run's way with Asterisk; before: the look at it; an Asterisk that was down stays down."""

    host: Host
    plan: Plan
    before: PbxState
    going_on: GoingOn

    def written(self, run: str, steps: tuple[Step, ...]) -> Written:
        """Return what the journal must hold to make this host what it was."""
        started = self.before.started if self.before.running else ""
        return Written(run, steps, self.plan.reloads, action=self.plan.action, started=started)

    @property
    def checked(self) -> tuple[Reload, ...]:
        """Return the reloads that health is proven against: a start reads everything."""
        return (*self.plan.reloads, EVERYTHING) if self.plan.action.restarts else self.plan.reloads

    def first(self) -> None:
        """Stop Asterisk where the plan says so."""
        if self.plan.action.kind is ActionKind.STOP and self.before.running:
            self.host.control.stop(self.plan.action.when, self.going_on)

    def then(self) -> tuple[tuple[Reloaded, ...], tuple[Finding, ...]]:
        """Let Asterisk take over what has changed; return what was reloaded and what was found."""
        action, host = self.plan.action, self.host
        if action.kind is ActionKind.STOP and self.before.running:
            host.control.start()
        reloaded = host.pbx.reload(self.plan.reloads)
        if action.kind is ActionKind.RESTART and self.before.running:
            host.control.restart(action.when, self.going_on)
        return reloaded, self._done()

    def _done(self) -> tuple[Finding, ...]:
        kind = self.plan.action.kind
        if kind is ActionKind.HOOK or (kind is ActionKind.AMI and self.before.running):
            return self.host.control.do(self.plan.action)
        return ()


def steady(run: Run, host: Host, written: Written) -> None:
    """Bring an Asterisk that a run was stopping or restarting to a rest, so that the steps can be undone."""
    if not written.action.restarts or not written.started:
        return
    with suppress(Retry, Stop):
        host.control.cancel()
    # With calls that may still be heard, a hung one is left alone: a person decides.
    stopped = written.action.kind is ActionKind.STOP and run.state is not State.APPLYING
    if written.action.ends_calls or stopped:
        with suppress(Retry, Stop):
            host.control.unhang()


def as_it_was(host: Host, written: Written, *, live: bool) -> PbxSyncError | None:
    """Give Asterisk the old files back; return what went wrong. live: it may have read the new ones."""
    try:
        if written.action.restarts and written.started:
            _run_again(host, written)
        elif live:
            host.pbx.reload(written.reloads)
            if written.action.kind in (ActionKind.AMI, ActionKind.HOOK):
                host.control.do(written.action)
    except (Retry, Stop) as error:
        return error
    return None


def _run_again(host: Host, written: Written) -> None:
    now = host.pbx.look()
    if now.running and now.started == written.started:
        if written.reloads:
            host.pbx.reload(written.reloads)
        return  # it never read anything new
    again = now.running or bool(written.reloads)
    if not now.running:
        host.control.start()
    host.pbx.reload(written.reloads)
    if again:
        try:
            host.control.restart(written.action.when, lambda: None)
        except CallsInProgress:
            host.pbx.reload((EVERYTHING,))  # at least what needs no restart
            raise
    findings = host.pbx.verify(host.pbx.look(), host.config(), (EVERYTHING,), _AGAIN)
    fatal = fatal_in(findings)
    if fatal:
        raise Unhealthy(findings=fatal)
