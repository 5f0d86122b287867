"""Why a job is not running right now, in one sentence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pbxsync_worker.core.model.host import Job
from pbxsync_worker.core.model.job import Trigger
from pbxsync_worker.core.model.occurrence import Occurrence, SourceChange
from pbxsync_worker.core.model.sentence import join, say

_SILENT = 30.0
"""Seconds without a look after which nobody seems to schedule."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the page of a job knows of its next start.

    coordinator: name of the host that starts it, "" for this one; overdue: seconds since its next time, as known here;
    after: titles of the jobs it comes after that have not ended well since it started last.
    """

    job: Job
    coordinator: str = ""
    busy: bool = False
    waiting: Sequence[Occurrence] = ()
    changed: SourceChange | None = None
    overdue: float = 0.0
    after: Sequence[str] = ()


def why_not(seen: Outlook) -> str:
    """Return a stored sentence."""
    return next(_reasons(seen))


def _reasons(seen: Outlook) -> Iterator[str]:
    """Give what holds of a job, what matters most first."""
    job = seen.job
    if seen.busy:
        yield say("It is running.")
    if seen.coordinator:
        yield say("It is started by {host}, which coordinates the group.", host=seen.coordinator)
    if job.paused:
        yield say("It is paused: only a person starts it.")
    if not (job.schedule.when or job.after or job.on_change.trigger is not Trigger.OFF):
        yield say("Nothing starts it but a person: it has no schedule, and no change or other job starts it.")
    yield from _not_yet(seen)
    yield say("Nothing changed at its source since it started last.")


def _not_yet(seen: Outlook) -> Iterator[str]:
    if seen.waiting and seen.waiting[-1].sentence:
        yield say("A start is due, and {why}.", why=seen.waiting[-1].sentence)
    if seen.overdue > _SILENT:
        yield say("Its time has come, but nobody looks: check that the monitor of this host runs.")
    if seen.after:
        yield say("It waits until {names} ended well.", names=join(list(seen.after)))
    if seen.changed is not None:
        yield say("Its source changed; it starts when things are quiet there.")
    if seen.job.schedule.when:
        yield say("Its next time has not come yet.")
