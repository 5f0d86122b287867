"""The power goes at every act of a run that restarts Asterisk, or stops it before and starts it after the change.

As test_power_cut.py, and: Asterisk runs at the end, and with the files as they then are.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from pbxsync_worker.core.model.run import State
from tests.crash.conftest import decoys, first_state, second_state, sync
from tests.crash.points import Stage, converge, judge, recover, spread
from tests.fakes.disk import BreakingDisk, Cut
from tests.scenario.asterisk import Machine
from tests.scenario.world import POLICY, World

ACTIONS = ("restart when convenient", "restart gracefully", "restart now", "stop and start gracefully")


@pytest.fixture(scope="module", params=ACTIONS)
def stage(request: pytest.FixtureRequest, fast: Path) -> Stage:
    folder = fast / request.param.replace(" ", "-")
    world = World(folder / "before", policy=replace(POLICY, actions=(request.param,))).settle_in()
    first_state(world)
    (world.b / "etc").mkdir(exist_ok=True)
    decoys(world)
    assert world.sync().state is State.COMMITTED
    second_state(world)
    world.close()
    Machine.boot(world.root, request.param)
    (folder / "cases").mkdir()
    return Stage(world.root, folder / "cases", sync, sync)


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.AFTER])
def test_cut_around_every_act_that_touches_asterisk_it_runs_with_the_files_that_are_there(stage, tell, cut):
    at = stage.points(frozenset({"stop", "start", "reload", "append", "store"}))
    states = spread(_BY_CUT[cut], stage, at)
    assert {State.COMMITTED, State.ROLLED_BACK} <= set(states)
    tell(f"{stage.pristine.parent.name}: power cut {cut} {sum(states.values())} acts: {dict(states)}")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_cut_before_every_act_it_runs_with_the_files_that_are_there(stage, tell):
    states = spread(_once_before, stage, stage.points())
    tell(f"{stage.pristine.parent.name}: power cut before each of {sum(states.values())} acts: {dict(states)}")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_cut_again_at_every_act_of_the_recovery_it_runs(stage, tell):
    states = spread(_twice, stage, stage.points(frozenset({"stop", "start"})))
    tell(f"{stage.pristine.parent.name}: and again in the recovery: {dict(states)}")


def _once_before(stage: Stage, at: int) -> State:
    return _once(stage, at, Cut.BEFORE)


def _once_after(stage: Stage, at: int) -> State:
    return _once(stage, at, Cut.AFTER)


_BY_CUT = {Cut.BEFORE: _once_before, Cut.AFTER: _once_after}


def _once(stage: Stage, at: int, cut: Cut) -> State:
    with stage.case() as root:
        stage.play(root, BreakingDisk(at, cut))
        recover(root)
        assert Machine(root).fits
        state = judge(stage, root)
        converge(stage, root)
        assert Machine(root).fits
        return state


def _twice(stage: Stage, at: int) -> list[State]:
    states: list[State] = []
    length = 1
    while len(states) < length:
        with stage.case() as root:  # played anew: a journal knows its objects by their inodes
            stage.play(root, BreakingDisk(at, Cut.AFTER))
            with stage.case(root) as copy:
                length = max(recover(copy), 1)
            recover(root, BreakingDisk(len(states) + 1, Cut.BEFORE))
            recover(root)
            assert Machine(root).fits
            states.append(judge(stage, root))
    return states
