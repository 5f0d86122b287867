"""Jobs: made, changed, removed, and started as a preview or for good."""

import pytest

from pbxsync_worker.core.model.host import Job
from pbxsync_worker.core.model.run import Mode, State
from tests.web import seed
from tests.web.conftest import Browser, World
from tests.web.test_groups import wished

RUN = "/groups/coast/jobs/config/run"
NEW = "/groups/coast/jobs/new"
GOOD = {
    "title": "Music out",
    "dataset": "music-on-hold",
    "source": seed.ME.id,
    "target": seed.OTHER.id,
    "probe_seconds": "45",
}


@pytest.mark.parametrize("mode", [Mode.PLAN, Mode.APPLY])
def test_pressing_a_button_requests_a_run_and_wakes_a_worker(world: World, operator: Browser, mode: Mode) -> None:
    answer = operator.post(RUN, mode=mode)
    (run,) = world.store.runs.find()
    assert (run.mode, run.target, run.requested_by) == (mode, seed.ME.id, seed.BOB)
    assert world.waker.rolled_out == [run.rollout]
    assert answer.headers["Location"] == f"/runs/{run.id}"


@pytest.mark.parametrize("mode", ["", "rollback", "delete"])
def test_it_refuses_any_other_mode(world: World, operator: Browser, mode: str) -> None:
    assert operator.post(RUN, mode=mode).status_code == 400
    assert world.store.runs.find() == ()


def test_a_viewer_sees_no_buttons(viewer: Browser) -> None:
    assert RUN not in viewer.get("/groups/coast/jobs/config").text
    assert RUN not in viewer.get("/").text


def test_several_targets_are_shown_together(world: World, operator: Browser) -> None:
    farm = world.store.catalogues.current("coast").with_host(seed.NEW)
    job = Job("both", "Both", "music-on-hold", seed.ME.id, (seed.OTHER.id, seed.NEW.id))
    seed.save(world.store, farm.with_job(job))
    answer = operator.post("/groups/coast/jobs/both/run", mode="apply")
    path = answer.headers["Location"]
    assert path.startswith("/rollouts/")
    assert operator.get(path).text.count("<tr>") == 3


def test_its_page_shows_way_runs_and_the_last_plan(world: World, viewer: Browser) -> None:
    seed.add_run(world.store, State.PREVIEWED)
    page = viewer.get("/groups/coast/jobs/config").text
    for text in ("pbx-south", "Last plan", "5 changes", "res_pjsip.so"):
        assert text in page


def test_a_job_that_never_ran_teaches_the_preview(viewer: Browser) -> None:
    assert "Press Preview" in viewer.get("/groups/coast/jobs/config").text


def test_the_form_begins_with_the_primary_and_everybody_else(admin: Browser) -> None:
    page = admin.get(NEW).text
    assert f'<option value="{seed.ME.id}" selected>' in page
    assert f'<option value="{seed.OTHER.id}" selected>' in page


def test_it_makes_a_job(world: World, admin: Browser) -> None:
    admin.post(NEW, **GOOD)
    expected = Job("music-out", "Music out", "music-on-hold", seed.ME.id, (seed.OTHER.id,), 45)
    assert wished(world).job("music-out") == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "New"),
        ("dataset", "unknown"),
        ("source", seed.NEW.id),
        ("target", ""),
        ("target", seed.ME.id),
        ("target", [seed.OTHER.id, seed.OTHER.id]),
        ("target", seed.NEW.id),
        ("probe_seconds", "4"),
        ("probe_seconds", "601"),
        ("probe_seconds", "½"),
    ],
)
def test_it_refuses_and_keeps_what_was_typed(world: World, admin: Browser, field: str, value: object) -> None:
    answer = admin.post(NEW, **{**GOOD, field: value})
    assert answer.status_code == 400
    assert f'id="{field}-problem"' in answer.text
    assert world.store.wishes.waiting() == ()


def test_editing_keeps_the_name(world: World, admin: Browser) -> None:
    admin.post("/groups/coast/jobs/config/edit", **GOOD)
    assert wished(world).job("config").title == "Music out"


def test_removing_asks_first(world: World, admin: Browser) -> None:
    assert "Its runs stay" in admin.get("/groups/coast/jobs/config/remove").text
    assert world.store.wishes.waiting() == ()
    admin.post("/groups/coast/jobs/config/remove")
    assert [job.name for job in wished(world).jobs] == ["music"]


def test_an_unknown_job_is_not_found(admin: Browser) -> None:
    assert admin.post("/groups/coast/jobs/nothing/remove").status_code == 404
