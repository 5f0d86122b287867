"""The way in from the PBX's own panel."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.store.people import Role
from tests.web import seed
from tests.web.conftest import Browser, World
from tests.web.test_ticket import KEY, ticket_of

SAME = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "panel.key"
    path.write_bytes(KEY)
    return path


def panel_of(world: World, key) -> World:
    parts = replace(world.parts, settings=replace(world.parts.settings, panel_key=key))
    world.app.extensions["pbxsync"] = parts
    return world


@pytest.fixture
def panelled(world: World, key) -> World:
    return panel_of(world, key)


def come(world: World, browser: Browser | None = None, headers=SAME, **other):
    now = world.clock.now()
    values = {"iat": now, "exp": now + 20, **other}
    browser = browser or world.browser()
    return browser, browser.client.post("/panel", data={"ticket": ticket_of(**values)}, headers=headers)


def test_a_ticket_lets_somebody_in_in_their_language(panelled):
    browser, answer = come(panelled)
    assert answer.status_code == 303
    page = browser.get("/")
    assert page.status_code == 200
    assert '<html lang="es">' in page.text


def test_it_is_written_down_who_came(panelled):
    come(panelled)
    assert panelled.store.audit.entries()[0].who == "anna@pbx"


def test_somebody_of_the_panel_has_the_role_of_their_sections_each_time(panelled):
    come(panelled, jti="a" * 16)
    come(panelled, jti="b" * 16, sections=["pbxsync"])
    (guest,) = [one for one in panelled.store.people.all() if one.guest]
    assert guest.role is Role.VIEWER


def test_it_refuses_a_ticket_a_second_time(panelled):
    come(panelled)
    browser, answer = come(panelled)
    assert answer.status_code == 403
    assert "used before" in answer.text
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
    ],
)
def test_it_refuses_a_ticket_that_another_site_posts(panelled, headers):
    _, answer = come(panelled, headers=headers)
    assert answer.status_code == 403


def test_it_refuses_tickets_where_there_is_no_key(world, tmp_path):
    _, answer = come(panel_of(world, tmp_path / "none"))
    assert answer.status_code == 403


def test_it_ends_the_session_that_was_there(panelled):
    browser = panelled.browser(seed.ALICE)
    come(panelled, browser, sections=["pbxsync"])
    assert "anna@pbx" in browser.get("/").text


def test_nobody_of_the_panel_does_what_is_grave_without_an_administrator(panelled):
    browser, _ = come(panelled)
    answer = browser.get("/people/new")
    assert answer.status_code == 303
    assert "/password" in answer.location


def test_an_administrators_password_lets_them_do_what_is_grave(panelled):
    browser, _ = come(panelled)
    assert browser.post("/password", name=seed.ALICE, password=seed.PASSWORD).status_code == 303
    assert browser.get("/people/new").status_code == 200
    assert any(one.what == "vouched for" for one in panelled.store.audit.entries())


def test_the_password_of_somebody_less_does_not(panelled):
    browser, _ = come(panelled)
    assert browser.post("/password", name=seed.BOB, password=seed.PASSWORD).status_code == 401


def test_somebody_of_the_panel_is_gone_after_ten_minutes_of_nothing(panelled):
    browser, _ = come(panelled)
    panelled.clock.move(601)
    assert browser.get("/").status_code == 303


def test_the_panels_administrator_makes_the_first_of_ours(empty, key):
    world = panel_of(empty, key)
    browser, answer = come(world)
    assert answer.location.endswith("/setup")
    page = browser.get("/setup")
    assert 'name="token"' not in page.text
    answer = browser.post("/setup", name="anna", password="a long enough one", again="a long enough one")
    assert answer.status_code == 303
    assert [one.name for one in world.store.people.all() if not one.guest] == ["anna"]


def test_it_refuses_to_let_a_viewer_of_the_panel_make_the_first_administrator(empty, key):
    world = panel_of(empty, key)
    browser, _ = come(world, sections=["pbxsync"])
    answer = browser.post("/setup", name="anna", password="a long enough one", again="a long enough one")
    assert answer.status_code == 400
    assert world.store.people.count() == 0


def test_a_frame_in_which_nobody_is_logged_in_says_how_to_come_back(panelled):
    page = panelled.browser().get("/login", headers={"Sec-Fetch-Dest": "iframe"})
    assert "Load the page of the PBX again" in page.text
