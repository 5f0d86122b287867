"""The latest facts of every host, and how they were: one row for each host, and samples of what changed.

A sample holds what differs from the one before it; now and then one holds everything, so that the state at any moment
is read from few rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, func, insert, select, update

from pbxsync_worker.core.model.fact import HOST_KINDS, LINK_KINDS, LOCAL, REMOTE, Fact, Facts, Value
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.report import Told
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.tables import fact_sample
from pbxsync_worker.core.store.tables import host_facts as table
from pbxsync_worker.core.wire import pack, unpack

KEPT = 7 * 86400.0
"""Seconds for which samples are kept."""
MOST = 500_000
"""Samples that are kept at most, of all hosts together."""
WHOLE = 1800.0
"""Seconds after which a sample holds everything."""
MINUTE = 60.0
QUICK = 5.0
"""Seconds between two samples at least, where something changed."""
PASSING = "_s"
"""How the names of facts end that count seconds: that they grew is no change."""

_HOST_NAMES = frozenset(kind.name for kind in HOST_KINDS)
_LINK_NAMES = frozenset(kind.name for kind in LINK_KINDS)


@dataclass(frozen=True, slots=True)
class Known:
    """One fact of one host; value None: not known, and `source` says why; since: when it became so."""

    name: str
    value: Value | None
    at: float
    since: float
    source: str


_Sample = dict[str, Value | None]


class StoredFacts:
    """Facts by host identity; names have no side, such as `asterisk.calls`; those of the link stand beside them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def record(self, host: str, told: Sequence[Told], pace: float = QUICK) -> tuple[str, ...]:
        """Store what was measured of a host, beside what is known of it; return the names whose value changed.

        pace: seconds between two samples of changes at least; without changes there is one a minute.
        """
        now = self._clock.now()
        with self._database.write() as connection:
            row = connection.execute(select(table).where(table.c.host == host)).first()
            before = {} if row is None else _by_name(row.body)
            news = {one.name: _known(one, before.get(one.name), now) for one in told}
            after = {**before, **news}
            last = _Sampled() if row is None else unpack(row.sampled, _Sampled)
            sampled = _sample(connection, host, {name: one.value for name, one in after.items()}, last, (now, pace))
            values = {"at": now, "body": pack(tuple(after.values())), "sampled": pack(sampled)}
            if row is None:
                connection.execute(insert(table).values(host=host, **values))
            else:
                connection.execute(update(table).where(table.c.host == host).values(**values))
        return tuple(name for name, one in news.items() if name not in before or before[name].value != one.value)

    def known(self, host: str) -> Mapping[str, Known]:
        """Return everything that was ever measured of a host, what is not known any more among it."""
        with self._database.read() as connection:
            row = connection.execute(select(table.c.body).where(table.c.host == host)).first()
        return {} if row is None else _by_name(row.body)

    def all(self) -> Mapping[str, Mapping[str, Known]]:
        """Return what is known of every host, by its identity."""
        with self._database.read() as connection:
            return {row.host: _by_name(row.body) for row in connection.execute(select(table.c.host, table.c.body))}

    def of_pair(self, me: str, source: str, at: float | None = None) -> Facts:
        """Return the facts that a run from `source` on this host is judged by; what is not known is not there.

        at: seconds since 1970, None for now.
        """
        found: dict[str, Fact] = {}
        for host, side in ((me, LOCAL), (source, REMOTE)):
            for one in self._at(host, at).values():
                name = f"{side}.{one.name}" if one.name in _HOST_NAMES else one.name
                if one.value is not None and (one.name in _HOST_NAMES or (host == source and one.name in _LINK_NAMES)):
                    found[name] = Fact(name, one.value, one.at, one.source)
        return found

    def _at(self, host: str, at: float | None) -> Mapping[str, Known]:
        if at is None:
            return self.known(host)
        return {name: Known(name, value, at, at, "history") for name, value in self.moment(host, at).items()}

    def recorded_at(self, host: str, at: float | None = None) -> float:
        """Return when something was recorded of a host last, before a moment or, None, at all; 0 for never."""
        query = select(table.c.at).where(table.c.host == host)
        if at is not None:
            query = select(func.max(fact_sample.c.at)).where(fact_sample.c.host == host, fact_sample.c.at <= at)
        with self._database.read() as connection:
            return float(connection.execute(query).scalar() or 0.0)

    def moment(self, host: str, at: float) -> Mapping[str, Value | None]:
        """Return what was known of a host at a moment; nothing before its first sample."""
        of = (fact_sample.c.host == host, fact_sample.c.at <= at)
        with self._database.read() as connection:
            whole = select(func.max(fact_sample.c.number)).where(*of, fact_sample.c.whole.is_(True))
            first = connection.execute(whole).scalar()
            if first is None:
                return {}
            query = select(fact_sample.c.body).where(*of, fact_sample.c.number >= first).order_by(fact_sample.c.number)
            state: _Sample = {}
            for row in connection.execute(query):
                state |= unpack(row.body, _Sample)
        return state

    def history(
        self, host: str, since: float, names: Sequence[str] = ()
    ) -> Mapping[str, tuple[tuple[float, Value | None], ...]]:
        """Return the samples of a host from a moment on, oldest first, as (seconds since 1970, value) by name.

        names: only those, () for all. What held when the time begins is its first sample.
        """
        found: dict[str, list[tuple[float, Value | None]]] = {}
        for name, value in self.moment(host, since).items():
            found[name] = [(since, value)]
        query = select(fact_sample.c.at, fact_sample.c.body).where(fact_sample.c.host == host, fact_sample.c.at > since)
        with self._database.read() as connection:
            for row in connection.execute(query.order_by(fact_sample.c.number)):
                for name, value in unpack(row.body, _Sample).items():
                    found.setdefault(name, []).append((row.at, value))
        return {name: tuple(values) for name, values in found.items() if not names or name in names}

    def prune(self) -> None:
        """Forget old samples, and the oldest where there are too many."""
        with self._database.write() as connection:
            connection.execute(delete(fact_sample).where(fact_sample.c.at < self._clock.now() - KEPT))
            newest = connection.execute(select(func.max(fact_sample.c.number))).scalar() or 0
            connection.execute(delete(fact_sample).where(fact_sample.c.number <= newest - MOST))

    def forget(self, host: str) -> None:
        """Forget everything about a host."""
        with self._database.write() as connection:
            connection.execute(delete(table).where(table.c.host == host))
            connection.execute(delete(fact_sample).where(fact_sample.c.host == host))


def _known(told: Told, before: Known | None, now: float) -> Known:
    since = before.since if before is not None and before.value == told.value else now - told.age_s
    return Known(told.name, told.value, now - told.age_s, since, told.source)


def _by_name(body: bytes) -> dict[str, Known]:
    return {one.name: one for one in unpack(body, tuple[Known, ...])}


@dataclass(frozen=True, slots=True)
class _Sampled:
    """What the last sample of a host left known; whole_at: when one held everything."""

    at: float = 0.0
    whole_at: float = 0.0
    values: dict[str, Value | None] = field(default_factory=dict)


def _sample(connection: Connection, host: str, values: _Sample, last: _Sampled, when: tuple[float, float]) -> _Sampled:
    """Add a sample where it is time for one; return what was sampled last."""
    now, pace = when
    apart = now - last.at
    changed = {name: value for name, value in values.items() if name not in last.values or last.values[name] != value}
    if 0 <= apart < (pace if any(not name.endswith(PASSING) for name in changed) else max(pace, MINUTE)):
        return last
    whole = not 0 <= now - last.whole_at < WHOLE
    body = pack(values if whole else changed)
    connection.execute(insert(fact_sample).values(host=host, at=now, whole=whole, body=body))
    return _Sampled(now, now if whole else last.whole_at, values)
