"""Whether the jobs of a group fit together."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.coherence import LIMITS, check_jobs, problems
from pbxsync_worker.core.model.dataset import Dataset, FileSet, Place
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.host import Catalogue, GroupKind, Host, Job
from pbxsync_worker.core.model.job import OnChange, Retries, Schedule
from pbxsync_worker.core.model.sentence import as_text
from tests.unit.core.values import A, B, C

ETC = Dataset("etc", "Configuration", (FileSet(Place.ETC),))
KEYS = Dataset("keys", "Keys", (FileSet(Place.ETC, "keys"),))
MOH = Dataset("moh", "Music", (FileSet(Place.VARLIB, "moh"),))
HOSTS = (Host(A, "one", ""), Host(B, "two", ""), Host(C, "three", ""))


def job(name: str, source: str, *targets: str, dataset: Dataset = ETC, **values) -> Job:
    return Job(name, name.title(), dataset.name, source, targets, **values)


def federation(*jobs: Job) -> Catalogue:
    return Catalogue("peers", "Peers", GroupKind.FEDERATION, A, 1, HOSTS, (ETC, KEYS, MOH), jobs)


def said(*jobs: Job) -> list[str]:
    return [as_text(one) for one in problems(federation(*jobs))]


def test_each_dataset_may_have_its_own_direction():
    assert said(job("out", A, B), job("back", B, A, dataset=MOH)) == []


@pytest.mark.parametrize(
    "jobs",
    [
        (job("out", A, B), job("back", B, A)),
        (job("out", A, B, C), job("back", C, A, dataset=KEYS)),
        (job("out", A, B), job("on", B, C), job("back", C, A)),
    ],
    ids=["two hosts", "a part of it", "around three hosts"],
)
def test_the_same_items_in_a_circle_are_refused(jobs):
    (problem,) = said(*jobs)
    assert "in a circle, and undo each other" in problem
    assert all(one.name in problem for one in jobs)
    with pytest.raises(Invalid, match="in a circle"):
        check_jobs(federation(*jobs))


def test_a_chain_and_two_sources_of_one_target_are_no_circle():
    assert said(job("out", A, B), job("on", B, C), job("also", A, C)) == []


def test_jobs_that_wait_for_each_other_are_refused():
    jobs = (job("a", A, B, after=("c",)), job("b", A, B, after=("a",)), job("c", A, B, after=("b",)))
    assert said(*jobs) == ["a, b, c: each would wait for the other"]


def test_a_diamond_of_jobs_is_none():
    jobs = (job("a", A, B), *(job(name, A, B, after=("a",)) for name in "bc"), job("d", A, B, after=("b", "c")))
    assert said(*jobs) == []


@pytest.mark.parametrize("name", ["nobody", "a"])
def test_a_job_comes_after_others_that_are_there(name):
    assert said(job("a", A, B, after=(name,))) == [f"a: there is no other job {name} that it could come after"]


def test_a_source_is_no_target():
    assert "cannot be a target as well" in said(job("a", A, A))[0]


def test_a_schedule_must_be_readable():
    assert said(job("a", A, B, schedule=Schedule("daily 25:00")))[0].startswith("a: Write five fields of cron")


@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize("name", LIMITS)
def test_numbers_stay_within_their_limits(name, end):
    beyond = LIMITS[name][end] + (1 if end else -1)
    plain = job("a", A, B)
    nested: dict[str, dict[str, object]] = {
        "attempts": {"retries": Retries(beyond, 300)},
        "pause": {"retries": Retries(1, beyond)},
        "debounce": {"on_change": OnChange(debounce=beyond)},
        "longest": {"on_change": OnChange(longest=beyond)},
    }
    changed = replace(plain, **nested.get(name, {name: beyond}))
    assert said(changed) == [
        f"a: {name} is not between {LIMITS[name][0]} and {LIMITS[name][1]}",
    ]


def test_all_problems_are_told_together():
    assert len(said(job("a", A, A, parallel=0, after=("x",)))) == 3
