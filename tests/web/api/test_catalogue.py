"""Groups, datasets, jobs and rules through the API: what a worker is asked to save, and what is refused."""

import pytest

from pbxsync_worker.core.model.decision import Decision, Looked, Measured, Scope, Truth, Verdict
from pbxsync_worker.core.model.job import OnChange, Retries, Schedule, TargetOrder, Trigger
from pbxsync_worker.core.model.rule import Then
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.wish import AskRules
from pbxsync_worker.core.wire import to_text
from tests.web import seed

JOB = "/groups/coast/jobs/music"
MUSIC = {"title": "Music", "dataset": "music-on-hold", "source": seed.ME.id, "targets": [seed.OTHER.id]}
RULE = {"title": "Calm", "when": "local.asterisk.calls > 0", "then": "wait", "limit_s": 600, "otherwise": "hold"}


def asked(world, answer):
    assert answer.status_code == 202, answer.text
    return world.store.wishes.get(answer.get_json()["id"]).wish.catalogue


def saved(world, answer):
    return seed.save(world.store, asked(world, answer))


def test_a_group_is_made_with_paired_hosts_only(world, boss, runner):
    body = {"title": "Two offices", "kind": "federation", "hosts": [seed.OTHER.id]}
    assert runner.post("/groups", body).status_code == 403
    made = asked(world, boss.post("/groups", body))
    assert (made.group, made.kind, [one.id for one in made.hosts]) == (
        "two-offices",
        "federation",
        [seed.ME.id, seed.OTHER.id],
    )
    assert boss.post("/groups", {**body, "hosts": [seed.NEW.id]}).status_code == 404
    assert boss.post("/groups", {**body, "title": "coast"}).status_code == 400


def test_a_group_changes_its_title_and_hosts(world, boss):
    body = {"title": "The coast", "hosts": [seed.OTHER.id]}
    assert asked(world, boss.send("PUT", "/groups/coast", body)).title == "The coast"
    assert boss.send("PUT", "/groups/coast", {**body, "hosts": []}).status_code == 400
    assert boss.send("PUT", "/groups/none", body).status_code == 404


def test_a_dataset_is_made_of_presets_with_options(world, boss, reader):
    world.parts.settings.freepbx_conf.touch()
    offered = {one["name"]: one for one in reader.get("/presets").get_json()}
    name, options = next(
        (name, one["options"]) for name, one in offered.items() if one["options"] and not one["requires"]
    )
    switch = {"off" if options[0]["on"] else "on": [options[0]["name"]]}
    plain = asked(world, boss.post("/groups/coast/datasets", {"presets": [name], "title": "Mine"}))
    body = {"presets": [name], "title": "Mine", "options": {name: switch}}
    assert asked(world, boss.post("/groups/coast/datasets", body)).dataset("mine") != plain.dataset("mine")


@pytest.mark.parametrize(
    "other", [{"presets": ["none"]}, {"presets": []}, {"options": {"music-on-hold": {"on": ["none"]}}}]
)
def test_it_refuses_presets_and_options_that_there_are_not(world, boss, other):
    answer = boss.post("/groups/coast/datasets", {"presets": ["music-on-hold"], "title": "M", **other})
    assert answer.status_code in (400, 404)


def test_a_dataset_is_read_and_stays_while_a_job_uses_it(world, boss, reader):
    told = reader.get("/groups/coast/datasets/music-on-hold").get_json()
    assert told["file_sets"][0]["path"] == "moh"
    assert boss.send("DELETE", "/groups/coast/datasets/music-on-hold").status_code == 403
    saved(world, boss.send("DELETE", JOB))
    left = asked(world, boss.send("DELETE", "/groups/coast/datasets/music-on-hold"))
    assert [one.name for one in left.datasets] == ["asterisk-configuration"]


def test_a_job_has_all_its_fields(world, boss, reader):
    more = {
        "order": "canary",
        "bandwidth": 125_000,
        "retries": {"attempts": 2, "pause": 60},
        "schedule": {"when": "daily 02:30", "zone": "Europe/Madrid"},
        "on_change": {"trigger": "apply-config"},
        "after": ["config"],
    }
    job = saved(world, boss.send("PUT", JOB, {**MUSIC, **more})).job("music")
    assert (job.order, job.retries, job.after) == (TargetOrder.CANARY, Retries(2, 60), ("config",))
    assert (job.schedule, job.on_change) == (Schedule("daily 02:30", "Europe/Madrid"), OnChange(Trigger.APPLY_CONFIG))
    told = reader.get(JOB).get_json()
    assert (told["bandwidth"], told["schedule"]["when"], told["paused"]) == (125_000, "daily 02:30", False)


def test_what_is_not_given_stays(world, boss):
    saved(world, boss.send("PUT", JOB, {**MUSIC, "parallel": 7}))
    assert asked(world, boss.send("PUT", JOB, {**MUSIC, "time_limit": 60})).job("music").parallel == 7


@pytest.mark.parametrize(
    "other",
    [
        {"parallel": 0},
        {"bandwidth": -1},
        {"order": "x"},
        {"after": ["music"]},
        {"after": ["none"]},
        {"schedule": {"when": "whenever"}},
        {"schedule": {"when": "daily 02:30", "zone": "Nowhere"}},
    ],
)
def test_it_refuses_a_job_that_does_not_fit(world, boss, other):
    assert boss.send("PUT", JOB, {**MUSIC, **other}).status_code == 400
    assert world.waker.granted == []


def test_it_refuses_a_name_that_no_job_can_have(boss):
    assert boss.send("PUT", "/groups/coast/jobs/Not%20so", MUSIC).status_code == 400


def test_an_operator_pauses_and_resumes_a_job(world, runner, reader):
    assert reader.post(f"{JOB}/pause").status_code == 403
    assert saved(world, runner.post(f"{JOB}/pause")).job("music").paused
    assert not asked(world, runner.post(f"{JOB}/resume")).job("music").paused


def test_it_tells_when_jobs_start_next(world, boss, reader):
    saved(world, boss.send("PUT", JOB, {**MUSIC, "schedule": {"when": "every 15 min"}}))
    one = reader.get(f"{JOB}/starts").get_json()
    assert len(one["next"]) == 5
    assert one in reader.get("/schedule").get_json()


@pytest.mark.parametrize("path", ["/groups/coast/rules", f"{JOB}/rules"])
def test_rules_are_put_moved_switched_and_removed(world, boss, reader, path):
    saved(world, boss.send("PUT", f"{path}/calm", RULE))
    saved(world, boss.send("PUT", f"{path}/last", {**RULE, "then": "skip"}))
    saved(world, boss.post(f"{path}/last/move", {"place": 0}))
    saved(world, boss.post(f"{path}/calm/switch", {"on": False}))
    assert [(one["name"], one["enabled"]) for one in reader.get(path).get_json()] == [("last", True), ("calm", False)]
    saved(world, boss.send("DELETE", f"{path}/last"))
    assert [one["name"] for one in reader.get(path).get_json()] == ["calm"]


def test_it_refuses_a_rule_that_cannot_be(world, boss, runner):
    path = "/groups/coast/rules/calm"
    assert runner.send("PUT", path, RULE).status_code == 403
    for other in ({"when": "calls ="}, {"limit_s": 0}, {"otherwise": "run"}, {"then": "asterisk", "asterisk": "x"}):
        assert boss.send("PUT", path, {**RULE, **other}).status_code in (400, 409)
    assert boss.send("DELETE", path).status_code == boss.post(f"{path}/move", {"place": 0}).status_code == 404


def test_the_rules_are_asked_and_their_answer_is_told(world, runner):
    answer = runner.post(f"{JOB}/rules/ask", {"target": seed.OTHER.id})
    identity = answer.get_json()["id"]
    assert world.store.wishes.get(identity).wish == AskRules("coast", "music", seed.OTHER.id)
    assert runner.get(f"/wishes/{identity}/decision").status_code == 404
    looked = Looked(
        Scope.JOB, "calm", "Calm", Then.WAIT, Truth.YES, True, say("x"), (Measured("local.asterisk.calls", 2),)
    )
    world.store.wishes.answer(identity, to_text(Decision(Verdict.WAIT, say("waits"), 7.0, "calm", looked=(looked,))))
    told = runner.get(f"/wishes/{identity}/decision").get_json()
    assert (told["verdict"], told["rule"], told["looked"][0]["measured"]) == (
        "wait",
        "calm",
        {"local.asterisk.calls": 2},
    )


def test_it_refuses_to_ask_about_another_target_or_the_future(world, runner):
    for body in ({"target": seed.ME.id}, {"target": seed.OTHER.id, "at": world.clock.now() + 60}):
        assert runner.post(f"{JOB}/rules/ask", body).status_code in (400, 404)
    assert world.waker.granted == []
