"""What the API does: the same as the pages, with the same refusals."""

import pytest

from pbxsync_worker.core.model.run import Mode, State
from pbxsync_worker.core.model.wish import CheckHost, RevokeHost, SaveCatalogue, WishState
from tests.web import seed

RUN = "/groups/coast/jobs/config/runs"
JOB = "/groups/coast/jobs/night"
NIGHT = {"title": "At night", "dataset": "music-on-hold", "source": seed.ME.id, "targets": [seed.OTHER.id]}


def wish_of(world, answer):
    return world.store.wishes.get(answer.get_json()["id"]).wish


def test_status_tells_this_host_and_its_jobs(world, reader):
    run = seed.add_run(world.store, State.HELD)
    told = reader.get("/status").get_json()
    assert (told["host"], told["good"], told["held"], told["running"]) == (seed.ME.name, False, 1, 0)
    job = next(one for one in told["jobs"] if one["name"] == "config")
    assert (job["state"], job["run"], job["good_at"]) == ("HELD", run.id, 0)


def test_status_tells_when_a_job_last_ended_well(world, reader):
    good = seed.add_run(world.store, State.COMMITTED)
    world.clock.move(5)
    seed.add_run(world.store, State.FAILED)
    job = reader.get("/status").get_json()["jobs"][0]
    assert (job["state"], job["good_at"]) == ("FAILED", world.store.runs.get(good.id).moved_at)


def test_hosts_are_listed_with_this_one_first(reader):
    told = reader.get("/hosts").get_json()
    assert [one["state"] for one in told] == ["this", "paired", "pending"]
    assert reader.get(f"/hosts/{seed.OTHER.id}").get_json()["name"] == seed.OTHER.name


def test_a_host_is_checked_by_a_worker(world, runner):
    assert wish_of(world, runner.post(f"/hosts/{seed.OTHER.id}/check")) == CheckHost(seed.OTHER.id)


def test_a_host_is_revoked(world, boss, runner):
    assert runner.post(f"/hosts/{seed.OTHER.id}/revoke").status_code == 403
    assert wish_of(world, boss.post(f"/hosts/{seed.OTHER.id}/revoke")) == RevokeHost(seed.OTHER.id)


def test_a_wish_is_told_to_whoever_asked_for_it(world, runner, boss, reader):
    asked = runner.post(f"/hosts/{seed.OTHER.id}/check").get_json()
    world.store.wishes.answer(asked["id"], "it answers")
    told = runner.get(f"/wishes/{asked['id']}").get_json()
    assert (told["state"], told["answer"]) == (WishState.GRANTED, "it answers")
    assert boss.get(f"/wishes/{asked['id']}").status_code == 200
    assert reader.get(f"/wishes/{asked['id']}").status_code == 403


def test_groups_are_told_with_hosts_datasets_and_jobs(reader):
    (told,) = reader.get("/groups").get_json()
    assert told == reader.get("/groups/coast").get_json()
    assert [one["name"] for one in told["jobs"]] == ["config", "music"]
    assert {one["state"] for one in told["hosts"]} == {"this", "paired"}


def test_a_job_is_started_as_the_page_does(world, runner):
    started = runner.post(RUN, {"mode": "apply"}).get_json()
    run = world.store.runs.get(started["runs"][0])
    assert (run.mode, run.rollout, run.requested_by) == (Mode.APPLY, started["rollout"], "token the operator")
    assert world.waker.rolled_out == [run.rollout]


@pytest.mark.parametrize(
    "body", [None, {}, {"mode": "x"}, {"mode": "plan", "more": 1}, [], "plan", {"mode": "plan", "targets": ["x" * 12]}]
)
def test_it_refuses_to_start_what_it_does_not_understand(world, runner, body):
    assert runner.post(RUN, body).status_code == 400
    assert world.store.runs.find() == ()


def test_a_job_is_made_and_changed(world, boss):
    made = wish_of(world, boss.send("PUT", JOB, NIGHT))
    assert isinstance(made, SaveCatalogue)
    assert made.catalogue.job("night").title == "At night"
    changed = wish_of(world, boss.send("PUT", "/groups/coast/jobs/music", {**NIGHT, "probe_seconds": 99}))
    assert changed.catalogue.job("music").probe_seconds == 99


@pytest.mark.parametrize(
    "other",
    [
        {"dataset": "none"},
        {"source": "0" * 64},
        {"targets": []},
        {"targets": [seed.ME.id]},
        {"targets": [seed.OTHER.id] * 2},
        {"probe_seconds": 1},
        {"title": ""},
    ],
)
def test_it_refuses_a_job_that_cannot_be(world, boss, other):
    assert boss.send("PUT", JOB, {**NIGHT, **other}).status_code in (400, 404)
    assert world.waker.granted == []


def test_a_job_is_removed(world, boss, runner):
    assert runner.send("DELETE", "/groups/coast/jobs/music").status_code == 403
    left = wish_of(world, boss.send("DELETE", "/groups/coast/jobs/music")).catalogue
    assert [job.name for job in left.jobs] == ["config"]


def test_a_run_is_cancelled(world, runner):
    run = seed.add_run(world.store, State.SCANNING)
    assert runner.post(f"/runs/{run.id}/cancel").status_code == 202
    assert world.store.runs.get(run.id).cancel_by == "token the operator"


def test_a_shown_plan_is_applied_and_no_other(world, runner):
    run = seed.add_run(world.store, State.PREVIEWED)
    digest = runner.get(f"/runs/{run.id}/plan").get_json()["digest"]
    assert runner.post(f"/runs/{run.id}/apply", {"plan": "0" * 64}).status_code == 409
    started = runner.post(f"/runs/{run.id}/apply", {"plan": digest}).get_json()
    assert world.store.runs.get(started["runs"][0]).expect_plan == digest


def test_a_held_run_is_approved_here_by_an_administrator_only(world, runner, boss):
    run = seed.add_run(world.store, State.HELD)
    body = {"plan": world.store.runs.plan(run.id).digest}
    assert runner.post(f"/runs/{run.id}/approve", body).status_code == 403
    started = boss.post(f"/runs/{run.id}/approve", body).get_json()
    assert world.store.runs.get(started["runs"][0]).approved


def test_it_refuses_to_approve_what_another_host_would_do(world, boss):
    run = seed.add_run(world.store, State.HELD, here=False)
    body = {"plan": world.store.runs.plan(run.id).digest}
    assert boss.post(f"/runs/{run.id}/approve", body).status_code == 403


def test_a_rollback_is_shown_first_and_then_done(world, runner):
    run = seed.add_run(world.store, State.COMMITTED)
    shown = runner.post(f"/runs/{run.id}/rollback", {}).get_json()["runs"][0]
    assert world.store.runs.get(shown).mode is Mode.PLAN
    seed.walk(world.store, world.store.runs.get(shown), seed.WAYS[State.PREVIEWED])
    digest = world.store.runs.plan(shown).digest
    back = runner.post(f"/runs/{run.id}/rollback", {"mode": "apply", "plan": digest}).get_json()["runs"][0]
    assert world.store.runs.get(back).expect_plan == digest


def test_it_refuses_a_rollback_whose_plan_nobody_was_shown(world, runner):
    run = seed.add_run(world.store, State.COMMITTED)
    assert runner.post(f"/runs/{run.id}/rollback", {"mode": "apply", "plan": "0" * 64}).status_code == 409


def test_runs_are_found_by_job_and_state(world, reader):
    run = seed.add_run(world.store, State.FAILED)
    seed.add_run(world.store, State.COMMITTED, job="music")
    assert [one["id"] for one in reader.get("/runs?state=FAILED").get_json()] == [run.id]
    assert [one["job"] for one in reader.get("/runs?job=music&limit=1").get_json()] == ["music"]
    assert [one["id"] for one in reader.get(f"/rollouts/{run.rollout}").get_json()] == [run.id]
    assert reader.get("/rollouts/none").status_code == 404


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "before=x", "before=nan", "before=-1"])
def test_it_refuses_a_parameter_that_is_no_number(reader, query):
    assert reader.get(f"/runs?{query}").status_code == 400


def test_a_plan_is_told_with_its_differences(world, reader):
    run = seed.add_run(world.store, State.PREVIEWED)
    told = reader.get(f"/runs/{run.id}/plan").get_json()
    assert told["reloads"] == ["res_pjsip.so", "app_queue.so"]
    assert any(one["diff"] for one in told["items"])
    assert reader.get(f"/runs/{seed.add_run(world.store, State.FAILED).id}/plan").status_code == 404


def test_kept_states_are_listed(world, reader):
    run = seed.add_run(world.store, State.COMMITTED)
    assert {(one["run"], one["side"]) for one in reader.get("/states").get_json()} == {
        (run.id, "before"),
        (run.id, "after"),
    }


def test_the_audit_log_is_for_administrators(world, boss, runner):
    world.store.audit.add("ana", "did something", "here")
    assert boss.get("/audit?limit=1").get_json()[0]["who"] == "ana"
    assert runner.get("/audit").status_code == 403


def test_lines_of_the_audit_log_are_found_by_number_and_by_person(world, boss):
    for who in ("ana", "bob", "ana"):
        world.store.audit.add(who, "did something", "here")
    newest = boss.get("/audit?who=ana").get_json()[0]["number"]
    assert [one["who"] for one in boss.get(f"/audit?before_line={newest}&limit=2").get_json()] == ["bob", "ana"]
    assert boss.get("/audit?before_line=x").status_code == 400
