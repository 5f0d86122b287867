"""The port AsteriskControl: what is done to this host's Asterisk beside reloads; wiring.py builds it, sync uses it."""

from collections.abc import Mapping

from asterisk.ami import SimpleAction

from pbxsync_worker.asterisk.program import Runner, last_line, run_program
from pbxsync_worker.asterisk.service import AsteriskService
from pbxsync_worker.asterisk.session import AmiAddress, Session
from pbxsync_worker.core.log import without_secrets
from pbxsync_worker.core.model.asterisk_action import ActionKind, AsteriskAction, Hook, When
from pbxsync_worker.core.model.errors import HookFailed, NotFound
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.ports import Clock, GoingOn
from pbxsync_worker.core.model.sentence import say

_SAID = 2000
"""Letters of a hook's output that are kept."""


class ServiceControl:
    """Everything that can be done to one Asterisk; hooks: by name; freepbx: FreePBX is on this host."""

    def __init__(
        self,
        service: AsteriskService,
        ami: AmiAddress,
        clock: Clock,
        hooks: Mapping[str, Hook],
        *,
        freepbx: bool,
        runner: Runner = run_program,
    ) -> None:
        self._service = service
        self._ami = ami
        self._clock = clock
        self._hooks = hooks
        self._freepbx = freepbx
        self._run = runner

    def why_not(self, action: AsteriskAction) -> str:
        """Return why an action is not possible on this host, "" where it is; asks nobody."""
        match action.kind:
            case ActionKind.FWCONSOLE if not self._freepbx:
                return say("there is no FreePBX on this host")
            case ActionKind.STOP if not self._service.can_start:
                return say("nothing on this host may start Asterisk again")
            case ActionKind.HOOK if action.name not in self._hooks:
                return say("this host has no hook {name}", name=action.name)
            case _:
                return ""

    def stop(self, when: When, going_on: GoingOn) -> None:
        """Stop Asterisk and prove it down."""
        self._service.stop(when, going_on)

    def start(self) -> None:
        """Start Asterisk, until it has fully booted."""
        self._service.start()

    def restart(self, when: When, going_on: GoingOn) -> None:
        """Stop and start, until it has fully booted."""
        self._service.restart(when, going_on)

    def cancel(self) -> None:
        """Take back a stop or restart that waits for calls to end."""
        self._service.cancel()

    def unhang(self) -> None:
        """End an Asterisk that answers nothing at all any more."""
        self._service.unhang()

    def do(self, action: AsteriskAction) -> tuple[Finding, ...]:
        """Do an AMI action or run a hook; return what it said; raise AsteriskRefused, AsteriskSilent, HookFailed."""
        if action.kind is ActionKind.HOOK:
            return self._hook(action.name)
        with Session(self._ami, self._clock, _DEADLINE) as session:
            said = session.ask(SimpleAction(action.name, **dict(action.arguments))).get("Message")
        return (Finding(Level.WARNING, action.name, said),) if said else ()

    def _hook(self, name: str) -> tuple[Finding, ...]:
        hook = self._hooks.get(name)
        if hook is None:
            raise NotFound(what="hook", name=name)
        try:
            answer = self._run(hook.argv, hook.seconds)
        except (TimeoutError, OSError) as error:
            raise HookFailed(name=name, reason=str(error)) from error
        said = without_secrets((answer.out + answer.err).strip())[:_SAID]
        if answer.status:
            raise HookFailed(name=name, reason=last_line(said) or f"exit status {answer.status}")
        return (Finding(Level.WARNING, f"hook {name}", said),) if said else ()


_DEADLINE = 15.0
