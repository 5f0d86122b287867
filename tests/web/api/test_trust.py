"""Pairing, policy, people, tokens, rows on arrival, coverage and events through the API."""

import pytest

from pbxsync_worker.core.model.host import PeerState
from pbxsync_worker.core.model.wish import ConfirmHost, Give, JoinHost, LookAtCoverage, OfferPairing
from pbxsync_worker.core.store.occurrences import THIS_HOST
from pbxsync_worker.core.store.people import Role
from tests.web import seed
from tests.web.api.conftest import program_of
from tests.web.api.test_credentials import panel, panelled

__all__ = ["panelled"]
POLICY = {
    "rights": ["read"],
    "places": ["ASTETCDIR"],
    "max_delete_percent": 5,
    "reloads": ["*"],
    "replica": False,
    "actions": [],
}
ROW = {"becomes": "replace", "database": "asterisk", "table": "sip", "column": "data", "value": "x", "why": "ours"}


def test_a_code_is_shown_to_whoever_asked_for_it_alone(world, boss, runner):
    assert runner.post("/pairing/offer", {"give": "send"}).status_code == 403
    identity = boss.post("/pairing/offer", {"give": "send"}).get_json()["id"]
    assert world.store.wishes.get(identity).wish == OfferPairing(Give.SEND)
    world.store.wishes.answer(identity, "the-code")
    assert boss.get(f"/pairing/wishes/{identity}").get_json()["answer"] == "the-code"
    assert boss.get(f"/wishes/{identity}").status_code == 403
    other = world.store.tokens.add("another", Role.ADMIN, 30, "alice")
    boss.headers["Authorization"] = f"Bearer {other}"
    assert boss.get(f"/pairing/wishes/{identity}").status_code == 403


def test_a_code_is_used(world, boss):
    answer = boss.post("/pairing/join", {"code": " ab c ", "give": "receive"})
    assert world.store.wishes.get(answer.get_json()["id"]).wish == JoinHost("abc", Give.RECEIVE)
    assert boss.post("/pairing/join", {"code": "é", "give": "receive"}).status_code == 400


def test_only_the_same_words_make_a_host_trusted(world, boss):
    (one,) = boss.get("/pairing").get_json()
    path = f"/pairing/hosts/{one['id']}/confirm"
    assert boss.post(path, {"words": "other words"}).status_code == 403
    answer = boss.post(path, {"words": one["words"]})
    assert world.store.wishes.get(answer.get_json()["id"]).wish == ConfirmHost(seed.NEW.id)
    assert boss.post(f"/pairing/hosts/{seed.OTHER.id}/confirm", {"words": "x"}).status_code == 403


def test_a_policy_is_changed_and_written_down(world, boss):
    path = f"/hosts/{seed.OTHER.id}/policy"
    assert boss.send("PUT", path, POLICY).get_json() == POLICY == boss.get(path).get_json()
    assert world.store.audit.entries(1)[0].what == "change policy"


@pytest.mark.parametrize(
    "other", [{"places": ["x"]}, {"rights": ["x"]}, {"max_delete_percent": 101}, {"reloads": ["a b"]}]
)
def test_it_refuses_a_policy_that_cannot_be(world, boss, other):
    before = world.store.hosts.by_id(seed.OTHER.id).policy
    assert boss.send("PUT", f"/hosts/{seed.OTHER.id}/policy", {**POLICY, **other}).status_code == 400
    assert world.store.hosts.by_id(seed.OTHER.id).policy == before


def test_people_are_added_changed_and_removed(world, boss):
    one = boss.post("/people", {"name": "dan", "password": seed.PASSWORD, "role": "viewer"}).get_json()
    path = f"/people/{one['number']}"
    assert boss.send("PUT", f"{path}/role", {"role": "operator"}).get_json()["role"] == "operator"
    assert boss.send("PUT", f"{path}/password", {"password": "short"}).status_code == 400
    assert boss.send("PUT", f"{path}/password", {"password": "another long password"}).status_code == 200
    assert world.store.people.check("dan", "another long password")
    assert boss.send("DELETE", path).status_code == 200
    assert boss.send("DELETE", path).status_code == 404
    assert "password" not in boss.get("/people").text


def test_the_last_administrator_stays(world, boss):
    alice = next(one["number"] for one in boss.get("/people").get_json() if one["name"] == seed.ALICE)
    assert boss.send("DELETE", f"/people/{alice}").status_code == 400
    assert boss.send("PUT", f"/people/{alice}/role", {"role": "viewer"}).status_code == 400


def test_a_token_is_taken_back_and_no_secret_is_told(world, boss, runner):
    known = boss.get("/tokens").get_json()
    gone = next(one["id"] for one in known if one["name"] == "the operator")
    assert boss.send("DELETE", f"/tokens/{gone}").status_code == 200
    assert runner.get("/status").status_code == 401
    assert all("hash" not in one and "secret" not in one for one in known)


def test_rows_on_arrival_have_rules(world, boss):
    one = boss.post("/arrival", {**ROW, "rows": ["keyword in transport"]}).get_json()
    assert boss.get("/arrival").get_json() == [one]
    assert one["rows"] == ["keyword in transport"]
    assert boss.send("DELETE", f"/arrival/{one['number']}").status_code == 200
    assert boss.send("DELETE", f"/arrival/{one['number']}").status_code == 404


@pytest.mark.parametrize("other", [{"table": "a; drop"}, {"why": ""}, {"rows": ["x"]}, {"becomes": "x"}])
def test_it_refuses_a_rule_on_arrival_that_cannot_be(world, boss, other):
    assert boss.post("/arrival", {**ROW, **other}).status_code == 400
    assert world.store.own_rules.all() == {}


def test_coverage_is_asked_for_and_told(world, runner):
    assert runner.get("/coverage").get_json()["at"] == 0
    asked = runner.post("/coverage").get_json()
    assert world.store.wishes.get(asked["id"]).wish == LookAtCoverage()


GRAVE = (
    ("POST", "/pairing/offer", {"give": "send"}),
    ("POST", "/pairing/join", {"code": "abc", "give": "send"}),
    ("POST", f"/pairing/hosts/{seed.NEW.id}/confirm", {"words": "x"}),
    ("PUT", f"/hosts/{seed.OTHER.id}/policy", POLICY),
    ("POST", "/people", {"name": "dan", "password": seed.PASSWORD, "role": "admin"}),
    ("PUT", "/people/2/role", {"role": "admin"}),
    ("PUT", "/people/2/password", {"password": seed.PASSWORD}),
    ("DELETE", "/people/2", None),
    ("DELETE", "/tokens/x", None),
    ("POST", "/arrival", ROW),
    ("DELETE", "/arrival/1", None),
)


@pytest.mark.parametrize(("method", "path", "body"), GRAVE)
def test_the_panel_alone_cannot_do_what_is_grave(panelled, method, path, body):
    answer = panel(panelled).send(method, path, body)
    assert (answer.status_code, "cannot vouch" in answer.get_json()["sentence"]) == (403, True)


@pytest.mark.parametrize(("method", "path", "body"), GRAVE)
def test_only_an_administrator_can(runner, method, path, body):
    assert runner.send(method, path, body).status_code == 403


def test_apply_config_makes_the_jobs_look_that_wait_for_it(world, runner):
    assert runner.post("/events", {"what": "apply-config"}).get_json() == {"noted": True, "paused": []}
    assert THIS_HOST in world.store.occurrences.changes()


def test_a_restore_pauses_the_jobs_of_this_host(world, runner):
    told = runner.post("/events", {"what": "restore"}).get_json()
    assert told["paused"] == ["coast/config", "coast/music"]
    (asked,) = world.store.wishes.waiting()
    assert all(job.paused for job in asked.wish.catalogue.jobs)
    assert THIS_HOST not in world.store.occurrences.changes()


def test_a_second_restore_pauses_nothing_more(world, runner):
    runner.post("/events", {"what": "restore"})
    seed.save(world.store, world.store.wishes.waiting()[0].wish.catalogue)
    assert runner.post("/events", {"what": "restore"}).get_json()["paused"] == []


def test_hosts_that_are_paired_do_not_wait_for_words(world, boss):
    waiting = {one["id"] for one in boss.get("/pairing").get_json()}
    assert waiting == {one.host.id for one in world.store.hosts.peers(PeerState.PENDING)}
    assert program_of(world, Role.OPERATOR).get("/pairing").status_code == 403
