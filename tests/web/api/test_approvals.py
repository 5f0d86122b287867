"""Approvals through the API."""

from pbxsync_worker.core.model.run import State
from tests.web import seed


def test_held_runs_are_listed_until_a_later_run_settles_them(world, reader):
    run = seed.add_run(world.store, State.HELD)
    assert [one["id"] for one in reader.get("/approvals?limit=1").get_json()] == [run.id]
    world.clock.move(1)
    seed.add_run(world.store, State.COMMITTED)
    assert reader.get("/approvals").get_json() == []
