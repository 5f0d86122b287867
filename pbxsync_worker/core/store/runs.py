"""Runs and their timeline; `move` is the only way a run of this host changes its state."""

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import zstandard
from sqlalchemy import Connection, Row, delete, exists, func, insert, select, update

from pbxsync_worker.core.model.alert import NEWS
from pbxsync_worker.core.model.errors import Fenced, IllegalMove, NotFound
from pbxsync_worker.core.model.pbx import Finding
from pbxsync_worker.core.model.plan import Plan
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.run import ENDED, GOOD, Mode, Move, Numbers, Run, State
from pbxsync_worker.core.model.sent import Sent
from pbxsync_worker.core.store.alert_tables import alert_news
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.tables import fence, run_move, run_plan, run_result
from pbxsync_worker.core.store.tables import run as table
from pbxsync_worker.core.wire import pack, unpack

_UNHEARD = 600.0
_ROLLOUTS = 20
"""Executions of a job that are looked at for one that ended well."""
_UNENDED = [state.value for state in State if state not in ENDED]
_OURS = (table.c.mode == Mode.APPLY.value, table.c.rollout != "")


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan as people see it; digest: hex, what an approval names; diffs: text by shown item name."""

    digest: str
    plan: Plan
    diffs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Result:
    """What a run measured and found; reloaded: module names in order."""

    numbers: Numbers = field(default_factory=Numbers)
    reloaded: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    sent: Sent = field(default_factory=Sent)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a job fares that is started here; times in seconds since 1970, 0 for never. A preview does not count.

    busy: one of its runs goes on; started_at: when it was started last; ended_well: when it last ended well on all its
    targets.
    """

    busy: bool = False
    started_at: float = 0.0
    ended_well: float = 0.0


def new_id() -> str:
    """Return a new id for a run or a rollout: 12 hex digits."""
    return secrets.token_hex(6)


class Runs:
    """The runs this host executes or follows."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def request(self, runs: Sequence[Run]) -> None:
        """Store new runs as REQUESTED; a run that is already known stays as it is."""
        with self._database.write() as connection:
            add_runs(connection, runs, self._clock.now())

    def get(self, identity: str) -> Run:
        """Return a run by id or by an unambiguous beginning of it; raise NotFound."""
        with self._database.read() as connection:
            found = connection.execute(
                select(table).where(table.c.id.startswith(identity, autoescape=True)).limit(2)
            ).all()
        if len(found) != 1 or not identity:
            raise NotFound(what="run", name=identity)
        return run_from_row(found[0])

    def find(self, *, job: str = "", state: str = "", limit: int = 50, before: float = 0.0) -> tuple[Run, ...]:
        """Return runs, newest first; before: only those requested earlier than this time."""
        query = select(table).order_by(table.c.requested_at.desc(), table.c.position.desc()).limit(limit)
        if job:
            query = query.where(table.c.job == job)
        if state:
            query = query.where(table.c.state == state)
        if before:
            query = query.where(table.c.requested_at < before)
        return self._all(query)

    def newest(self, states: Collection[State] = ()) -> Mapping[tuple[str, str], Run]:
        """Return the newest run of every job that ever had one, by group and name, with one statement.

        states: only runs in one of these, () for all.
        """
        last = select(table.c.group, table.c.job, func.max(table.c.requested_at).label("at"))
        if states:
            last = last.where(table.c.state.in_([state.value for state in states]))
        by_job = last.group_by(table.c.group, table.c.job).subquery()
        same = (by_job.c.group == table.c.group) & (by_job.c.job == table.c.job)
        query = select(table).join(by_job, same & (by_job.c.at == table.c.requested_at)).order_by(table.c.position)
        found = (run for run in self._all(query) if not states or run.state in states)
        return {(run.group, run.job): run for run in found}

    def held(self, limit: int = 50) -> tuple[Run, ...]:
        """Return held runs that still wait for somebody, newest first: no later run of their job changed that host."""
        later = table.alias()
        same = [later.c[one] == table.c[one] for one in ("group", "job", "target")]
        passed = exists().where(*same, later.c.mode != Mode.PLAN.value, later.c.requested_at > table.c.requested_at)
        real = table.c.mode != Mode.PLAN.value
        waiting = select(table).where(table.c.state == State.HELD.value, real, ~passed)
        return self._all(waiting.order_by(table.c.requested_at.desc(), table.c.position.desc()).limit(limit))

    def of_rollout(self, rollout: str) -> tuple[Run, ...]:
        """Return the runs of one job execution in their order; several on one target one after the other."""
        query = select(table).where(table.c.rollout == rollout)
        return self._all(query.order_by(table.c.position, table.c.requested_at))

    def standing(self, group: str, job: str) -> Standing:
        """Tell how a job fares that this host coordinates.

        A run on another host that was not heard of for a while is nobody's obstacle: it goes on alone.
        """
        of_job = (table.c.group == group, table.c.job == job)
        ours = (*of_job, *_OURS)
        open_still = select(table.c.id).where(*of_job, *self._busy()).limit(1)
        began, well, before = 0.0, 0.0, None
        with self._database.read() as connection:
            busy = connection.execute(open_still).first() is not None
        for _ in range(_ROLLOUTS):
            query = select(table).where(*ours).order_by(table.c.requested_at.desc()).limit(1)
            newest = self._all(query if before is None else query.where(table.c.requested_at < before))
            if not newest:
                break
            runs = self.of_rollout(newest[0].rollout)
            before = min(run.requested_at for run in runs)
            began = began or before
            last = {run.position: run for run in runs}.values()
            if all(run.state in GOOD for run in last):
                well = max(run.moved_at for run in last)
                break
        return Standing(busy, began, well)

    def busy(self) -> frozenset[tuple[str, str]]:
        """Return group and name of every job that `standing` calls busy; quick however many jobs there are."""
        query = select(table.c.group, table.c.job).where(*self._busy()).distinct()
        with self._database.read() as connection:
            return frozenset((group, job) for group, job in connection.execute(query))

    def _busy(self) -> tuple[Any, ...]:
        now = self._clock.now()
        heard = table.c.here | (table.c.moved_at > now - _UNHEARD) | (table.c.not_before > now)
        return (*_OURS, table.c.state.in_(_UNENDED), heard)

    def unfinished(self) -> tuple[Run, ...]:
        """Return every run that has not ended, oldest first."""
        return self._all(select(table).where(table.c.state.in_(_UNENDED)).order_by(table.c.requested_at))

    def _all(self, query: Any) -> tuple[Run, ...]:
        with self._database.read() as connection:
            return tuple(run_from_row(row) for row in connection.execute(query))

    def take(self, identity: str) -> Run:
        """Give the run, and this host, to the caller: whoever held an older token can move nothing any more."""
        with self._database.write() as connection:
            token = connection.execute(select(fence.c.token).where(fence.c.name == "host")).scalar()
            if token is None:
                connection.execute(insert(fence).values(name="host", token=0))
            new = (token or 0) + 1
            connection.execute(update(fence).values(token=new).where(fence.c.name == "host"))
            connection.execute(update(table).values(token=new).where(table.c.id == identity))
        return self.get(identity)

    def move(self, run: Run, state: State, sentence: str = "", error: str = "") -> Run:
        """Move a run in one transaction with its move row; raise IllegalMove or Fenced and change nothing."""
        now = self._clock.now()
        moved = replace(run.moved_to(state, sentence, error), moved_at=now)
        with self._database.write() as connection:
            if run.token and connection.execute(select(fence.c.token)).scalar() != run.token:
                raise Fenced(run=run.id)
            changed = connection.execute(
                update(table)
                .where(table.c.id == run.id, table.c.state == run.state.value, table.c.token == run.token)
                .values(state=state.value, sentence=sentence, error=moved.error, moved_at=now)
            )
            if changed.rowcount != 1:
                raise IllegalMove(run=run.id, before=run.state, after=state)
            _add_move(connection, moved, run.state.value, now)
        return moved

    def retell(self, run: Run, sentence: str) -> Run:
        """Say why a run waits by now, without a move; one that goes on meanwhile stays as it is."""
        where = (table.c.id == run.id, table.c.state == State.WAITING.value, table.c.sentence != sentence)
        with self._database.write() as connection:
            connection.execute(update(table).where(*where).values(sentence=sentence))
        return replace(run, sentence=sentence)

    def moves(self, identity: str, after: int = 0) -> tuple[Move, ...]:
        """Return the timeline from move number `after` (exclusive) on; numbers count from 1."""
        query = (
            select(run_move).where(run_move.c.run == identity, run_move.c.number > after).order_by(run_move.c.number)
        )
        with self._database.read() as connection:
            return tuple(
                Move(row.number, row.before, State(row.after), row.at, row.sentence, row.error)
                for row in connection.execute(query)
            )

    def waits_since(self, identity: str) -> float | None:
        """Return when a run began to wait for the first time, None where it never did."""
        where = (run_move.c.run == identity, run_move.c.after == State.WAITING.value)
        with self._database.read() as connection:
            found: float | None = connection.execute(select(func.min(run_move.c.at)).where(*where)).scalar()
        return found

    def mirror(self, run: Run, moves: Sequence[Move]) -> None:
        """Take over what the executing host tells of a run that is only followed here."""
        with self._database.write() as connection:
            # Our own clock, because the sweeper compares with it.
            values = {
                "state": run.state.value,
                "sentence": run.sentence,
                "error": run.error,
                "moved_at": self._clock.now(),
            }
            where = (table.c.id == run.id, table.c.here.is_(False), table.c.state.in_(_UNENDED))
            if connection.execute(update(table).where(*where).values(**values)).rowcount != 1:
                return
            # The first move, REQUESTED, was written here when the wish was made.
            connection.execute(delete(run_move).where(run_move.c.run == run.id, run_move.c.number.in_(_numbers(moves))))
            for move in moves:
                values = {**asdict(move), "after": move.after.value, "run": run.id}
                connection.execute(insert(run_move).values(**values))
            _tell_alerts(connection, run)

    def note_asked(self, run: Run, *, asked: bool) -> None:
        """Write down whether the host that is to execute a run may have taken it; later coordinators must know."""
        if run.asked != asked:
            with self._database.write() as connection:
                connection.execute(update(table).where(table.c.id == run.id).values(asked=asked))

    def fail_followed(self, run: Run, sentence: str, error: str) -> None:
        """End a run that is only followed here and never reached its target."""
        moved = replace(run, state=State.FAILED, sentence=sentence, error=error)
        now = self._clock.now()
        with self._database.write() as connection:
            where = (table.c.id == run.id, table.c.here.is_(False), table.c.state == State.REQUESTED.value)
            values = {"state": State.FAILED.value, "sentence": sentence, "error": error, "moved_at": now}
            if connection.execute(update(table).where(*where).values(**values)).rowcount == 1:
                _add_move(connection, moved, State.REQUESTED.value, now)

    def cancel(self, identity: str, who: str) -> Run:
        """Ask a run to cancel itself; one that has ended stays as it is."""
        run = self.get(identity)
        with self._database.write() as connection:
            connection.execute(
                update(table).where(table.c.id == run.id, table.c.state.in_(_UNENDED)).values(cancel_by=who)
            )
        return self.get(run.id)

    def save_plan(self, identity: str, plan: Plan, diffs: Mapping[str, str], digest: str = "") -> None:
        """Store what the run will do; digest: as its own host told it, of a plan that was made shorter for the way."""
        values = {
            "digest": digest or plan.digest.hex(),
            "plan": zstandard.compress(pack(plan)),
            "diffs": zstandard.compress(json.dumps(dict(diffs)).encode()),
        }
        self._put(run_plan, identity, values)

    def plan(self, identity: str) -> SavedPlan | None:
        """Return what the run will do or did, None before it was planned."""
        with self._database.read() as connection:
            row = connection.execute(select(run_plan).where(run_plan.c.run == identity)).first()
        if row is None:
            return None
        diffs = json.loads(_plain(row.diffs))
        return SavedPlan(row.digest, unpack(_plain(row.plan), Plan), diffs)

    def save_result(self, identity: str, result: Result) -> None:
        """Store what the run measured and found."""
        self._put(run_result, identity, {"result": pack(result)})

    def result(self, identity: str) -> Result:
        """Return what the run measured and found; zeros before it did."""
        with self._database.read() as connection:
            row = connection.execute(select(run_result).where(run_result.c.run == identity)).first()
        return unpack(row.result, Result) if row else Result()

    def _put(self, into: Any, identity: str, values: Mapping[str, object]) -> None:
        with self._database.write() as connection:
            connection.execute(delete(into).where(into.c.run == identity))
            connection.execute(insert(into).values(run=identity, **values))


def add_runs(connection: Connection, runs: Sequence[Run], now: float) -> None:
    """Store new runs as REQUESTED within a transaction; a run that is already known stays as it is."""
    asked = {run.id: run for run in runs}
    known = set(connection.execute(select(table.c.id).where(table.c.id.in_(asked))).scalars())
    fresh = [
        replace(run, state=State.REQUESTED, requested_at=run.requested_at or now, moved_at=now)
        for run in asked.values()
        if run.id not in known
    ]
    if fresh:
        connection.execute(insert(table), [_to_row(run) for run in fresh])
        connection.execute(insert(run_move), [_move_row(run, 1, "", now) for run in fresh])


def _add_move(connection: Connection, run: Run, before: str, now: float) -> None:
    newest = connection.execute(select(func.max(run_move.c.number)).where(run_move.c.run == run.id)).scalar()
    connection.execute(insert(run_move).values(**_move_row(run, (newest or 0) + 1, before, now)))
    _tell_alerts(connection, run)


def _move_row(run: Run, number: int, before: str, now: float) -> dict[str, object]:
    told = {"sentence": run.sentence, "error": run.error}
    return {"run": run.id, "number": number, "before": before, "after": run.state.value, "at": now, **told}


def _tell_alerts(connection: Connection, run: Run) -> None:
    """Let whoever is to hear of the end of a run hear of it, in the transaction that ends it."""
    if run.state in NEWS:
        connection.execute(insert(alert_news).values(run=run.id))


def _numbers(moves: Sequence[Move]) -> list[int]:
    return [move.number for move in moves]


def _plain(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(data)


def _to_row(run: Run) -> dict[str, object]:
    return {**asdict(run), "mode": run.mode.value, "state": run.state.value}


def run_from_row(row: Row[Any], *beside: str) -> Run:
    """Return the run of a row; beside: names of columns that stand there for something else."""
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to a row's names
    for name in beside:
        del values[name]
    return Run(**{**values, "mode": Mode(values["mode"]), "state": State(values["state"])})
