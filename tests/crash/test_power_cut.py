"""The power goes at every act of a run, of a rollback on demand, and of the recoveries from both.

I1: the host is wholly old or wholly new. I3: a retry converges and the run after it does nothing. I4: nothing else
changed. I6: nothing of ours is left behind. I7: the source is untouched.
"""

import random
from collections import Counter
from functools import partial

import pytest

from pbxsync_worker.core.model.run import State
from tests.crash.points import WRITES, Stage, converge, judge, recover, spread
from tests.fakes.disk import BreakingDisk, Cut

FEW_PAIRS = 60
TURNING_POINTS = frozenset({"store", "append", "replace", "reload", "exchange", "syncfs"})


@pytest.fixture(params=["apply_stage", "rollback_stage"])
def stage(request: pytest.FixtureRequest) -> Stage:
    found: Stage = request.getfixturevalue(request.param)
    return found


def test_cut_before_every_act_the_host_is_wholly_old_or_wholly_new(stage, tell):
    states = spread(once_and_retry, stage, stage.points())
    assert {State.COMMITTED, State.ROLLED_BACK, State.FAILED} <= set(states)
    tell(f"{stage.pristine.name}: power cut before each of {told(states)}")


@pytest.mark.parametrize("cut", [Cut.HALF, Cut.AFTER])
def test_cut_within_a_write_or_right_after_what_counts_it_is(stage, cut, tell):
    # After the other acts is before the next one: nothing else happens in between.
    states = spread(partial(once, cut=cut), stage, stage.points(WRITES if cut is Cut.HALF else TURNING_POINTS))
    tell(f"{stage.pristine.name}: power cut {cut} of {told(states)}")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_cut_after_every_act_it_is(stage, tell):
    states = spread(partial(once, cut=Cut.AFTER), stage, stage.points())
    tell(f"{stage.pristine.name}: power cut after each of {told(states)}")


def test_cut_again_within_the_recovery_it_is(stage, tell):
    states = spread(twice, stage, random.Random(1).sample(stage.points(), FEW_PAIRS))
    tell(f"{stage.pristine.name}: power cut again in the recovery, {told(states)}")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_cut_at_every_act_and_again_at_every_act_of_the_recovery_it_is(stage, tell):
    states = spread(every_second_cut, stage, stage.points())
    tell(f"{stage.pristine.name}: power cut at every act, and again at every act of its recovery: {told(states)}")


def test_a_host_without_its_journal_would_be_seen_torn(apply_stage):
    at = apply_stage.points(frozenset({"exchange"}))[3]
    with apply_stage.case() as root:
        apply_stage.play(root, BreakingDisk(at, Cut.BEFORE))
        for journal in (root / "b-home" / "journal").iterdir():
            journal.unlink()
        recover(root)
        with pytest.raises(AssertionError, match="ROLLED_BACK"):
            judge(apply_stage, root)


def once_and_retry(stage: Stage, at: int) -> State:
    """Cut a story, recover and judge; then see that a retry converges."""
    with stage.case() as root:
        stage.play(root, BreakingDisk(at, Cut.BEFORE))
        recover(root)
        state = judge(stage, root)
        converge(stage, root)
        return state


def once(stage: Stage, at: int, cut: Cut) -> State:
    """Cut a story, recover and judge."""
    with stage.case() as root:
        stage.play(root, BreakingDisk(at, cut))
        recover(root)
        return judge(stage, root)


def twice(stage: Stage, at: int) -> State:
    """Cut a story, cut its recovery anywhere, then recover and judge."""
    chance = random.Random(at)
    with stage.case() as root:
        stage.play(root, BreakingDisk(at, Cut.BEFORE))
        with stage.case(root) as copy:
            length = recover(copy)
        recover(root, BreakingDisk(chance.randint(1, max(length, 1)), chance.choice([*Cut])))
        recover(root)
        return judge(stage, root)


def every_second_cut(stage: Stage, at: int) -> list[State]:
    """Cut a story once, then its recovery at every act; recover again and judge each."""
    with stage.case() as root:
        stage.play(root, BreakingDisk(at, Cut.BEFORE))
        length = recover(root)
    return [_second_cut(stage, at, again) for again in range(1, length + 1)]


def _second_cut(stage: Stage, at: int, again: int) -> State:
    # Played anew and not copied: a copy has other inodes than the journal remembers.
    with stage.case() as root:
        stage.play(root, BreakingDisk(at, Cut.BEFORE))
        recover(root, BreakingDisk(again, Cut.BEFORE))
        recover(root)
        return judge(stage, root)


def told(states: Counter[State]) -> str:
    """Return the numbers that the reader of a log wants."""
    ends = ", ".join(f"{count} {state.lower()}" for state, count in sorted(states.items()))
    return f"{sum(states.values())} points, 0 torn ({ends})"
