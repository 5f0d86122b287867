"""What this host tells of itself to the others, and what it keeps of what they tell."""

from contextlib import suppress
from dataclasses import dataclass, replace

from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.report import SOFTWARE, LineState, Report, Told
from pbxsync_worker.core.model.report import Version as HasVersion
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.store.facts import Known
from pbxsync_worker.core.store.versions import HostVersion
from pbxsync_worker.monitor.remote import Exchanged, link_facts

MINUTE = 60.0
MANY = 20
SAMPLE = 60.0
SAMPLE_MANY = 300.0
"""Seconds between two samples of another host's facts: of more than MANY hosts fewer are kept."""

FRESH = 0.5
"""Seconds for which what is told to all hosts alike is read once: 500 hosts are told something 33 times a second."""


@dataclass(frozen=True, slots=True)
class _Mine:
    """What is told to every host alike; read_at: by the clock that never jumps; many: whether there are many hosts."""

    read_at: float
    facts: tuple[Known, ...]
    versions: tuple[HostVersion, ...]
    without_address: frozenset[str]
    many: bool


class HostReports:
    """What this host tells of itself, and keeps of what others tell: the ports Reporting and Keeping."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._me = store.hosts.me().id
        self._read: _Mine | None = None
        self._shown: dict[str, tuple[str, float]] = {}

    def own(self, host: str) -> Report:
        """Return how this host is, for another one."""
        now, mine = self._clock.now(), self._mine()
        facts = tuple(Told(one.name, one.value, max(0.0, now - one.at), one.source) for one in mine.facts)
        line = self._store.lines.of(host)
        versions = tuple(
            HasVersion(
                one.group, one.job, one.source, one.run, one.root, max(0.0, now - one.at), max(0.0, now - one.since)
            )
            for one in mine.versions
        )
        dials = False if host in mine.without_address else line.dials
        return Report(SOFTWARE, now, facts, versions, dials=dials, polls=line.called is False)

    def _mine(self) -> _Mine:
        """Return what is read once for many hosts; threads that read it at the same time read the same."""
        now, known = self._clock.monotonic(), self._read
        if known is None or now - known.read_at >= FRESH:
            store = self._store
            facts, versions = tuple(store.facts.known(self._me).values()), store.versions.of(self._me)
            many = store.lines.count() > MANY
            known = self._read = _Mine(now, facts, versions, store.hosts.without_address(), many)
        return known

    def take(self, host: str, report: Report) -> None:
        """Keep what a host told that called."""
        offset = round(report.clock - self._clock.now(), 3)
        pace = self._pace()
        with self._store.lines.together():
            self._store.lines.heard(host, report.software, offset, polls=report.polls)
            self._keep(host, report, self._store.lines.of(host), pace)

    def state(self, host: str) -> LineState:
        """Return how a host is reached."""
        return self._store.lines.of(host)

    def keep(self, host: str, line: LineState, got: Exchanged | None) -> None:
        """Remember how a host is reached, and what it told; what it told the peer service meanwhile stays."""
        pace = self._pace()
        with self._store.lines.together():
            known = self._store.lines.of(host)
            line = replace(line, heard_at=max(line.heard_at, known.heard_at), polls=known.polls)
            if got is None and known.heard_at > line.dialled_at:
                return  # it called while it was tried
            self._store.lines.save(host, line)
            self._keep(host, None if got is None else got.report, line, pace)
        with suppress(NotFound):
            self._show(host, line)

    def _show(self, host: str, line: LineState) -> None:
        """Remember on the host's page when it was heard, to the minute, and what is wrong."""
        trouble, at = self._shown.get(host, ("", -MINUTE))
        if trouble == line.sentence and 0 <= line.heard_at - at < MINUTE:
            return  # as it was written
        known = self._store.hosts.by_id(host)
        if known.trouble != line.sentence or line.heard_at - known.seen_at >= MINUTE:
            self._store.hosts.seen(host, line.heard_at, line.sentence)
            known = replace(known, trouble=line.sentence, seen_at=line.heard_at)
        self._shown[host] = known.trouble, known.seen_at

    def _keep(self, host: str, report: Report | None, line: LineState, pace: float) -> None:
        told = [] if report is None else [one for one in report.facts if one.name != "clock.offset_s"]
        told += link_facts(line, self._clock.now())
        self._store.facts.record(host, told, pace)
        if report is not None:
            self._store.versions.keep(host, report.versions)

    def _pace(self) -> float:
        return SAMPLE_MANY if self._mine().many else SAMPLE
