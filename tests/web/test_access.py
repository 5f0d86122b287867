"""Every page x (stranger, viewer, operator, administrator), the wrong method, a bad token: closed unless opened."""

import pytest

from pbxsync_web import access
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.store.people import Role
from tests.web import seed
from tests.web.conftest import World

PUBLIC = {
    ("GET", "login.login"),
    ("POST", "login.enter"),
    ("GET", "setup.first"),
    ("POST", "panel.enter"),  # proves itself: tests/web/test_panel.py
    ("POST", "setup.create"),
}
OPERATOR = {
    ("GET", "alerts.overview"),
    ("POST", "alerts.test"),
    ("POST", "alerts.resend"),
    ("POST", "alerts.drop"),
    ("GET", "asterisk.calm"),
    ("POST", "asterisk.calm_now"),
    ("POST", "coverage.look"),
    ("POST", "doctor.look"),
    ("POST", "doctor.read_anew"),
    ("POST", "hosts.check"),
    ("POST", "jobs.pause"),
    ("POST", "jobs.run"),
    ("POST", "rules.ask_now"),
    ("GET", "runs.cancel"),
    ("POST", "runs.cancel_now"),
    ("POST", "runs.apply"),
    ("GET", "rollback.ask"),
    ("POST", "rollback.start"),
    ("GET", "wishes.one"),
}
VIEWER = {
    ("GET", "account.overview"),
    ("POST", "account.set_language"),
    ("POST", "account.set_password"),
    ("POST", "account.set_theme"),
    ("GET", "approvals.overview"),
    ("GET", "asterisk.overview"),
    ("GET", "coverage.overview"),
    ("GET", "datasets.one"),
    ("GET", "datasets.overview"),
    ("GET", "doctor.overview"),
    ("GET", "drift.overview"),
    ("GET", "fleet.one"),
    ("GET", "fleet.overview"),
    ("GET", "groups.one"),
    ("GET", "groups.overview"),
    ("GET", "hosts.one"),
    ("GET", "hosts.overview"),
    ("GET", "jobs.one"),
    ("GET", "jobs.overview"),
    ("POST", "login.confirm"),
    ("POST", "login.logout"),
    ("GET", "login.password"),
    ("GET", "rules.overview"),
    ("GET", "runs.live"),
    ("GET", "runs.one"),
    ("GET", "runs.overview"),
    ("GET", "runs.plan"),
    ("GET", "runs.rollout"),
    ("GET", "runs.rollout_live"),
    ("GET", "runs.stream"),
    ("GET", "start.live"),
    ("GET", "start.overview"),
    ("GET", "states.overview"),
}
FRESH = {
    *("alerts.server", "alerts.save_server", "alerts.secret"),
    *("arrival.add", "arrival.remove", "asterisk.grave", "asterisk.grave_now"),
    *("hosts.revoke", "hosts.revoke_now", "pairing.confirm", "pairing.confirm_now", "pairing.join"),
    *("pairing.join_now", "pairing.offer", "pairing.offer_now", "people.change", "people.create", "people.edit"),
    *("people.new", "people.remove", "people.remove_now", "policy.edit", "policy.save", "rollback.ask"),
    *("promotion.confirm", "promotion.promote"),
    *("rollback.start", "runs.approve", "runs.approve_now"),
    *("tokens.create", "tokens.new", "tokens.remove", "tokens.remove_now"),
}


def routes(world: World) -> list[tuple[str, str, str]]:
    """Return (method, endpoint, a path that fits) of every page; the API has tests of its own."""
    found = []
    with world.app.test_request_context():
        adapter = world.app.url_map.bind("localhost")
        for rule in world.app.url_map.iter_rules():
            if rule.endpoint == "static" or rule.endpoint.startswith("api."):
                continue
            people = "people" in rule.endpoint
            values = {name: 1 if name == "number" or people else "x" for name in rule.arguments}
            if "side" in values:
                values["side"] = "before"
            path = adapter.build(rule.endpoint, values)
            found += [(method, rule.endpoint, path) for method in sorted((rule.methods or set()) & {"GET", "POST"})]
    return found


def test_a_stranger_sees_only_what_is_public(world: World) -> None:
    browser = world.browser()
    token = browser.token()
    for method, endpoint, path in routes(world):
        if (method, endpoint) in PUBLIC:
            continue
        answer = browser.get(path) if method == "GET" else browser.post(path, token=token)
        login = answer.status_code == 303 and answer.headers["Location"].startswith("/login?next=")
        assert login, (method, path, answer.status)


@pytest.mark.parametrize(("name", "open_to"), [(seed.CAROL, VIEWER), (seed.BOB, VIEWER | OPERATOR)])
def test_each_role_is_refused_whatever_is_above_it(world: World, name: str, open_to: set[tuple[str, str]]) -> None:
    browser = world.browser(name)
    token = browser.token()
    for method, endpoint, path in routes(world):
        if (method, endpoint) in PUBLIC or endpoint == "login.logout":
            continue
        answer = browser.get(path) if method == "GET" else browser.post(path, token=token)
        refused = answer.status_code == 403 and "not-allowed" in answer.text
        assert refused is ((method, endpoint) not in open_to), (method, path, answer.status)


def test_an_administrator_is_refused_nothing_by_role(world: World) -> None:
    browser = world.browser(seed.ALICE)
    for method, endpoint, path in routes(world):
        if method == "GET" and endpoint != "setup.first":
            assert browser.get(path).status_code in (200, 303, 404), path


def test_every_write_without_its_token_is_refused(world: World) -> None:
    browser = world.browser(seed.ALICE)
    for method, endpoint, path in routes(world):
        if method == "POST" and endpoint != "panel.enter":
            answer = browser.post(path, token="forged")
            assert answer.status_code == 400, path
            assert "form-expired" in answer.text, path
    assert world.store.wishes.waiting() == ()
    assert world.store.runs.find() == ()


def test_no_page_that_only_writes_answers_get(world: World) -> None:
    browser = world.browser(seed.ALICE)
    reading = {path for method, _endpoint, path in routes(world) if method == "GET"}
    for method, _endpoint, path in routes(world):
        if method == "POST" and path not in reading:
            answer = browser.get(path)
            assert answer.status_code == 405, path
            assert "POST" in answer.headers["Allow"]


def test_grave_pages_and_no_others_ask_for_the_password_again(world: World) -> None:
    asking = {name for name, view in world.app.view_functions.items() if access.rule_of(view).fresh}
    assert asking == FRESH


def test_a_grave_page_wants_a_password_not_older_than_five_minutes(world: World) -> None:
    browser = world.browser(seed.ALICE)
    assert browser.get("/pairing/offer").status_code == 200
    world.clock.move(301)
    answer = browser.get("/pairing/offer")
    assert answer.headers["Location"] == "/password?next=/pairing/offer"


def test_a_grave_write_does_nothing_until_the_password_is_given(world: World) -> None:
    browser = world.browser(seed.ALICE)
    world.clock.move(301)
    answer = browser.post("/pairing/offer", give="send")
    assert answer.headers["Location"] == "/password?next=/pairing/offer"
    assert world.store.wishes.waiting() == ()


def test_an_idle_session_ends_after_half_an_hour(world: World) -> None:
    browser = world.browser(seed.BOB)
    world.clock.move(1700)
    assert browser.get("/").status_code == 200
    world.clock.move(1700)
    assert browser.get("/").status_code == 200
    world.clock.move(1801)
    assert browser.get("/").status_code == 303


def test_what_a_page_asks_by_itself_keeps_no_session_alive(world: World) -> None:
    run = seed.add_run(world.store, State.SCANNING)
    browser = world.browser(seed.BOB)
    for _time in range(2):
        world.clock.move(700)
        assert browser.get(f"/runs/{run.id}/live", headers={"HX-Request": "true"}).status_code == 200
    world.clock.move(700)
    answer = browser.get(f"/runs/{run.id}/live", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/login"


def test_a_session_ends_after_twelve_hours_of_work(world: World) -> None:
    browser = world.browser(seed.BOB)
    for _half_hour in range(24):
        world.clock.move(1790)
        assert browser.get("/").status_code == 200
    world.clock.move(300)
    assert browser.get("/").status_code == 303


def test_a_new_password_ends_the_other_sessions(world: World) -> None:
    browser = world.browser(seed.BOB)
    world.store.people.set_password(2, "another long password")
    assert browser.get("/").status_code == 303


def test_a_changed_role_counts_at_once(world: World) -> None:
    browser = world.browser(seed.BOB)
    world.store.people.set_role(2, Role.VIEWER)
    assert browser.post("/groups/coast/jobs/config/run", mode="apply").status_code == 403


def test_a_stolen_cookie_is_worthless_in_another_browser(world: World) -> None:
    browser = world.browser(seed.ALICE)
    thief = world.app.test_client()
    cookie = browser.client.get_cookie("pbxsync")
    assert cookie
    thief.set_cookie("pbxsync", cookie.value)
    assert thief.get("/people", headers={"User-Agent": "another"}).status_code == 303


def test_the_cookie_is_strict_and_hidden_from_scripts(world: World) -> None:
    answer = world.browser().log_in(seed.ALICE)
    cookie = next(value for name, value in answer.headers if name == "Set-Cookie" and value.startswith("pbxsync="))
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
