"""The page of API tokens."""

import re

from pbxsync_worker.core.store.people import Role
from tests.web.conftest import Browser, World


def test_a_token_is_shown_once(world: World, admin: Browser) -> None:
    page = admin.post("/tokens/new", name="zabbix", role="viewer", days="30")
    text = re.search(r'id="token"[^>]*>([^<]+)<', page.text)
    assert text is not None
    assert world.store.tokens.check(text[1]) is not None
    assert text[1] not in admin.get("/tokens").text
    assert "zabbix" in admin.get("/tokens").text


def test_it_is_written_down_who_made_a_token(world: World, admin: Browser) -> None:
    admin.post("/tokens/new", name="zabbix", role="viewer", days="30")
    assert world.store.audit.entries()[0].what == "make token"


def test_it_refuses_a_token_without_a_name(world: World, admin: Browser) -> None:
    assert admin.post("/tokens/new", name=" ", role="viewer", days="30").status_code == 400
    assert world.store.tokens.all() == ()


def test_a_token_is_taken_back(world: World, admin: Browser) -> None:
    text = world.store.tokens.add("zabbix", Role.VIEWER, 30, "alice")
    identity = world.store.tokens.all()[0].id
    assert "shut out at once" in admin.get(f"/tokens/{identity}/remove").text
    assert admin.post(f"/tokens/{identity}/remove").status_code == 303
    assert world.store.tokens.check(text) is None


def test_an_expired_token_is_told(world: World, admin: Browser) -> None:
    world.store.tokens.add("old", Role.VIEWER, 1, "alice")
    world.clock.move(86401)
    browser = world.browser("alice")
    assert "has expired" in browser.get("/tokens").text


def test_only_administrators_see_tokens(operator: Browser) -> None:
    assert operator.get("/tokens").status_code == 403


def test_nobody_who_was_away_for_a_while_makes_a_token_without_a_password(world: World, admin: Browser) -> None:
    world.clock.move(400)
    assert admin.get("/tokens/new").status_code == 303
