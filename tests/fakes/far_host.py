"""Another host that is called, without a network: it answers, is away, refuses or speaks another version, as told."""

from dataclasses import dataclass, field

from pbxsync_worker.core.model.errors import HostUnreachable, PbxSyncError, PeerRefused, WrongVersion
from pbxsync_worker.core.model.report import SOFTWARE, Report, Told
from pbxsync_worker.monitor.remote import Exchanged
from tests.fakes.clock import HandClock


@dataclass
class FarHost:
    """The port Line; trouble: the error that each exchange meets, None where it answers."""

    clock: HandClock
    facts: tuple[Told, ...] = (Told("asterisk.calls", 3, 0.0, "ami"),)
    rtt_s: float = 0.01
    dials: bool | None = True
    trouble: PbxSyncError | None = None
    measured: int = 0
    exchanges: list[float] = field(default_factory=list)
    closed: int = 0

    def exchange(self, *, measure: bool) -> Exchanged:
        self.exchanges.append(self.clock.monotonic())
        if self.trouble is not None:
            raise self.trouble
        self.measured += measure
        report = Report(SOFTWARE, self.clock.now(), self.facts, dials=self.dials)
        return Exchanged(report, self.rtt_s, self.clock.now(), 1_000_000 if measure else None)

    def go_away(self) -> None:
        self.trouble = HostUnreachable(host="far", reason="connection refused")

    def refuse(self) -> None:
        self.trouble = PeerRefused(host="far", reason="this host is not paired")

    def speak_otherwise(self) -> None:
        self.trouble = WrongVersion(host="far", reason="version 2")

    def close(self) -> None:
        self.closed += 1
