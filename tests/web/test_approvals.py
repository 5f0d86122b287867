"""Approvals: what waits for somebody, why, and who can decide."""

from pbxsync_worker.core.model.run import State
from tests.web import seed
from tests.web.conftest import Browser, World


def test_a_held_run_is_shown_with_its_reason_and_what_it_would_change(world: World, viewer: Browser) -> None:
    run = seed.add_run(world.store, State.HELD)
    page = viewer.get("/approvals").text
    assert (f"/runs/{run.id}#plan" in page, 'class="counts"' in page, f"/runs/{run.id}/approve" in page) == (
        True,
        True,
        False,
    )
    assert "An administrator can approve it." in page


def test_an_administrator_can_decide(world: World, admin: Browser) -> None:
    run = seed.add_run(world.store, State.HELD)
    assert f"/runs/{run.id}/approve" in admin.get("/approvals").text


def test_a_run_that_changes_another_host_is_decided_there(world: World, admin: Browser) -> None:
    run = seed.add_run(world.store, State.HELD, here=False)
    page = admin.get("/approvals").text
    assert "Only the people of pbx-north can approve it" in page
    assert f"/runs/{run.id}/approve" not in page


def test_what_a_later_run_has_settled_waits_no_more(world: World, viewer: Browser) -> None:
    seed.add_run(world.store, State.HELD)
    world.clock.move(1)
    seed.add_run(world.store, State.COMMITTED)
    assert "Nothing waits for a decision" in viewer.get("/approvals").text
