"""Runs: the list, the page, its live part, and what can be done with a run."""

import re
from dataclasses import replace

import pytest

from pbxsync_worker.core.model.attempts import id_after
from pbxsync_worker.core.model.run import Mode, Run, State
from tests.web import seed
from tests.web.conftest import Browser, World


def newest(world: World, *known: Run) -> Run:
    old = {run.id for run in known}
    found: Run = next(run for run in world.store.runs.find() if run.id not in old)
    return found


@pytest.mark.parametrize("state", list(State))
def test_a_run_in_every_state_has_its_page(world: World, viewer: Browser, state: State) -> None:
    run = seed.add_run(world.store, state)
    page = viewer.get(f"/runs/{run.id}")
    assert page.status_code == 200
    assert f'data-state="{state.value}"' in page.text
    assert ('data-events="' in page.text) is not run.ended


def test_a_run_tells_what_was_sent_and_saved(world: World, viewer: Browser) -> None:
    page = viewer.get(f"/runs/{seed.add_run(world.store, State.COMMITTED).id}")
    assert "What was sent and saved" in page.text
    assert "speech, packed sample by sample" in page.text


def test_the_list_can_be_narrowed(world: World, viewer: Browser) -> None:
    failed, held = seed.add_run(world.store, State.FAILED), seed.add_run(world.store, State.HELD, job="music")
    assert held.id not in viewer.get("/runs?job=config").text
    assert failed.id not in viewer.get("/runs?state=HELD").text


def test_the_list_goes_on_to_older_runs(world: World, viewer: Browser) -> None:
    runs = []
    for _number in range(27):
        world.clock.move(1)
        runs.append(seed.add_run(world.store, State.REQUESTED))
    first = viewer.get("/runs")
    assert first.text.count('class="badge busy"') == 25
    assert runs[0].id not in first.text
    older = viewer.get(f"/runs?before={runs[2].requested_at}")
    assert older.text.count('class="badge busy"') == 2


def test_the_list_refuses_a_moment_that_is_none(viewer: Browser) -> None:
    assert viewer.get("/runs?before=yesterday").status_code == 400


def test_it_shows_numbers_ratio_and_reloads(world: World, viewer: Browser) -> None:
    run = seed.add_run(world.store, State.COMMITTED)
    page = viewer.get(f"/runs/{run.id}").text
    for text in ("18.4 MB of state, 2.0 kB sent", "9,000 : 1", "app_queue.so", "transport is set twice"):
        assert text in page


def test_it_shows_reason_code_and_remedy(world: World, viewer: Browser) -> None:
    run = seed.add_run(world.store, State.ROLLED_BACK)
    page = viewer.get(f"/runs/{run.id}").text
    for text in ("endpoints: 300 expected, 0 loaded", "<code>unhealthy</code>", "Correct the source", "taken back"):
        assert text in page


def test_it_shows_the_plan_with_diffs_and_what_is_kept(world: World, viewer: Browser) -> None:
    run = seed.add_run(world.store, State.PREVIEWED)
    page = viewer.get(f"/runs/{run.id}").text
    for text in (
        "+context=from-sales",
        "old_trunks.conf",
        "edited here since",
        "logger.conf",
        "ca.\\xffkey",
        "protected",
    ):
        assert text in page


def with_rows(world: World) -> Run:
    run = seed.add_run(world.store, State.SCANNING, mode=Mode.PLAN)
    return seed.walk(world.store, run, (State.PLANNED, State.PREVIEWED), seed.mixed_plan())


def test_rows_and_keys_are_told_in_words(world: World, viewer: Browser) -> None:
    page = viewer.get(f"/runs/{with_rows(world).id}").text
    for text in (">AstDB CF/2001<", ">users 2001<", ">sip 2301, callerid<", ">settings store of Userman noid, a/b<"):
        assert text in page
    assert "ASTDB/" not in page
    assert "SQL/" not in page


def test_rows_and_keys_stand_together_with_their_counts(world: World, viewer: Browser) -> None:
    page = viewer.get(f"/runs/{with_rows(world).id}").text
    titles = re.findall("<h4>(.*?)</h4>", page)
    assert titles[:3] == [
        "AstDB family CF",
        "Table users of the database asterisk",
        "Table sip of the database asterisk",
    ]
    assert len(titles) == len(set(titles)) == 5
    cf = page[page.index("AstDB family CF") : page.index("AstDB CF/2001")]
    assert re.findall("<b>1</b> (added|changed)", cf) == ["added", "changed"]
    assert page.index("queues_sales.conf") < page.index("AstDB family CF") < page.index("AstDB CF/2301")
    assert page.index("AstDB CF/2301") < page.index("Table users")


def test_the_live_part_tells_when_the_plan_is_there(world: World, viewer: Browser) -> None:
    run = seed.add_run(world.store, State.SCANNING)
    assert "HX-Trigger" not in viewer.get(f"/runs/{run.id}/live").headers
    seed.walk(world.store, run, (State.PLANNED,))
    assert viewer.get(f"/runs/{run.id}/live").headers["HX-Trigger"] == "planned"
    assert "pjsip.conf" in viewer.get(f"/runs/{run.id}/plan").text


def test_the_live_part_tells_that_there_will_be_no_plan(world: World, viewer: Browser) -> None:
    run = seed.add_run(world.store, State.CANCELLED)
    assert viewer.get(f"/runs/{run.id}/live").headers["HX-Trigger"] == "planned"


def test_an_ended_run_is_asked_for_no_more(world: World, viewer: Browser) -> None:
    run = seed.add_run(world.store, State.COMMITTED)
    assert "hx-get" not in viewer.get(f"/runs/{run.id}/live").text


def test_a_run_that_met_somebody_at_work_leads_to_the_next_attempt(world: World, viewer: Browser) -> None:
    first = seed.add_run(world.store, State.PLANNED)
    failed = world.store.runs.move(first, State.FAILED, "", "target-changed")
    assert "hx-get" in viewer.get(f"/runs/{failed.id}/live").text
    again = replace(failed, id=id_after(failed), requested_at=failed.requested_at + 1)
    world.store.runs.request((again,))
    page = viewer.get(f"/runs/{failed.id}/live").text
    assert f"/runs/{again.id}" in page
    assert "hx-get" not in page


def test_another_run_that_a_coordinator_asked_for_is_no_next_attempt(world: World, viewer: Browser) -> None:
    """A target does not know of which rollout its runs are: they all have none."""
    held, later = (replace(seed.add_run(world.store, State.HELD), id=name, rollout="") for name in ("aa", "bb"))
    world.store.runs.request((held, replace(later, job="music", requested_at=held.requested_at + 1)))
    assert "/runs/bb" not in viewer.get("/runs/aa").text


def test_a_viewer_sees_no_buttons(world: World, viewer: Browser) -> None:
    for state in (State.PREVIEWED, State.HELD, State.APPLYING, State.COMMITTED):
        page = viewer.get(f"/runs/{seed.add_run(world.store, state).id}").text
        assert not any(text in page for text in ("/apply", "/approve", "/cancel", "/rollback/")), state


def test_applying_a_shown_plan_names_it(world: World, operator: Browser) -> None:
    shown = seed.add_run(world.store, State.PREVIEWED)
    digest = world.store.runs.plan(shown.id).digest
    answer = operator.post(f"/runs/{shown.id}/apply", plan=digest)
    run = newest(world, shown)
    assert (run.mode, run.expect_plan, run.approved) == (Mode.APPLY, digest, False)
    assert answer.headers["Location"] == f"/runs/{run.id}"


def test_it_refuses_to_apply_another_plan_than_the_one_shown(world: World, operator: Browser) -> None:
    shown = seed.add_run(world.store, State.PREVIEWED)
    answer = operator.post(f"/runs/{shown.id}/apply", plan="00" * 32)
    assert answer.status_code == 409
    assert "plan-differs" in answer.text
    assert len(world.store.runs.find()) == 1


def test_only_a_preview_can_be_applied(world: World, operator: Browser) -> None:
    held = seed.add_run(world.store, State.HELD)
    assert operator.post(f"/runs/{held.id}/apply", plan=world.store.runs.plan(held.id).digest).status_code == 403


def test_approving_releases_the_brake_for_that_plan(world: World, admin: Browser) -> None:
    held = seed.add_run(world.store, State.HELD)
    digest = world.store.runs.plan(held.id).digest
    assert "128 of 412 items would be removed (31 %)" in admin.get(f"/runs/{held.id}/approve").text
    admin.post(f"/runs/{held.id}/approve", plan=digest)
    run = newest(world, held)
    assert (run.mode, run.expect_plan, run.approved) == (Mode.APPLY, digest, True)


def test_only_the_host_that_would_be_changed_can_approve(world: World, admin: Browser) -> None:
    held = seed.add_run(world.store, State.HELD, here=False)
    page = admin.get(f"/runs/{held.id}").text
    assert f"/runs/{held.id}/approve" not in page
    assert f"Only the people of {seed.ME.name} can approve it" in page
    answer = admin.post(f"/runs/{held.id}/approve", plan=world.store.runs.plan(held.id).digest)
    assert (answer.status_code, len(world.store.runs.find())) == (403, 1)


def test_an_operator_cannot_approve(world: World, operator: Browser) -> None:
    held = seed.add_run(world.store, State.HELD)
    assert "An administrator can approve it." in operator.get(f"/runs/{held.id}").text
    assert operator.post(f"/runs/{held.id}/approve").status_code == 403


def test_cancelling_asks_first_then_wakes_a_worker(world: World, operator: Browser) -> None:
    run = seed.add_run(world.store, State.APPLYING)
    assert "takes back what it changed" in operator.get(f"/runs/{run.id}/cancel").text
    operator.post(f"/runs/{run.id}/cancel")
    assert world.store.runs.get(run.id).cancel_by == seed.BOB
    assert world.waker.executed == [run.id]


def test_an_ended_run_is_not_cancelled(world: World, operator: Browser) -> None:
    run = seed.add_run(world.store, State.COMMITTED)
    operator.post(f"/runs/{run.id}/cancel")
    assert world.waker.executed == []


def test_the_events_tell_every_move_and_the_end(world: World, viewer: Browser) -> None:
    run = seed.add_run(world.store, State.COMMITTED)
    answer = viewer.get(f"/runs/{run.id}/events")
    assert answer.mimetype == "text/event-stream"
    assert answer.text.count("event: move") == 7
    assert answer.text.endswith("event: end\ndata: ended\n\n")


def test_the_events_go_on_where_the_browser_was(world: World, viewer: Browser) -> None:
    run = seed.add_run(world.store, State.COMMITTED)
    answer = viewer.get(f"/runs/{run.id}/events", headers={"Last-Event-ID": "6"})
    assert answer.text.count("event: move") == 1
    assert "data: COMMITTED" in answer.text


def test_a_stream_ends_by_itself_so_that_the_session_is_checked_again(world: World, viewer: Browser) -> None:
    run = seed.add_run(world.store, State.SCANNING)
    began = world.clock.monotonic()
    answer = viewer.get(f"/runs/{run.id}/events")
    assert ": still here" in answer.text
    assert "event: end" not in answer.text
    assert 50 < world.clock.monotonic() - began < 60


def test_too_many_streams_are_turned_away_to_polling(world: World, viewer: Browser) -> None:
    run = seed.add_run(world.store, State.SCANNING)
    open_streams = [viewer.client.get(f"/runs/{run.id}/events", buffered=False) for _number in range(24)]
    assert viewer.get(f"/runs/{run.id}/events").status_code == 204
    for one in open_streams:
        one.close()
    assert viewer.get(f"/runs/{run.id}/events").status_code == 200


def test_an_unknown_run_is_not_found(viewer: Browser) -> None:
    for path in ("/runs/ffff", "/runs/ffff/live", "/runs/ffff/plan", "/runs/ffff/events", "/rollouts/ffff"):
        assert viewer.get(path).status_code == 404


def test_a_plan_is_told_in_the_words_of_a_pbx_with_the_values_behind_it(world: World, viewer: Browser) -> None:
    page = viewer.get(f"/runs/{with_rows(world).id}").text
    for text in ("+1 extension (2301 Marta Ruiz)", "call forward 2001: 2002 → 2003", "-name: Sona Braun"):
        assert text in page
    assert "hush" not in page


def test_a_plan_is_told_in_spanish(world: World, viewer: Browser) -> None:
    page = viewer.get(f"/runs/{with_rows(world).id}?lang=es").text
    assert "desvío de llamadas 2001: 2002 → 2003" in page


def test_it_says_of_how_many_rows_the_values_are_not_kept(world: World, viewer: Browser) -> None:
    assert "The values of 2 rows and keys are not kept" in viewer.get(f"/runs/{with_rows(world).id}").text
