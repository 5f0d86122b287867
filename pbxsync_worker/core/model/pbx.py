"""What Asterisk is seen to be: counts, findings and the result of reloads."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How serious a finding is."""

    FATAL = "fatal"  # the run must not go on
    HOLD = "hold"  # a person must look before the run goes on
    WARNING = "warning"  # told to the operator


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or odd; place: file and line, object or probe; sentence: for people."""

    level: Level
    place: str
    sentence: str


def fatal_in(findings: Sequence[Finding]) -> str:
    """Return the first three fatal findings in words and how many there are beside them, "" for none."""
    fatal = [f"{finding.place}: {finding.sentence}" for finding in findings if finding.level is Level.FATAL]
    more = f" (+{len(fatal) - 3})" if len(fatal) > 3 else ""
    return "; ".join(fatal[:3]) + more


@dataclass(frozen=True, slots=True)
class PbxState:
    """One look at a running Asterisk; running False means that it was proven down.

    counts: objects by name of the count ("endpoints", "aors", "auths", "contexts", "priorities", "queues",
    "mailboxes", "moh_classes", ...); a count that this host cannot give is absent. log_offset: bytes of the log
    already written when the look was taken; calls: channels in progress; contacts: registered phones; started: when it
    says it was started, which tells one start from the next.
    """

    running: bool
    version: str = ""
    counts: tuple[tuple[str, int], ...] = ()
    calls: int = 0
    contacts: int = 0
    log_offset: int = 0
    started: str = ""

    def count(self, name: str) -> int | None:
        """Return one count, or None where it is not known."""
        return dict(self.counts).get(name)


@dataclass(frozen=True, slots=True)
class Reloaded:
    """The outcome of one reload action; skipped: the module is optional and not in use here."""

    module: str
    seconds: float
    skipped: bool = False
