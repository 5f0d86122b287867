"""What hosts tell each other of themselves every few seconds, and how each is reached from here."""

from dataclasses import dataclass

from pbxsync_worker.core.model.fact import Value

_FAR_MS = 10.0
_FAR_SPEED = 20e6
SOFTWARE = "0.1.0"
"""The version of PBXSync, as pyproject.toml has it."""


@dataclass(frozen=True, slots=True)
class Told:
    """One fact as a host knows it of itself; names have no side.

    value: None where it is not known; age_s: seconds since it was measured; source: who measured it, or why it is not
    known.
    """

    name: str
    value: Value | None
    age_s: float
    source: str


@dataclass(frozen=True, slots=True)
class Version:
    """What a host has of a job since its last run that ended well.

    root: digest (hex) of the source's inventory; age_s: seconds since that run; since_s: seconds since it has this.
    """

    group: str
    job: str
    source: str
    run: str
    root: str
    age_s: float
    since_s: float


@dataclass(frozen=True, slots=True)
class Report:
    """One half of an exchange.

    software: version of PBXSync; clock: seconds since 1970 there, read last; took_s: seconds that the answer cost;
    dials: who answers reaches who asks by itself; polls: who asks takes what waits for it through `errands`.
    """

    software: str
    clock: float
    facts: tuple[Told, ...] = ()
    versions: tuple[Version, ...] = ()
    took_s: float = 0.0
    dials: bool | None = None
    polls: bool = False


@dataclass(frozen=True, slots=True)
class LineState:
    """How another host is reached from here.

    state: one of REMOTE_STATES; sentence: in stored form, "" where there is nothing to tell; since, heard_at,
    dialled_at: seconds since 1970, 0 for never; dials: this host reaches it by itself, None before it was tried;
    called: whether it reaches this host by itself, as it says; polls: it takes what waits for it here; offset_s: how
    much its clock is ahead of ours; software: its PBXSync; measured_at: when bytes_per_s was.
    """

    state: str = "unreachable"
    sentence: str = ""
    since: float = 0.0
    heard_at: float = 0.0
    dialled_at: float = 0.0
    dials: bool | None = None
    called: bool | None = None
    polls: bool = False
    failures: int = 0
    rtt_ms: float | None = None
    bytes_per_s: float | None = None
    offset_s: float | None = None
    software: str = ""
    measured_at: float = 0.0

    @property
    def speed(self) -> float | None:
        """Return the bytes a second to reckon with, None where nobody knows.

        They are measured by what one small message takes longer than another, and on a busy host the first may even be
        quicker; but a line of such a length is hardly ever faster, and where it is, little is lost.
        """
        if self.rtt_ms is not None and self.rtt_ms > _FAR_MS:
            return min(self.bytes_per_s or _FAR_SPEED, _FAR_SPEED)
        return self.bytes_per_s
