"""What was lost between the store and the queue: decides who is to be woken, from the store alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from pbxsync_worker.core.model.run import Run, State


@dataclass(frozen=True, slots=True)
class WakeUps:
    """Runs to execute here and rollouts to coordinate here, each named once."""

    execute: tuple[str, ...]
    rollouts: tuple[str, ...]


def due(unfinished: Sequence[Run], now: float, patience: float) -> WakeUps:
    """Return what has not moved for `patience` seconds; waking somebody twice does no harm.

    A run that a peer asked for has no rollout here. One of our own rollouts is executed when its turn comes, but once
    it has started it must be ended whatever became of the rollout. One that is to be tried again waits until then; one
    that waits for the rules is looked after by `services/waiting.py`.
    """
    late = [run for run in unfinished if now - run.moved_at > patience and now >= run.not_before]
    begun = [run for run in late if run.here and run.state is not State.WAITING]
    execute = [run.id for run in begun if not run.rollout or run.state is not State.REQUESTED]
    rollouts = [run.rollout for run in late if run.rollout]
    return WakeUps(tuple(execute), tuple(dict.fromkeys(rollouts)))
