"""Who may log in: added, changed, removed, never without the last administrator."""

import pytest

from pbxsync_worker.core.store.people import Role
from tests.web import seed
from tests.web.conftest import Browser, World

LONG = "another long password"
GOOD = {"name": "dave", "role": "operator", "password": LONG, "again": LONG}


def test_it_adds_a_person_who_can_log_in(world: World, admin: Browser) -> None:
    assert admin.post("/people/new", **GOOD).status_code == 303
    assert world.browser().log_in("dave", LONG).status_code == 303
    assert "add person" in [entry.what for entry in world.store.audit.entries()]


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "alice"), ("role", "root"), ("password", "short"), ("again", "other"), ("name", "a\tb")],
)
def test_it_refuses_and_adds_nobody(world: World, admin: Browser, field: str, value: str) -> None:
    answer = admin.post("/people/new", **{**GOOD, field: value})
    assert answer.status_code == 400
    assert LONG not in answer.text
    assert world.store.people.count() == 3


def test_it_changes_a_role(world: World, admin: Browser) -> None:
    admin.post("/people/3", do="role", role="operator")
    assert world.store.people.get(3).role is Role.OPERATOR


def test_it_gives_a_new_password(world: World, admin: Browser) -> None:
    admin.post("/people/3", do="password", password=LONG, again=LONG)
    assert world.browser().log_in(seed.CAROL, LONG).status_code == 303


def test_it_refuses_a_short_password(world: World, admin: Browser) -> None:
    assert admin.post("/people/3", do="password", password="x", again="x").status_code == 400
    assert world.browser().log_in(seed.CAROL).status_code == 303


def test_the_last_administrator_cannot_be_lost(world: World, admin: Browser) -> None:
    assert admin.post("/people/1", do="role", role="viewer").status_code == 400
    assert admin.post("/people/1/remove").status_code == 400
    assert world.store.people.get(1).role is Role.ADMIN


def test_removing_asks_first(world: World, admin: Browser) -> None:
    assert "stays in the audit log" in admin.get("/people/3/remove").text
    assert world.store.people.count() == 3
    admin.post("/people/3/remove")
    assert world.store.people.count() == 2


def test_a_person_who_is_not_there_is_not_found(admin: Browser) -> None:
    assert admin.get("/people/99").status_code == 404


def test_each_reader_sees_the_roles_in_his_own_language(admin: Browser) -> None:
    for language, words in (("en", ("Viewer", "Operator")), ("es", ("Observador", "Operador"))):
        page = admin.get("/people", headers={"Accept-Language": language}).text
        assert all(f"<dt>{word}</dt>" in page for word in words)
