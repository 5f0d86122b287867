"""Drift through the API."""

from pbxsync_worker.core.model.report import Told
from pbxsync_worker.core.model.run import State
from tests.web import seed
from tests.web.api.conftest import Program
from tests.web.conftest import World


def test_before_the_first_look_nothing_is_claimed(reader: Program) -> None:
    told = reader.get("/drift").get_json()
    assert {one["job"] for one in told} == {"config", "music"}
    assert [(one["differs"], one["run"], one["source_changed"]) for one in told] == [(None, "", None)] * 2


def test_what_differs_stands_first_with_its_look(world: World, reader: Program) -> None:
    world.store.facts.record(seed.OTHER.id, [Told("data.changed_items", 3, 0, "changes")])
    run = seed.add_run(world.store, State.PREVIEWED)
    first, last = reader.get("/drift").get_json()
    assert (first["job"], first["differs"], first["run"], first["source_changed"]) == ("config", True, run.id, 3)
    assert first["since"] > 0
    assert last["differs"] is None


def test_after_a_sync_nothing_differs(world: World, reader: Program) -> None:
    seed.add_run(world.store, State.COMMITTED)
    [one] = [each for each in reader.get("/drift").get_json() if each["job"] == "config"]
    assert (one["differs"], one["since"]) == (False, 0.0)
