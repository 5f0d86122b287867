"""Which jobs start now: decides from what is known of one job, so that no time is lost and none starts twice.

The times up to `looked_at` are dealt with. A clock that jumps back only moves that mark; what was started stays
started, and what was skipped meanwhile starts when its time comes in truth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf

from pbxsync_worker.core.model.host import Job
from pbxsync_worker.core.model.job import Missed, Trigger
from pbxsync_worker.core.model.occurrence import Cause, Occurrence, SourceChange, Stage
from pbxsync_worker.core.model.schedule import newest_times, next_due, put_off
from pbxsync_worker.core.model.sentence import join, say

GRACE = 60.0
"""Seconds by which a start may be late before its time counts as missed: so long a restart may take."""

MOST = 1500
"""Missed times that are looked at, a day of minutes; older ones are not."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a job; all times are seconds since 1970.

    looked_at, definition: as `Decision` left them, None before the first; waiting: occurrences that are due; stages: of
    known occurrences of the schedule, by their time; busy: a run of it is going on; started_at: when it was started
    last, by whatever, 0 for never; ended_well: when jobs of its group last ended well; changed: what its source told;
    newest_change: `at` of the newest occurrence that a change made.
    """

    group: str
    job: Job
    looked_at: float | None = None
    definition: str = ""
    waiting: tuple[Occurrence, ...] = ()
    stages: Mapping[int, Stage] = field(default_factory=dict)
    busy: bool = False
    started_at: float = 0.0
    ended_well: Mapping[str, float] = field(default_factory=dict)
    changed: SourceChange | None = None
    newest_change: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write in one transaction: what starts, waits and is skipped now, and the mark for the next look."""

    looked_at: float
    definition: str
    start: Occurrence | None = None
    others: tuple[Occurrence, ...] = ()

    def tells_something(self, known: Known) -> bool:
        """Tell whether anything is to be written."""
        same = (self.looked_at, self.definition) == (known.looked_at, known.definition)
        return bool(not same or self.start or self.others)


def definition(job: Job) -> str:
    """Return what of a job, when it becomes another, makes its schedule begin anew: from that moment on."""
    schedule = job.schedule
    return f"{schedule.when} {schedule.zone} {schedule.jitter}{' paused' if job.paused else ''}"


def quiet_until(known: Known, now: float) -> float:
    """Return before when nothing of a job can be due unless somebody tells of something; 0 where it may be due now.

    It stays true until the job becomes another, or the clock jumps back.
    """
    job = known.job
    if known.looked_at is None or now < known.looked_at or definition(job) != known.definition:
        return 0.0
    if known.waiting or known.changed:
        return 0.0
    if job.paused:
        return inf
    if _starts_after(job):
        return 0.0
    due = next_due(job.schedule, f"{known.group}/{job.name}", known.looked_at)
    return inf if due is None else due


def decide(known: Known, now: float) -> Decision:
    """Return what is done now."""
    job, mark = known.job, definition(known.job)
    anew = known.looked_at is None or known.definition != mark or now < known.looked_at
    looked_at = now if anew or known.looked_at is None else known.looked_at
    if job.paused:
        gone = tuple(_skipped(one, say("the job was paused")) for one in known.waiting)
        return Decision(looked_at, mark, None, gone)
    passed = _passed(known, looked_at, now)
    fresh, skipped = _by_policy(job.schedule.missed, *_of_schedule(known, passed, now))
    looked_at = max([looked_at, *(one.due for one in passed)])
    pending = sorted((*known.waiting, *fresh, *_changed(known, now), *_after(known, now)), key=lambda one: one.due)
    if job.schedule.missed is not Missed.ALL:
        skipped += tuple(_skipped(one, say("a later start took its place")) for one in pending[:-1])
        pending = pending[-1:]
    why = waits_for(known, now)
    if not pending or why:
        return Decision(looked_at, mark, None, (*skipped, *_told(pending, why)))
    start = replace(pending[0], stage=Stage.STARTED, sentence="", started_at=now)
    more = _told(pending[1:], say("it starts when the one before has ended"))
    return Decision(looked_at, mark, start, (*skipped, *more))


def waits_for(known: Known, now: float) -> str:
    """Return what stands in the way of a start, as a stored sentence, "" for nothing."""
    if known.busy:
        return say("it waits until the run of it that is going on has ended")
    # A start that lies ahead is from before a jump of the clock, and says nothing any more.
    since = known.started_at if known.started_at <= now else 0.0
    late = [name for name in known.job.after if known.ended_well.get(name, 0.0) <= since]
    return say("it waits until {names} ended well", names=join(late)) if late else ""


def _passed(known: Known, looked_at: float, now: float) -> tuple[Occurrence, ...]:
    """Return every occurrence of the schedule whose time came since the last look, the first that was due first."""
    group, job, schedule = known.group, known.job.name, known.job.schedule
    found = newest_times(schedule, looked_at - schedule.jitter, now, MOST)
    dues = ((at, float(at + put_off(schedule, f"{group}/{job}", at))) for at in found)
    came = (Occurrence(group, job, Cause.SCHEDULE, at, due) for at, due in dues if looked_at < due <= now)
    return tuple(sorted(came, key=lambda one: one.due))


def _of_schedule(known: Known, passed: Sequence[Occurrence], now: float) -> tuple[list[Occurrence], list[Occurrence]]:
    """Return what is to start by the schedule, and what was missed."""
    fresh: list[Occurrence] = []
    missed: list[Occurrence] = []
    for one in passed:
        stage = known.stages.get(one.at)
        if stage in (None, Stage.SKIPPED) and now - one.due <= GRACE:
            fresh.append(one)
        elif stage is None:
            missed.append(one)
    return fresh, missed


def _by_policy(
    policy: Missed, fresh: list[Occurrence], missed: list[Occurrence]
) -> tuple[list[Occurrence], tuple[Occurrence, ...]]:
    if policy is Missed.ALL:
        return [*missed, *fresh], ()
    if policy is Missed.ONCE and missed and not fresh:
        fresh, missed = missed[-1:], missed[:-1]
    why = say("nobody could start it at its time")
    return fresh, tuple(_skipped(one, why) for one in missed)


def _changed(known: Known, now: float) -> tuple[Occurrence, ...]:
    on, changed = known.job.on_change, known.changed
    if changed is None or on.trigger is Trigger.OFF:
        return ()
    # A time that has not come yet is from before a jump of the clock.
    last = min(changed.last_at, now)
    due = min(last + on.debounce, changed.first_at + on.longest)
    if due > now >= changed.first_at:
        return ()
    at = max(int(min(changed.first_at, now)), known.newest_change + 1)
    return (Occurrence(known.group, known.job.name, Cause.CHANGE, at, min(due, now)),)


def _after(known: Known, now: float) -> tuple[Occurrence, ...]:
    if not _starts_after(known.job) or waits_for(known, now):
        return ()
    newest = max(known.ended_well.get(name, 0.0) for name in known.job.after)
    return (Occurrence(known.group, known.job.name, Cause.AFTER, int(newest), newest),)


def _starts_after(job: Job) -> bool:
    return bool(job.after) and not job.schedule.when and job.on_change.trigger is Trigger.OFF


def _skipped(one: Occurrence, why: str) -> Occurrence:
    return replace(one, stage=Stage.SKIPPED, sentence=why)


def _told(waiting: Sequence[Occurrence], why: str) -> tuple[Occurrence, ...]:
    """Return what waits, as far as it is not known to wait for that; what changed is remembered where it was told."""
    told = (one for one in waiting if one.cause is Cause.SCHEDULE and one.sentence != why)
    return tuple(replace(one, sentence=why) for one in told)
