"""The first administrator: once, and only with the token that lies on the host."""

import stat

from pbxsync_worker.core.store.people import Role
from tests.web import seed
from tests.web.conftest import World

GOOD = {"name": "alice", "password": seed.PASSWORD, "again": seed.PASSWORD}


def token_of(world: World) -> str:
    return (world.parts.settings.keys / "setup.token").read_text().strip()


def test_a_new_host_leads_everybody_to_the_set_up(empty: World) -> None:
    assert empty.browser().get("/").headers["Location"] == "/setup"
    assert empty.browser().get("/login").headers["Location"] == "/setup"


def test_the_link_with_the_token_fills_the_field(empty: World) -> None:
    assert 'value="abc-123"' in empty.browser().get("/setup?token=abc-123").text


def test_it_makes_the_administrator_and_lets_them_in(empty: World) -> None:
    browser = empty.browser()
    answer = browser.client.post("/setup", data={**GOOD, "token": token_of(empty), "csrf_token": browser.token()})
    assert answer.headers["Location"] == "/"
    assert empty.store.people.all()[0].role is Role.ADMIN
    assert browser.get("/people").status_code == 200


def set_up(world: World, **form: str) -> int:
    browser = world.browser()
    return browser.client.post("/setup", data={**form, "csrf_token": browser.token()}).status_code


def test_it_refuses_a_wrong_token(empty: World) -> None:
    assert set_up(empty, **GOOD, token="wrong") == 400
    assert empty.store.people.count() == 0


def test_it_refuses_the_right_token_after_five_wrong_ones(empty: World) -> None:
    for _try in range(5):
        set_up(empty, **GOOD, token="wrong")
    assert set_up(empty, **GOOD, token=token_of(empty)) == 400
    assert empty.store.people.count() == 0


def test_it_refuses_a_short_password_and_two_that_differ(empty: World) -> None:
    assert set_up(empty, name="alice", password="short", again="short", token=token_of(empty)) == 400
    assert set_up(empty, name="alice", password=seed.PASSWORD, again="other", token=token_of(empty)) == 400


def test_the_token_works_once_and_is_gone(empty: World) -> None:
    token = token_of(empty)
    assert set_up(empty, **GOOD, token=token) == 303
    assert not (empty.parts.settings.keys / "setup.token").exists()
    assert empty.browser().get("/setup").status_code == 404


def test_nobody_is_added_while_somebody_is_there(world: World) -> None:
    browser = world.browser()
    answer = browser.client.post("/setup", data={**GOOD, "token": "x", "csrf_token": browser.token()})
    assert answer.status_code == 404


def test_token_and_key_are_readable_by_their_owner_only(empty: World) -> None:
    for name in ("setup.token", "web.key"):
        assert stat.S_IMODE((empty.parts.settings.keys / name).stat().st_mode) == 0o600
