"""What is known of a job's next start."""

from dataclasses import replace

from pbxsync_worker.core.model.job import Schedule
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.store.occurrences import Decided, Watch
from pbxsync_worker.core.store.outlook import ahead
from tests.unit.core.values import A, B, catalogue

HOUR = 3600


def looked(store, now: float, me: str = A, **values):
    job = replace(catalogue().jobs[0], **values)
    return ahead(store, catalogue().with_job(job), job, me, now)


def test_the_next_five_times_are_shown(store):
    found = looked(store, 10.0, schedule=Schedule("every hour"))
    assert found.next == tuple(HOUR * number for number in range(1, 6))


def test_a_paused_job_has_no_next_time(store):
    assert looked(store, 10.0, schedule=Schedule("every hour"), paused=True).next == ()


def test_a_time_at_which_nobody_looked_is_told(store):
    store.occurrences.take(Decided(("farm", "files"), None, Watch(10.0, "")))
    says = [as_text(looked(store, HOUR + late, schedule=Schedule("every hour")).why) for late in (5.0, 60.0)]
    assert says[0].startswith("Its next time has not come yet")
    assert says[1].startswith("Its time has come, but nobody looks")


def test_another_host_that_starts_it_is_named(store):
    assert "two" not in as_text(looked(store, 0.0, A).why)
    assert as_text(looked(store, 0.0, B).why) == "It is started by one, which coordinates the group."


def test_a_job_that_others_must_end_before_names_them(store):
    whole = catalogue()
    first = replace(whole.jobs[0], name="first", title="First")
    job = replace(whole.jobs[0], after=("first",))
    found = ahead(store, whole.with_job(first).with_job(job), job, A, 0.0)
    assert as_text(found.why) == "It waits until First ended well."
