"""What this host tells of itself to the others, and what it keeps of what they tell."""

from contextlib import suppress
from dataclasses import replace

from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.report import SOFTWARE, LineState, Report, Told
from pbxsync_worker.core.model.report import Version as HasVersion
from pbxsync_worker.core.store import Store
from pbxsync_worker.monitor.remote import Exchanged, link_facts

MINUTE = 60.0
MANY = 20
SAMPLE = 60.0
SAMPLE_MANY = 300.0
"""Seconds between two samples of another host's facts: of more than MANY hosts fewer are kept."""


class HostReports:
    """What this host tells of itself, and keeps of what others tell: the ports Reporting and Keeping."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._me = store.hosts.me().id

    def own(self, host: str) -> Report:
        """Return how this host is, for another one."""
        now = self._clock.now()
        facts = tuple(
            Told(one.name, one.value, max(0.0, now - one.at), one.source)
            for one in self._store.facts.known(self._me).values()
        )
        line = self._store.lines.of(host)
        versions = tuple(
            HasVersion(
                one.group, one.job, one.source, one.run, one.root, max(0.0, now - one.at), max(0.0, now - one.since)
            )
            for one in self._store.versions.of(self._me)
        )
        return Report(SOFTWARE, now, facts, versions, dials=self._dials(host, line), polls=line.called is False)

    def _dials(self, host: str, line: LineState) -> bool | None:
        with suppress(NotFound):
            if not self._store.hosts.by_id(host).host.address:
                return False
        return line.dials

    def take(self, host: str, report: Report) -> None:
        """Keep what a host told that called."""
        offset = round(report.clock - self._clock.now(), 3)
        self._store.lines.heard(host, report.software, offset, polls=report.polls)
        self._keep(host, report, self._store.lines.of(host))

    def state(self, host: str) -> LineState:
        """Return how a host is reached."""
        return self._store.lines.of(host)

    def keep(self, host: str, line: LineState, got: Exchanged | None) -> None:
        """Remember how a host is reached, and what it told; what it told the peer service meanwhile stays."""
        known = self._store.lines.of(host)
        line = replace(line, heard_at=max(line.heard_at, known.heard_at), polls=known.polls)
        if got is None and known.heard_at > line.dialled_at:
            return  # it called while it was tried
        self._store.lines.save(host, line)
        with suppress(NotFound):
            self._see(host, line)
        self._keep(host, None if got is None else got.report, line)

    def _see(self, host: str, line: LineState) -> None:
        """Remember on the host's page when it was heard, to the minute, and what is wrong."""
        known = self._store.hosts.by_id(host)
        if known.trouble != line.sentence or line.heard_at - known.seen_at >= MINUTE:
            self._store.hosts.seen(host, line.heard_at, line.sentence)

    def _keep(self, host: str, report: Report | None, line: LineState) -> None:
        told = [] if report is None else [one for one in report.facts if one.name != "clock.offset_s"]
        told += link_facts(line, self._clock.now())
        self._store.facts.record(host, told, self._pace())
        if report is not None:
            self._store.versions.keep(host, report.versions)

    def _pace(self) -> float:
        return SAMPLE if len(self._store.lines.all()) <= MANY else SAMPLE_MANY
