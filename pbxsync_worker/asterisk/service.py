"""Stops, starts and restarts the Asterisk of this host, and proves each; every wait has a deadline.

Waiting for calls to end is Asterisk's own (`core stop gracefully`), and is taken back where it takes too long. One that
is hung, answering neither AMI nor its control socket, is killed only where calls were to end anyway.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pbxsync_worker.asterisk.console import Talk
from pbxsync_worker.asterisk.program import Runner, last_line, run_program
from pbxsync_worker.asterisk.starter import Starter
from pbxsync_worker.core.model.asterisk_action import When
from pbxsync_worker.core.model.errors import (
    AsteriskDown,
    AsteriskRefused,
    AsteriskSilent,
    Bug,
    CallsInProgress,
    PbxSyncError,
    Unsupported,
)
from pbxsync_worker.core.model.pbx import PbxState
from pbxsync_worker.core.model.ports import Clock, GoingOn
from pbxsync_worker.core.model.sentence import say

PAUSE = 0.5
_SETTLED = 5.0
"""Seconds within which a stop that Asterisk says it has ended must be seen."""
_CANCELLED = "somebody took the stop back; it goes on as it was"


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: drain: until the last call has ended; stop: until it is down; boot: from a start to fully booted."""

    drain: float = 600
    stop: float = 30
    boot: float = 120


class CommandLine(Protocol):
    """What is needed of Asterisk's command line; see console.py."""

    def talk(self, command: str) -> AbstractContextManager[Talk]:
        """Begin a command."""
        ...

    def process(self) -> int | None:
        """Return the process that answers."""
        ...

    def forbidden(self) -> bool:
        """Tell whether Asterisk can only be talked to, and never be proven down."""
        ...


class AsteriskService:
    """One Asterisk; down: whether it is proven down; look: raises AsteriskSilent as `Pbx.look` does."""

    def __init__(
        self,
        console: CommandLine,
        down: Callable[[], bool],
        look: Callable[[], PbxState],
        starter: Starter,
        clock: Clock,
        limits: Limits,
        runner: Runner = run_program,
    ) -> None:
        self._console = console
        self._down = down
        self._look = look
        self._starter = starter
        self._clock = clock
        self._limits = limits
        self._run = runner

    @property
    def can_start(self) -> bool:
        """Tell whether an Asterisk that has ended can be started from here."""
        return bool(self._starter.start)

    def stop(self, when: When, going_on: GoingOn) -> None:
        """End Asterisk and prove it down; raise CallsInProgress where calls outlast the limit, AsteriskSilent."""
        if self._console.forbidden():
            reason = "its control socket may not be opened from here, so nobody could prove it down"
            raise Unsupported(what="Stopping Asterisk", reason=reason)
        process = self._process(when)
        if when is not When.NOW and not self._down():
            self._drain(f"core stop {when}", going_on)
            self._stopped()
        self._end(process)

    def start(self) -> None:
        """Start Asterisk and wait until it has fully booted; nothing happens where it runs. Raise AsteriskDown."""
        if not self._down():
            self._booted()
            return
        if not self._starter.start:
            raise AsteriskDown(reason=say("nothing on this host may start it; see asterisk_starter in pbxsync.toml"))
        trouble = self._ran(self._starter.start, self._limits.boot)
        if trouble and self._down():
            raise AsteriskDown(reason=trouble)
        try:
            self._booted()
        except AsteriskDown:
            self._end_unborn()
            raise

    def restart(self, when: When, going_on: GoingOn) -> None:
        """End Asterisk, start it and wait until it has fully booted; raise as `stop` and `start` do."""
        if self._starter.start and not self._console.forbidden():
            self.stop(when, going_on)
            self.start()
            return
        self._in_place(when, going_on)

    def cancel(self) -> None:
        """Take back a stop or restart that still waits for calls to end."""
        with self._console.talk("core abort shutdown") as talk:
            talk.over(self._limits.stop)

    def unhang(self) -> None:
        """End an Asterisk that answers nothing at all any more; nothing happens where it answers, or is down."""
        if self._down() or not self._hung():
            return
        self._kill()

    def _process(self, when: When) -> int | None:
        """Return the process that is to end; where calls are to end anyway, a hung one has none."""
        if self._down():
            return None
        try:
            return self._console.process()
        except AsteriskSilent:
            if when is not When.NOW and not self._down():
                raise
            return None

    def _drain(self, command: str, going_on: GoingOn) -> None:
        """Wait until there is no call; taken back where the limit passes or somebody cancels."""
        until = self._clock.monotonic() + self._limits.drain
        with self._console.talk(command) as talk:
            try:
                self._wait_for_calls(talk, until, going_on)
            except PbxSyncError:
                with suppress(AsteriskSilent):
                    self.cancel()
                raise

    def _stopped(self) -> None:
        """See that Asterisk ended because of us, and not its waiting because of somebody else."""
        until = self._clock.monotonic() + _SETTLED
        while not self._down():
            if self._clock.monotonic() >= until:
                raise CallsInProgress(reason=_CANCELLED)
            self._clock.sleep(PAUSE)

    def _wait_for_calls(self, talk: Talk, until: float, going_on: GoingOn) -> None:
        while not talk.over(PAUSE):
            going_on()
            if self._clock.monotonic() >= until:
                raise CallsInProgress(
                    reason=say("there were calls for {drain} seconds", drain=f"{self._limits.drain:.0f}")
                )

    def _end(self, process: int | None) -> None:
        """Make sure that nothing runs, and that whoever keeps Asterisk alive does not start it again."""
        until = self._clock.monotonic() + self._limits.stop
        if self._starter.stop:
            self._ran(self._starter.stop, self._limits.stop)
        elif not self._down():
            with suppress(AsteriskSilent), self._console.talk("core stop now") as talk:
                talk.over(self._limits.stop)
        if not self._gone(process, until):
            if not self._hung():
                raise AsteriskSilent(reason=say("it does not stop, or somebody started it again"))
            self._kill()

    def _in_place(self, when: When, going_on: GoingOn) -> None:
        """Let Asterisk restart itself: the process stays, so that nobody has to start it."""
        if self._down():
            self.start()
        before = self._mark()
        if when is When.NOW:
            with self._console.talk(f"core restart {when}") as talk:
                talk.over(self._limits.stop)
        else:
            self._drain(f"core restart {when}", going_on)
        over = self._clock.monotonic()
        while (now := self._mark()) in ("", before):
            waited = self._clock.monotonic() - over
            if now and waited >= _SETTLED:
                raise CallsInProgress(reason=_CANCELLED)
            if waited >= self._limits.boot:
                raise AsteriskDown(
                    reason=say(
                        "it has not fully booted {boot} seconds after its restart", boot=f"{self._limits.boot:.0f}"
                    )
                )
            self._clock.sleep(PAUSE)

    def _booted(self) -> None:
        until = self._clock.monotonic() + self._limits.boot
        while not self._mark():
            if self._clock.monotonic() >= until:
                raise AsteriskDown(
                    reason=say(
                        "it has not fully booted {boot} seconds after its start", boot=f"{self._limits.boot:.0f}"
                    )
                )
            self._clock.sleep(PAUSE)

    def _mark(self) -> str:
        """Return what tells one start from the next, "" where it has not fully booted."""
        try:
            state = self._look()
        except (AsteriskSilent, AsteriskRefused):
            return ""
        return state.started if state.running else ""

    def _gone(self, process: int | None, until: float) -> bool:
        while not self._down() or (process is not None and Path(f"/proc/{process}").exists()):
            if self._clock.monotonic() >= until:
                return False
            self._clock.sleep(PAUSE / 5)
        return True

    def _kill(self) -> None:
        if not self._starter.kill:
            raise AsteriskSilent(reason=say("it is hung, and nothing on this host may kill it; see asterisk_starter"))
        trouble = self._ran(self._starter.kill, self._limits.stop)
        if not self._gone(None, self._clock.monotonic() + self._limits.stop):
            raise AsteriskSilent(
                reason=say("it is hung and could not be killed: {value}", value=trouble or "it still runs")
            )

    def _end_unborn(self) -> None:
        """End what hung before it opened its control socket: it looks down, and the next start would run beside it."""
        if self._starter.kill and self._down():
            self._ran(self._starter.kill, self._limits.stop)

    def _hung(self) -> bool:
        """Tell whether it answers nothing at all; whoever answers on the control socket is not."""
        try:
            process = self._console.process()
        except AsteriskSilent:
            return not self._down()
        if process is None:  # the socket may not be asked from here
            return not self._mark()
        return False

    def _ran(self, argv: tuple[str, ...], seconds: float) -> str:
        """Run one of the starter's programs; return what went wrong: only what is seen afterwards is believed."""
        if not argv:
            raise Bug(reason="an empty command of the starter")
        try:
            answer = self._run(argv, seconds)
        except (TimeoutError, OSError) as error:
            return f"{argv[0]}: {error}"
        said = last_line(answer.err) or last_line(answer.out)
        return "" if answer.status == 0 else f"{self._starter.name}: {said or f'exit status {answer.status}'}"
