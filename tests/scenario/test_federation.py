"""Two hosts of a federation that listen to each other's changes, and one job over several targets in every order."""

from collections.abc import Iterator

import pytest

from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy, FileSet, Place
from pbxsync_worker.core.model.host import Job
from pbxsync_worker.core.model.job import OnChange, OnFailure, Retries, Schedule, TargetOrder, Trigger
from pbxsync_worker.core.model.run import Run, State
from tests.scenario.federation import NAMES, Group
from tests.scenario.world import write

A, B, C, D = (name * 64 for name in NAMES)
ETC = Dataset("etc", "Configuration", (FileSet(Place.ETC, delete=DeletePolicy.MIRROR),))
MOH = Dataset("moh", "Music", (FileSet(Place.VARLIB, "moh", delete=DeletePolicy.MIRROR),))
LISTENS = OnChange(Trigger.CHANGES, debounce=5, longest=30)


@pytest.fixture
def two(tmp_path, template) -> Iterator[Group]:
    """A gives its configuration to B, B its music to A; both jobs listen."""
    group = Group(tmp_path, template)
    out = Job("out", "Out", "etc", A, (B,), on_change=LISTENS)
    group.agree((ETC, MOH), out, Job("back", "Back", "moh", B, (A,), on_change=LISTENS))
    yield group
    group.close()


@pytest.fixture
def four(tmp_path, template) -> Iterator[Group]:
    group = Group(tmp_path, template, NAMES)
    yield group
    group.close()


def ends(runs: list[Run]) -> list[tuple[str, str]]:
    return [(run.job, run.state.value) for run in runs]


def test_what_a_run_wrote_is_no_change_and_nobody_answers_it(two):
    two.live(60)
    write(two.root / "a/etc/pjsip.conf", "[2001]\n")
    assert ends(two.live(120)) == [("out", "COMMITTED")]
    assert (two.root / "b/etc/pjsip.conf").read_text() == "[2001]\n"
    write(two.root / "b/lib/moh/new.wav", "music")
    assert ends(two.live(120)) == [("back", "COMMITTED")]
    assert (two.root / "a/lib/moh/new.wav").read_text() == "music"
    assert ends(two.live(1200, 12.0)) == []


def test_two_hosts_that_are_changed_all_the_time_have_no_more_runs_than_changes(two):
    two.live(60)
    for number in range(4):
        write(two.root / "a/etc/a.conf", f"[{number}]\n")
        write(two.root / "b/lib/moh/b.wav", f"music {number}")
        runs = two.live(60)
        assert sorted(ends(runs)) == [("back", "COMMITTED"), ("out", "COMMITTED")]
    assert two.live(300, 12.0) == []


def test_what_somebody_changes_on_the_target_is_not_carried_back(two):
    two.live(60)
    write(two.root / "b/etc/mine.conf", "mine")
    assert two.live(300, 12.0) == []


def test_a_file_that_goes_back_to_what_it_was_is_carried_as_well(two):
    for text in ("[1]\n", "[2]\n", "[1]\n"):
        write(two.root / "a/etc/a.conf", text)
        two.live(60)
        assert (two.root / "b/etc/a.conf").read_text() == text


def sent(group: Group, bad: str = "", seconds: float = 3700.0, **values: object) -> dict[str, str]:
    """Let a job go out by its schedule; bad: hosts whose PBX does not survive it. Return the end of each host."""
    job = Job("out", "Out", "etc", A, (B, C, D), 5, schedule=Schedule("every hour"), **values)  # type: ignore[arg-type]
    group.agree((ETC,), job)
    write(group.root / "a/etc/pjsip.conf", "[2001]\n")
    for name in bad:
        group.members[name].fake.says_yes = True
        group.members[name].fake.hangs = True
    group.live(seconds, 40.0)
    found: dict[str, str] = {}
    for run in reversed(group.coordinator.store.runs.find(limit=100)):
        found[run.target[0]] = run.state.value if not run.error else run.error
    return found


@pytest.mark.parametrize("order", TargetOrder)
def test_every_order_brings_it_to_all(four, order):
    assert sent(four, order=order, parallel=2) == dict.fromkeys("bcd", "COMMITTED")
    assert {(four.root / name / "etc/pjsip.conf").read_text() for name in "bcd"} == {"[2001]\n"}


def test_a_canary_that_dies_saves_the_others(four):
    found = sent(four, bad="b", order=TargetOrder.CANARY, on_failure=OnFailure.GO_ON)
    assert found == {"b": "asterisk-silent", "c": "halt", "d": "halt"}
    assert not any((four.root / name / "etc/pjsip.conf").exists() for name in "bcd")


def test_one_that_fails_in_turn_stops_those_after_it(four):
    assert sent(four, bad="c") == {"b": "COMMITTED", "c": "asterisk-silent", "d": "halt"}


def test_one_that_fails_in_turn_does_not_stop_a_job_that_goes_on(four):
    found = sent(four, bad="c", on_failure=OnFailure.GO_ON)
    assert found == {"b": "COMMITTED", "c": "asterisk-silent", "d": "COMMITTED"}


def test_a_job_that_comes_after_another_waits_for_its_good_end(four):
    first = Job("first", "First", "etc", A, (B,), schedule=Schedule("every hour"))
    four.agree((ETC, MOH), first, Job("then", "Then", "moh", C, (D,), after=("first",)))
    write(four.root / "a/etc/a.conf", "[a]\n")
    write(four.root / "c/lib/moh/a.wav", "music")
    assert ends(four.live(3700, 40.0)) == [("first", "COMMITTED"), ("then", "COMMITTED")]
    four.members["b"].fake.hangs = True
    write(four.root / "a/etc/a.conf", "[b]\n")
    assert [run.job for run in four.live(3600, 40.0)] == ["first"]


def test_a_host_that_was_ill_for_a_moment_is_tried_again_after_the_pause(four):
    retries = Retries(2, 60)
    four.agree((ETC,), Job("out", "Out", "etc", A, (B,), schedule=Schedule("every hour"), retries=retries))
    write(four.root / "a/etc/a.conf", "[a]\n")
    four.members["b"].fake.hangs = True
    (first, again) = four.live(3600, 40.0)
    assert (first.error, again.state, again.not_before > again.requested_at) == (
        "asterisk-silent",
        State.REQUESTED,
        True,
    )
    four.members["b"].fake.hangs = False
    four.clock.move(61)
    four.rollout(again.rollout)
    four.live(10, 10.0)
    assert four.coordinator.store.runs.get(again.id).state is State.COMMITTED
