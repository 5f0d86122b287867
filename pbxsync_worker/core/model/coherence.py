"""Whether the jobs of a catalogue fit together: none undoes another, none waits for itself, each can be started."""

from collections.abc import Callable, Iterator, Sequence

from pbxsync_worker.core.model.errors import Invalid, NotFound
from pbxsync_worker.core.model.host import Catalogue, Job
from pbxsync_worker.core.model.overlap import overlap
from pbxsync_worker.core.model.schedule import problem
from pbxsync_worker.core.model.sentence import join, say

DAY = 86400
LIMITS = {
    "parallel": (1, 50),
    "bandwidth": (0, 2**40),
    "time_limit": (0, 7 * DAY),
    "attempts": (0, 10),
    "pause": (1, DAY),
    "debounce": (0, DAY),
    "longest": (1, DAY),
}
"""The least and the most of each number of a job."""


def problems(catalogue: Catalogue) -> Iterator[str]:
    """Give what is wrong with the jobs of a catalogue, as stored sentences."""
    for job in catalogue.jobs:
        yield from _of_job(catalogue, job)
    followed = _cycle(catalogue.jobs, lambda one, other: one.name in other.after)
    if followed:
        yield say("{jobs}: each would wait for the other", jobs=join([job.name for job in followed]))
    carried = _cycle(catalogue.jobs, lambda one, other: bool(carries_back(catalogue, one, other)))
    if carried:
        what = carries_back(catalogue, carried[0], carried[1 % len(carried)])
        names = join([job.name for job in carried])
        yield say("{jobs}: they would carry {what} in a circle, and undo each other", jobs=names, what=what)


def check_jobs(catalogue: Catalogue) -> None:
    """Raise Invalid where the jobs of a catalogue do not fit together."""
    found = list(problems(catalogue))
    if found:
        raise Invalid(what=say("Group {group}", group=catalogue.group), problems=join(found[:3]))


def carries_back(catalogue: Catalogue, one: Job, other: Job) -> str:
    """Return what a job brings to a host that another job brings away from there, "" for nothing."""
    if other.source not in one.targets:
        return ""
    try:
        return overlap(catalogue.dataset(one.dataset), catalogue.dataset(other.dataset))
    except NotFound:
        return ""


def _of_job(catalogue: Catalogue, job: Job) -> Iterator[str]:
    numbers = {
        "parallel": job.parallel, "bandwidth": job.bandwidth, "time_limit": job.time_limit,
        "attempts": job.retries.attempts, "pause": job.retries.pause, "debounce": job.on_change.debounce,
        "longest": job.on_change.longest,
    }  # fmt: skip
    for name, value in numbers.items():
        low, high = LIMITS[name]
        if not low <= value <= high:
            yield say("{name}: {field} is not between {low} and {high}", name=job.name, field=name, low=low, high=high)
    if job.source in job.targets:
        yield say("{name}: its source cannot be a target as well", name=job.name)
    wrong = problem(job.schedule)
    if wrong:
        yield say("{name}: {problem}", name=job.name, problem=wrong)
    known = {one.name for one in catalogue.jobs} - {job.name}
    for name in job.after:
        if name not in known:
            yield say("{name}: there is no other job {value} that it could come after", name=job.name, value=name)


def _cycle(jobs: Sequence[Job], leads: Callable[[Job, Job], bool]) -> tuple[Job, ...]:
    """Return jobs of which each leads to the next, and the last to the first; none where there is no such circle."""
    after = {at: [to for to, other in enumerate(jobs) if to != at and leads(job, other)] for at, job in enumerate(jobs)}
    done: set[int] = set()
    for start in after:
        path: list[int] = []
        branches = [iter([start])]
        while branches:
            at = next(branches[-1], None)
            if at is None:
                branches.pop()
                if path:
                    done.add(path.pop())
            elif at in path:
                return tuple(jobs[one] for one in path[path.index(at) :])
            elif at not in done:
                path.append(at)
                branches.append(iter(after[at]))
    return ()
