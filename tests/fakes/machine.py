"""An Asterisk in memory with its command line and the programs that keep it; its time is moved by hand."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pbxsync_worker.asterisk.program import Answer
from pbxsync_worker.asterisk.service import AsteriskService, Limits
from pbxsync_worker.asterisk.starter import Starter
from pbxsync_worker.core.model.errors import AsteriskSilent
from pbxsync_worker.core.model.pbx import PbxState
from tests.fakes.clock import HandClock

BY_HAND = Starter("commands", ("start",), ("stop",), ("kill",))
LIMITS = Limits(drain=60, stop=10, boot=20)


@dataclass
class Machine:
    """An Asterisk with its command line and its programs.

    calls: seconds until the last one ends; hung: answers nothing; dead: a start brings nothing; deaf: not even kill;
    shut: its control socket may not be opened; unborn: what is started hangs before it opens that.
    """

    clock: HandClock = field(default_factory=HandClock)
    starts: int = 1
    calls: float = 0
    hung: bool = False
    dead: bool = False
    deaf: bool = False
    shut: bool = False
    unborn: bool = False
    pending: str = ""
    said: list[str] = field(default_factory=list)

    @contextmanager
    def talk(self, command: str) -> Iterator["Machine"]:
        if self.hung or not self.starts:
            raise AsteriskSilent(reason="no answer")
        self.said.append(command)
        self.pending = "" if command == "core abort shutdown" else command
        yield self

    def over(self, seconds: float) -> bool:
        if self.pending and (self.calls <= 0 or self.pending.endswith("now")):
            restarts = self.pending.startswith("core restart")
            self.starts, self.pending = (self.starts + 1 if restarts else 0), ""
        if not self.pending:
            return True
        self.calls -= seconds
        self.clock.move(seconds)
        return False

    def process(self) -> int | None:
        if self.hung:
            raise AsteriskSilent(reason="no answer")
        return 2**22 + 1 if self.starts else None

    def forbidden(self) -> bool:
        return self.shut

    def down(self) -> bool:
        return not self.starts and not self.shut

    def look(self) -> PbxState:
        if self.hung:
            raise AsteriskSilent(reason="no answer")
        return PbxState(running=bool(self.starts), started=str(self.starts) if self.starts else "")

    def run(self, argv: Sequence[str], seconds: float) -> Answer:
        self.said.append(argv[0])
        if argv[0] == "start" and not self.dead and not self.unborn:
            self.starts += 7
        if (argv[0] == "stop" and not self.hung) or (argv[0] == "kill" and not self.deaf):
            self.starts, self.hung = 0, False
        return Answer(int(argv[0] == "start" and self.dead), "", "it cannot")

    def service(self, starter: Starter = BY_HAND) -> AsteriskService:
        return AsteriskService(self, self.down, self.look, starter, self.clock, LIMITS, self.run)
