"""Jobs: made, changed, removed, and started as a preview or for good."""

from dataclasses import replace

import pytest
from werkzeug.datastructures import MultiDict

from pbxsync_web.forms import jobs as form
from pbxsync_worker.core.model.host import Job
from pbxsync_worker.core.model.job import Missed, OnChange, OnFailure, Retries, Schedule, TargetOrder, Trigger
from pbxsync_worker.core.model.occurrence import Cause, Occurrence, Stage
from pbxsync_worker.core.model.run import Mode, State
from pbxsync_worker.core.store.occurrences import Decided, Watch
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


FULL: dict[str, str | list[str]] = {
    **GOOD,
    "order": "canary",
    "parallel": "3",
    "on_failure": "go-on",
    "bandwidth": "250",
    "time_limit": "600",
    "attempts": "2",
    "pause": "60",
    "when": "daily  02:30",
    "zone": "Europe/Madrid",
    "missed": "skip",
    "jitter": "90",
    "trigger": "apply-config",
    "debounce": "10",
    "longest": "120",
    "after": ["config"],
}


def test_every_field_of_a_job_can_be_set(world: World, admin: Browser) -> None:
    admin.post(NEW, **FULL)
    assert wished(world).job("music-out") == Job(
        "music-out", "Music out", "music-on-hold", seed.ME.id, (seed.OTHER.id,), 45, TargetOrder.CANARY, 3,
        OnFailure.GO_ON, 250_000, 600, Retries(2, 60), False, ("config",),
        Schedule("daily 02:30", "Europe/Madrid", Missed.SKIP, 90), OnChange(Trigger.APPLY_CONFIG, 10, 120),
    )  # fmt: skip


def test_the_form_shows_what_a_job_has_and_sends_it_back_unchanged(world: World, admin: Browser) -> None:
    job = form.read(MultiDict(FULL), world.store.catalogues.current("coast"), None)
    assert isinstance(job, Job)
    odd = replace(job, bandwidth=250_001, paused=True)
    again = form.read(form.to_form(odd), world.store.catalogues.current("coast").with_job(odd), odd)
    assert again == odd


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("when", "every 7 min"),
        ("order", "backwards"),
        ("on_failure", ""),
        ("missed", "some"),
        ("trigger", "always"),
        ("parallel", "0"),
        ("parallel", "51"),
        ("bandwidth", "-1"),
        ("time_limit", "604801"),
        ("attempts", "11"),
        ("pause", "0"),
        ("jitter", "3601"),
        ("debounce", "x"),
        ("longest", "0"),
    ],
)
def test_it_refuses_a_start_or_a_limit_that_cannot_be(world: World, admin: Browser, field: str, value: str) -> None:
    answer = admin.post(NEW, **{**FULL, field: value})
    assert answer.status_code == 400
    assert f'id="{field}-problem"' in answer.text
    assert world.store.wishes.waiting() == ()


def test_it_says_what_is_wrong_with_a_time_zone(admin: Browser) -> None:
    page = admin.post(NEW, **{**FULL, "zone": "Europe/Nowhere"}).text
    assert "Europe/Nowhere is no time zone" in page


def test_it_refuses_a_job_that_would_undo_another(world: World, admin: Browser) -> None:
    back = {**GOOD, "dataset": "asterisk-configuration"}
    answer = admin.post(NEW, **back)
    assert answer.status_code == 400
    assert "in a circle, and undo each other" in answer.text


def scheduled(world: World, **values: object) -> None:
    farm = world.store.catalogues.current("coast")
    seed.save(world.store, farm.with_job(replace(farm.job("music"), **values)))


def test_its_page_shows_the_next_five_times_in_its_own_zone(world: World, viewer: Browser) -> None:
    scheduled(world, schedule=Schedule("daily 02:30", "America/New_York"))
    page = viewer.get("/groups/coast/jobs/music").text
    assert (page.count("2:30"), "Its next time has not come yet." in page) == (6, True)
    assert "EST" in page or "EDT" in page


def test_its_page_says_that_only_a_person_starts_it(viewer: Browser) -> None:
    assert "Nothing starts it but a person" in viewer.get("/groups/coast/jobs/music").text


def test_it_is_paused_and_resumed_by_an_operator(world: World, operator: Browser) -> None:
    path = "/groups/coast/jobs/music"
    assert "Pause" in operator.get(path).text
    operator.post(f"{path}/pause", paused="1")
    paused = wished(world)
    assert paused.job("music").paused
    seed.save(world.store, paused)
    assert "Resume" in operator.get(path).text
    assert "It is paused" in operator.get(path).text


def test_its_page_shows_what_started_by_itself(world: World, viewer: Browser) -> None:
    scheduled(world, schedule=Schedule("every hour"))
    now = world.clock.now()
    one = Occurrence("coast", "music", Cause.SCHEDULE, int(now) - 60, now - 60, Stage.STARTED, "", "abc", now - 50)
    world.store.occurrences.take(Decided(("coast", "music"), None, Watch(now, ""), one))
    page = viewer.get("/groups/coast/jobs/music").text
    assert "10 s late" in page
    assert "/rollouts/abc" in page
