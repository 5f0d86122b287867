"""Return to a kept state: preview first, then exactly what was shown."""

from pbxsync_worker.core.model.run import Mode, State
from tests.web import seed
from tests.web.conftest import Browser, World
from tests.web.test_runs import newest


def test_it_offers_the_preview_first(world: World, operator: Browser) -> None:
    run = seed.add_run(world.store, State.COMMITTED)
    page = operator.get(f"/runs/{run.id}/rollback/before").text
    assert page.index('value="preview"') < page.index('value="apply"')


def test_the_preview_changes_nothing(world: World, operator: Browser) -> None:
    run = seed.add_run(world.store, State.COMMITTED)
    operator.post(f"/runs/{run.id}/rollback/before", do="preview")
    back = newest(world, run)
    assert (back.mode, back.goal, back.expect_plan) == (Mode.PLAN, f"{run.id}:before", "")


def test_rolling_back_requests_a_run_to_that_state(world: World, operator: Browser) -> None:
    run = seed.add_run(world.store, State.COMMITTED)
    answer = operator.post(f"/runs/{run.id}/rollback/after", do="apply")
    back = newest(world, run)
    assert (back.mode, back.goal, back.requested_by) == (Mode.ROLLBACK, f"{run.id}:after", seed.BOB)
    assert world.waker.rolled_out == [back.rollout]
    assert answer.headers["Location"] == f"/runs/{back.id}"


def test_a_shown_rollback_names_its_plan(world: World, operator: Browser) -> None:
    run = seed.add_run(world.store, State.COMMITTED)
    shown = seed.add_run(world.store, State.PREVIEWED, goal=f"{run.id}:before")
    digest = world.store.runs.plan(shown.id).digest
    leads = operator.post(f"/runs/{shown.id}/apply", plan=digest).headers["Location"]
    assert leads == f"/runs/{run.id}/rollback/before?shown={shown.id}"
    assert digest in operator.get(leads).text
    operator.post(f"/runs/{run.id}/rollback/before", do="apply", shown=shown.id, plan=digest)
    back = newest(world, run, shown)
    assert (back.mode, back.expect_plan) == (Mode.ROLLBACK, digest)


def test_it_refuses_the_plan_of_another_run(world: World, operator: Browser) -> None:
    run = seed.add_run(world.store, State.COMMITTED)
    other = seed.add_run(world.store, State.PREVIEWED)
    digest = world.store.runs.plan(other.id).digest
    answer = operator.post(f"/runs/{run.id}/rollback/before", do="apply", shown=other.id, plan=digest)
    assert answer.status_code == 409


def test_only_an_administrator_releases_its_brake(world: World, operator: Browser, admin: Browser) -> None:
    run = seed.add_run(world.store, State.COMMITTED)
    held = seed.add_run(world.store, State.HELD, goal=f"{run.id}:before")
    form = {"do": "apply", "shown": held.id, "plan": world.store.runs.plan(held.id).digest}
    assert operator.post(f"/runs/{run.id}/rollback/before", **form).status_code == 403
    assert admin.post(f"/runs/{run.id}/rollback/before", **form).status_code == 303


def test_a_state_that_is_not_kept_is_not_found(world: World, operator: Browser) -> None:
    run = seed.add_run(world.store, State.FAILED)
    assert operator.get(f"/runs/{run.id}/rollback/before").status_code == 404
    assert operator.post(f"/runs/{run.id}/rollback/before", do="apply").status_code == 404
    assert len(world.store.runs.find()) == 1


def test_it_refuses_any_other_side(world: World, operator: Browser) -> None:
    run = seed.add_run(world.store, State.COMMITTED)
    assert operator.get(f"/runs/{run.id}/rollback/beside").status_code == 400


def test_the_kept_states_lead_here(world: World, operator: Browser, viewer: Browser) -> None:
    run = seed.add_run(world.store, State.COMMITTED)
    for side in ("before", "after"):
        assert f"/runs/{run.id}/rollback/{side}" in operator.get("/states").text
    assert "/rollback/" not in viewer.get("/states").text
    assert run.id not in operator.get("/states?job=music").text
