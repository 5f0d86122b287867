"""What is known of a job's next start."""

from dataclasses import replace

from pbxsync_worker.core.model.job import Schedule
from pbxsync_worker.core.model.occurrence import Cause, Occurrence, Stage
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.store.occurrences import Decided, Watch
from pbxsync_worker.core.store.outlook import ahead, aheads
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


def test_all_jobs_together_are_told_the_same_as_one_by_one(store):
    first = replace(catalogue().jobs[0], schedule=Schedule("every hour"))
    later = replace(first, name="later", title="Later", after=(first.name,), schedule=Schedule("daily 02:30"))
    whole = catalogue().with_job(first).with_job(later)
    store.occurrences.take(Decided(("farm", first.name), None, Watch(10.0, "")))
    alone = [ahead(store, whole, job, A, 20.0) for job in whole.jobs]
    assert [one for _, _, one in aheads(store, [whole], A, 20.0)] == alone


def test_of_each_job_the_newest_starts_are_told(store):
    watch = None
    for at in range(1, 8):
        start = Occurrence("farm", "files", Cause.SCHEDULE, at, float(at), Stage.STARTED, rollout=f"r{at}")
        after = Watch(float(at), "")
        assert store.occurrences.take(Decided(("farm", "files"), watch, after, start))
        watch = after
    assert [one.at for one in store.occurrences.lately(3)["farm", "files"]] == [7, 6, 5]
    assert len(store.occurrences.lately(50)["farm", "files"]) == 7
