"""What starts by itself: once each, with its runs in one transaction, whoever else schedules."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.occurrence import Cause, Occurrence, SourceChange, Stage
from pbxsync_worker.core.store.occurrences import KEPT, Decided, Watch
from tests.unit.core.values import run

JOB = ("farm", "job")
MARK = Watch(100.0, "daily 02:30 UTC 0")
NEW, SAME = (JOB, None, MARK), (JOB, MARK, MARK)


def occurrence(at: int = 100, cause: Cause = Cause.SCHEDULE, stage: Stage = Stage.STARTED, **values) -> Occurrence:
    return Occurrence(*JOB, cause, at, float(at), stage, **values)


def test_a_start_its_runs_and_the_mark_are_written_together(store):
    assert store.occurrences.take(Decided(*NEW, occurrence(started_at=103.0), runs=[run("r1")]))
    assert store.occurrences.watches() == {JOB: MARK}
    assert store.occurrences.last(JOB, 5)[0].lateness == 3.0
    assert store.runs.get("r1").id == "r1"


def test_what_was_started_is_not_started_again_and_nothing_is_written(store):
    store.occurrences.take(Decided(*NEW, occurrence(), runs=[run("r1")]))
    assert not store.occurrences.take(Decided(JOB, MARK, Watch(200.0, ""), occurrence(), runs=[run("r2")]))
    assert store.occurrences.watches() == {JOB: MARK}
    assert [one.id for one in store.runs.find()] == ["r1"]


def test_a_late_word_of_another_scheduler_does_not_take_a_start_back(store):
    store.occurrences.take(Decided(*NEW, occurrence()))
    store.occurrences.take(Decided(*SAME, None, [occurrence(stage=Stage.SKIPPED)]))
    assert store.occurrences.stages([JOB], 0.0)[JOB] == {100: Stage.STARTED}


@pytest.mark.parametrize("stage", [Stage.WAITING, Stage.SKIPPED])
def test_what_waited_or_was_skipped_can_start(store, stage):
    store.occurrences.take(Decided(*NEW, None, [occurrence(stage=stage, sentence="why")]))
    assert store.occurrences.take(Decided(*SAME, occurrence()))
    (known,) = store.occurrences.last(JOB, 5)
    assert (known.stage, known.sentence) == (Stage.STARTED, "")


def test_what_waits_is_found_by_its_job(store):
    waiting = occurrence(stage=Stage.WAITING, sentence="busy")
    store.occurrences.take(Decided(*NEW, None, [waiting, occurrence(50)]))
    assert store.occurrences.waiting() == {JOB: (waiting,)}


def test_changes_are_told_from_the_first_to_the_last(store, clock):
    first = clock.now()
    store.occurrences.tell_change([JOB])
    clock.move(5)
    store.occurrences.tell_change([JOB])
    assert store.occurrences.changes() == {JOB: SourceChange(first, first + 5)}


def test_a_start_answers_the_change_it_saw(store):
    store.occurrences.tell_change([JOB])
    seen = store.occurrences.changes()[JOB]
    assert store.occurrences.take(Decided(*NEW, occurrence(cause=Cause.CHANGE), changed=seen))
    assert store.occurrences.changes() == {}
    assert store.occurrences.newest_change(JOB) == 100


def test_a_change_that_another_scheduler_answered_is_not_answered_twice(store):
    store.occurrences.tell_change([JOB])
    seen = store.occurrences.changes()[JOB]
    store.occurrences.take(Decided(*NEW, occurrence(cause=Cause.CHANGE), changed=seen))
    assert not store.occurrences.take(Decided(*SAME, occurrence(101, Cause.CHANGE), runs=[run("r2")], changed=seen))
    assert store.runs.find() == ()


def test_what_changed_meanwhile_is_not_forgotten_with_what_was_seen(store, clock):
    store.occurrences.tell_change([JOB])
    seen = store.occurrences.changes()[JOB]
    clock.move(5)
    store.occurrences.tell_change([JOB])
    store.occurrences.forget_change(JOB, seen)
    assert store.occurrences.take(Decided(*NEW, occurrence(), changed=seen))
    assert JOB in store.occurrences.changes()


def test_the_newest_are_kept_by_their_number_not_by_their_time(store):
    old = [occurrence(10_000 - at, stage=Stage.SKIPPED) for at in range(KEPT + 3)]
    store.occurrences.take(Decided(*NEW, None, old))
    store.occurrences.take(Decided(*SAME, occurrence(50_000)))
    assert len(store.occurrences.stages([JOB], -1e9)[JOB]) == KEPT
    assert 9_999 not in store.occurrences.stages([JOB], 0.0)[JOB]


def test_what_waits_is_never_forgotten(store):
    waits = occurrence(1, stage=Stage.WAITING)
    store.occurrences.take(
        Decided(*NEW, None, [waits, *(occurrence(at, stage=Stage.SKIPPED) for at in range(2, KEPT + 5))])
    )
    store.occurrences.take(Decided(*SAME, occurrence(50_000)))
    assert store.occurrences.waiting() == {JOB: (waits,)}


def test_a_mark_that_another_scheduler_moved_is_not_moved_from_where_it_was(store):
    store.occurrences.take(Decided(*NEW, None))
    store.occurrences.take(Decided(JOB, MARK, Watch(50.0, MARK.definition), None))
    assert not store.occurrences.take(Decided(*SAME, occurrence()))
    assert not store.occurrences.take(Decided(*NEW, occurrence()))
    assert store.occurrences.watches()[JOB].looked_at == 50.0


def test_what_a_job_takes_is_a_change_when_it_is_another_than_before(store):
    assert [store.occurrences.see(JOB, root) for root in ("aa", "aa", "bb", "aa")] == [True, False, True, True]
    assert list(store.occurrences.changes()) == [JOB]


def test_what_is_decided_of_several_jobs_is_written_together(store):
    second = replace(occurrence(), job="second")
    words = [Decided(*NEW, occurrence(), runs=[run("r1")]), Decided(("farm", "second"), None, MARK, second)]
    assert store.occurrences.take_all(words) == (True, True)
    assert set(store.occurrences.watches()) == {JOB, ("farm", "second")}
    assert store.occurrences.stages([JOB], 0.0)[JOB] == {100: Stage.STARTED}


def test_one_that_another_scheduler_started_keeps_no_other_from_its_start(store):
    store.occurrences.take(Decided(*NEW, occurrence(), runs=[run("r1")]))
    second = replace(occurrence(), job="second")
    words = [
        Decided(*SAME, occurrence(), runs=[run("r2")]),
        Decided(("farm", "second"), None, MARK, second, runs=[run("r3")]),
    ]
    assert store.occurrences.take_all(words) == (False, True)
    assert {one.id for one in store.runs.find()} == {"r1", "r3"}
