"""The power goes, and whatever was not synced may be gone: all of it, none of it, or any part the rules allow."""

import os
import random
from functools import partial

import pytest

from pbxsync_worker.core.model.run import State
from tests.crash.points import Stage, judge, lose, recover, spread
from tests.fakes.disk import Cut
from tests.fakes.forgetful_disk import Loss

MANY_SEEDS = 60 if os.environ.get("PBXSYNC_LONG") else 4
"""Different ways to lose what was not synced, tried at every act; PBXSYNC_LONG=1 tries about 20,000 in all."""


@pytest.fixture(params=["apply_stage", "rollback_stage"])
def stage(request: pytest.FixtureRequest) -> Stage:
    found: Stage = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("loss", [Loss.ALL, Loss.SOME])
def test_after_any_loss_of_power_the_host_is_wholly_old_or_wholly_new(stage, loss, tell):
    states = spread(partial(after_loss, loss=loss), stage, stage.points()[loss is Loss.SOME :: 2])
    tell(f"{stage.pristine.name}: {loss} of the unsynced acts lost, {sum(states.values())} states, 0 torn")


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_after_many_losses_of_power_it_is(stage, tell):
    states = spread(after_many_losses, stage, stage.points())
    tell(f"{stage.pristine.name}: some of the unsynced acts lost, {sum(states.values())} states, 0 torn")


def after_many_losses(stage: Stage, at: int) -> list[State]:
    """Lose power at an act in many ways."""
    return [after_loss(stage, at, Loss.SOME, seed) for seed in range(MANY_SEEDS)]


def after_loss(stage: Stage, at: int, loss: Loss, seed: int = 0) -> State:
    """Lose power at an act, sometimes within it, then recover and judge."""
    seed = seed * 1000 + at
    cut = random.Random(seed).choice([*Cut])
    with stage.case() as root:
        lose(root, stage.story, at, cut, loss, seed)
        recover(root)
        # Where a disk keeps a later act without an earlier one, a new folder can be found in the stage again with
        # what was moved into it: too much is put aside then, never too little.
        return judge(stage, root, may_keep=loss is Loss.SOME)
