"""Hosts tell each other how they are, and a host that nobody can call takes what waits for it: the answering side."""

from collections.abc import Iterator, Sequence
from math import isfinite
from threading import BoundedSemaphore
from typing import Protocol

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.fact import HOST_KINDS, FactType, Value
from pbxsync_worker.core.model.host import Peer
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.report import Report
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store.lines import Lines
from pbxsync_worker.peer.messages import Answered, Collect, Done, End, Message, Tell, Waiting
from pbxsync_worker.peer.polls import Polls

AT_ONCE = 8
"""Reports that are taken at the same time; where hundreds of hosts return together, the others have their turn then."""
MAX_TOLD = 200
MAX_VERSIONS = 2000
MAX_SECONDS = 1e10
MAX_TEXT = 2000
_KINDS = {kind.name: kind.type for kind in HOST_KINDS}
_TYPES: dict[FactType, tuple[type, ...]] = {
    FactType.YES_NO: (bool,),
    FactType.NUMBER: (int, float),
    FactType.TEXT: (str,),
}


class Reporting(Protocol):
    """What this host tells of itself, and takes from others."""

    def own(self, host: str) -> Report:
        """Return how this host is, for another one."""
        ...

    def take(self, host: str, report: Report) -> None:
        """Keep what another host told of itself."""
        ...


class Reports:
    """Answers `report`, `errands` and `errand`."""

    def __init__(self, reporting: Reporting, lines: Lines, clock: Clock) -> None:
        self._reporting = reporting
        self._lines = lines
        self._clock = clock
        self._few = BoundedSemaphore(AT_ONCE)
        self._polls = Polls(lines.waiting, clock)

    def report(self, peer: Peer, messages: Sequence[Message | bytes]) -> Iterator[Message]:
        """Take the report of a host, and give ours; its own facts only."""
        began = self._clock.monotonic()
        asked = messages[0] if len(messages) == 1 else None
        if not isinstance(asked, Tell):
            raise Invalid(what="request", problems="one Tell was expected")
        check(asked.report)
        with self._few:
            self._reporting.take(peer.host.id, known_here(asked.report))
            own = self._reporting.own(peer.host.id)
        took = self._clock.monotonic() - began
        yield Tell(Report(own.software, self._clock.now(), own.facts, own.versions, took, own.dials))

    def errands(self, peer: Peer, messages: Sequence[Message | bytes]) -> Iterator[Message]:
        """Give a host what waits for it, as soon as something does."""
        asked = messages[0] if len(messages) == 1 else None
        if not isinstance(asked, Collect):
            raise Invalid(what="request", problems="one Collect was expected")
        found = self._lines.take(peer.host.id)
        if not found and asked.wait > 0:
            self._polls.wait(peer.host.id, asked.wait)
            found = self._lines.take(peer.host.id)
        for one in found:
            yield Waiting(one.number, one.path, one.body)
        yield End(len(found))

    def errand(self, peer: Peer, messages: Sequence[Message | bytes]) -> Iterator[Message]:
        """Take the answer to what a host took."""
        asked = messages[0] if len(messages) == 1 else None
        if not isinstance(asked, Answered):
            raise Invalid(what="request", problems="one Answered was expected")
        self._lines.answer(peer.host.id, asked.number, asked.body)
        yield Done()


def check(report: Report) -> None:
    """Raise Invalid for a report that no honest host gives of itself."""
    if len(report.facts) > MAX_TOLD or len(report.versions) > MAX_VERSIONS:
        raise Invalid(what="report", problems=say("it tells more than there is"))
    times = [report.clock, report.took_s, *(one.age_s for one in report.facts)]
    times += [time for one in report.versions for time in (one.age_s, one.since_s)]
    if not all(isfinite(one) and 0 <= one < MAX_SECONDS for one in times):
        raise Invalid(what="report", problems=say("one of its times is impossible"))
    texts = [report.software, *(one.source for one in report.facts), *(one.name for one in report.facts)]
    for version in report.versions:
        texts += [version.group, version.job, version.source, version.run, version.root]
    if any(len(one) > MAX_TEXT for one in texts):
        raise Invalid(what="report", problems=say("one of its texts is too long"))
    for fact in report.facts:
        if not _fits(fact.name, fact.value):
            raise Invalid(what="report", problems=say("{name} has an impossible value", name=fact.name[:60]))


def _fits(name: str, value: Value | None) -> bool:
    """Tell whether a value is one of its fact; a fact that only newer versions know is fine, and not kept."""
    if value is None or name not in _KINDS:
        return True
    kind = _KINDS[name]
    if isinstance(value, bool) != (kind is FactType.YES_NO) or not isinstance(value, _TYPES[kind]):
        return False
    return isfinite(value) if isinstance(value, float) else len(value) <= MAX_TEXT if isinstance(value, str) else True


def known_here(report: Report) -> Report:
    """Return a report without facts that this version does not know."""
    facts = tuple(one for one in report.facts if one.name in _KINDS)
    return Report(report.software, report.clock, facts, report.versions, report.took_s, report.dials, report.polls)
