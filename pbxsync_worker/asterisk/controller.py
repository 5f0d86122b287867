"""The Asterisk Controller: the port Pbx over AMI; wiring.py builds it, sync uses it.

Every call opens its own connection and ends by its deadline, so that a task that forks has nothing to inherit.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from asterisk.ami import SimpleAction

from pbxsync_worker.asterisk import logtap
from pbxsync_worker.asterisk.down import proven_down
from pbxsync_worker.asterisk.expected import expected_counts
from pbxsync_worker.asterisk.health import compare
from pbxsync_worker.asterisk.lint import lint, unnoticed
from pbxsync_worker.asterisk.probes import look_at, module_runs, sip_answers
from pbxsync_worker.asterisk.reloads import config_path, reloads_for
from pbxsync_worker.asterisk.session import AmiAddress, PortClosed, Session
from pbxsync_worker.core.model.dataset import VOICEMAIL
from pbxsync_worker.core.model.errors import AsteriskRefused, AsteriskSilent, ReloadFailed
from pbxsync_worker.core.model.pbx import Finding, Level, PbxState, Reloaded
from pbxsync_worker.core.model.plan import EVERYTHING, Plan, Reload
from pbxsync_worker.core.model.ports import Clock, ConfigView
from pbxsync_worker.core.model.presets.actions import MWI
from pbxsync_worker.core.model.sentence import say

DOWN = PbxState(running=False)
RELOAD_PATIENCE = 4
"""A reload may take this many times the deadline: a large dialplan is read while the answer waits."""
SETTLE = 2.0
"""Seconds that a PBX must stay healthy: Asterisk writes its log, and some reloads work, after the answer."""
PAUSE = 0.3
_BUSY = "a reload is in progress"
_NOT_HERE = ("no such module", "module not initialized", "module does not support reload")


class AsteriskController:
    """Talks to one Asterisk.

    log_file: its full log; sip_address: "host:port" that must answer SIP OPTIONS, "" for none; deadline: seconds for
    any one answer; control: Asterisk's control socket (asterisk.ctl), by which a running Asterisk with a closed AMI
    port is told from one that is down, None where it cannot be reached from here.
    """

    def __init__(
        self,
        ami: AmiAddress,
        log_file: Path,
        sip_address: str,
        clock: Clock,
        deadline: float = 15.0,
        control: Path | None = None,
    ) -> None:
        self._ami = ami
        self._log = log_file
        self._sip = sip_address
        self._clock = clock
        self._deadline = deadline
        self._control = control

    def look(self) -> PbxState:
        """Take one look; `running` is False only where Asterisk is proven down, else AsteriskSilent is raised."""
        # Before the counts: what is logged while they are taken belongs to what comes after.
        offset = logtap.log_size(self._log)
        try:
            with self._session() as session:
                return look_at(session, offset, self._deadline)
        except PortClosed:
            if self._proven_down():
                return DOWN
            raise

    def calls_in_progress(self) -> int | None:
        """Return how many calls are in progress, None where Asterisk does not say."""
        try:
            with self._session() as session:
                said = session.ask(SimpleAction("CoreStatus")).get("CoreCurrentCalls")
        except PortClosed:
            return 0 if self._proven_down() else None
        except (AsteriskSilent, AsteriskRefused):
            return None
        return int(said) if said and said.isascii() and said.isdigit() else None

    def check(self, before: ConfigView, after: ConfigView, plan: Plan) -> tuple[Finding, ...]:
        """Check the files as they would be, without touching Asterisk."""
        paths = {config_path(change.name) for change in plan.changes}
        if any(change.name.startswith(VOICEMAIL + b"/") for change in plan.changes):
            paths.add("voicemail.conf")
        files = lint(before, after, (path for path in paths if path is not None))
        unknown = (
            Finding(Level.WARNING, path, "no reload is known for this file; Asterisk may read it at its next start")
            for path in reloads_for(plan.changes, after).unknown
        )
        return (*files, *unnoticed(plan.changes), *unknown)

    def reload(self, reloads: Sequence[Reload]) -> tuple[Reloaded, ...]:
        """Reload in this order; raise ReloadFailed at the first that did not succeed.

        An Asterisk that is proven down reads its files when it starts: everything is skipped.
        """
        if not reloads:
            return ()
        try:
            with self._session() as session:
                return tuple(self._reload_one(session, one) for one in reloads)
        except PortClosed:
            if self._proven_down():
                return tuple(Reloaded(one.module, 0.0, skipped=True) for one in reloads)
            raise

    def verify(
        self, before: PbxState, config: ConfigView, reloads: Sequence[Reload], seconds: int
    ) -> tuple[Finding, ...]:
        """Prove health within `seconds`; a certain failure is returned at once, health only after it has lasted."""
        start = self._clock.monotonic()
        healthy_since: float | None = None
        while True:
            findings, certain = self._round(before, config, reloads)
            now = self._clock.monotonic()
            fatal = any(one.level is Level.FATAL for one in findings)
            healthy_since = None if fatal else (now if healthy_since is None else healthy_since)
            lasted = healthy_since is not None and now - healthy_since >= min(SETTLE, seconds / 2)
            if certain or lasted or now - start >= seconds:
                return findings
            self._clock.sleep(min(PAUSE, max(0.0, start + seconds - now)))

    def _round(
        self, before: PbxState, config: ConfigView, reloads: Sequence[Reload]
    ) -> tuple[tuple[Finding, ...], bool]:
        """Return what one round of probes finds, and whether waiting cannot mend it."""
        logged = self._logged(before, config)
        if any(one.level is Level.FATAL for one in logged):
            return logged, True
        try:
            now = self.look()
            if not now.running and not before.running:
                return (Finding(Level.WARNING, "AMI", "Asterisk is down; it reads its files when it starts"),), True
            found = (*logged, *compare(before, now, expected_counts(config), reloads), *self._answers(now, reloads))
        except (AsteriskSilent, AsteriskRefused) as error:
            return (*logged, Finding(Level.FATAL, "AMI", error.sentence)), False
        return found, not now.running

    def _answers(self, now: PbxState, reloads: Sequence[Reload]) -> Iterable[Finding]:
        if not now.running:
            return
        vital = [one.module for one in reloads if not one.optional and one.module.endswith(".so")]
        if vital:
            with self._session() as session:
                for module in vital:
                    if not module_runs(session, module):
                        yield Finding(Level.FATAL, module, "the module is not loaded any more")
        if self._sip and not sip_answers(self._sip, self._clock, min(self._deadline, SETTLE)):
            yield Finding(Level.FATAL, "SIP", f"nothing answers SIP OPTIONS at {self._sip}")

    def _logged(self, before: PbxState, config: ConfigView) -> tuple[Finding, ...]:
        try:
            text = logtap.read_since(self._log, before.log_offset)
        except OSError as error:
            reason = f"the log {self._log} cannot be read: {error.strerror}; faults that only it tells are not seen"
            return (Finding(Level.WARNING, "Asterisk's log", reason),)
        history = logtap.read_history(self._log, before.log_offset)
        return logtap.judge(logtap.parse(text), logtap.parse(history), config)

    def _reload_one(self, session: Session, reload: Reload) -> Reloaded:
        start = self._clock.monotonic()
        until = start + RELOAD_PATIENCE * self._deadline
        pause = PAUSE
        while True:
            session.events.clear()
            try:
                left = max(until - self._clock.monotonic(), PAUSE)
                session.ask(_reload_action(reload), left)
            except AsteriskRefused as refusal:
                reason = str(refusal.fields["reason"])
                # Lamps that are late are no reason to take messages back.
                if reload.optional and (reload.module == MWI or reason.lower() in _NOT_HERE):
                    return Reloaded(reload.module, self._clock.monotonic() - start, skipped=True)
                if reason.lower() != _BUSY or self._clock.monotonic() + pause > until:
                    raise ReloadFailed(module=reload.module, reason=reason) from refusal
                self._clock.sleep(pause)
                pause = min(pause * 2, self._deadline)
                continue
            if reload.module != MWI:  # which is no module, and tells of no reload
                self._proven(session, "All" if reload.module == EVERYTHING.module else reload.module)
            return Reloaded(reload.module, self._clock.monotonic() - start)

    def _proven(self, session: Session, module: str) -> None:
        """Wait for Asterisk's own event about this reload: its answer alone has been "Success" for anything."""
        event = session.wait_event(lambda one: one.event == "Reload" and one.get("Module") == module, self._deadline)
        if event is None:
            raise ReloadFailed(module=module, reason=say("Asterisk said Success, but never told that it reloaded"))
        if event.get("Status") != "0":
            raise ReloadFailed(
                module=module, reason=say("Asterisk said Success, then status {get}", get=event.get("Status"))
            )

    def _proven_down(self) -> bool:
        return self._control is None or proven_down(self._control, self._deadline)

    def _session(self) -> Session:
        return Session(self._ami, self._clock, self._deadline)


def _reload_action(reload: Reload) -> SimpleAction:
    if reload.module == MWI:
        return SimpleAction("VoicemailRefresh")
    return (
        SimpleAction("Reload") if reload.module == EVERYTHING.module else SimpleAction("Reload", Module=reload.module)
    )
