"""Tokens of the API: known by their text only."""

import pytest
from sqlalchemy import select

from pbxsync_worker.core.model.errors import Invalid, NotFound
from pbxsync_worker.core.store import tables
from pbxsync_worker.core.store.people import Role


@pytest.fixture
def text(store):
    return store.tokens.add("zabbix", Role.OPERATOR, 30, "ana")


def test_a_token_is_known_by_its_text(store, text):
    found = store.tokens.check(text)
    assert (found.name, found.role, found.made_by) == ("zabbix", Role.OPERATOR, "ana")


@pytest.mark.parametrize("other", ["", "x", "pbxsync_", "pbxsync__", "pbxsync_0123456789ab_x", "é_é_é"])
def test_it_refuses_any_other_text(store, text, other):
    assert store.tokens.check(other) is None


def test_it_refuses_a_token_with_any_part_changed(store, text):
    mark, identity, secret = text.split("_", 2)
    for changed in (f"x_{identity}_{secret}", f"{mark}_x_{secret}", f"{mark}_{identity}_{secret}x"):
        assert store.tokens.check(changed) is None


def test_it_refuses_a_token_that_has_expired(store, clock, text):
    clock.move(30 * 86400)
    assert store.tokens.check(text) is None
    assert [one.name for one in store.tokens.all()] == ["zabbix"]


def test_it_refuses_a_token_that_was_taken_back(store, text):
    store.tokens.remove(store.tokens.all()[0].id)
    assert store.tokens.check(text) is None
    with pytest.raises(NotFound):
        store.tokens.remove("0" * 12)


def test_it_refuses_a_second_token_of_one_name(store, text):
    with pytest.raises(Invalid, match="take that token back first"):
        store.tokens.add("zabbix", Role.VIEWER, 30, "ana")
    store.tokens.remove(store.tokens.all()[0].id)
    assert store.tokens.add("zabbix", Role.VIEWER, 30, "ana")


def test_what_is_stored_is_not_the_token(store, text):
    with store.database.read() as connection:
        row = connection.execute(select(tables.token)).one()
    assert text.rsplit("_", 1)[1] not in str(row)


def test_it_is_told_when_a_token_was_used_to_the_minute(store, clock, text):
    store.tokens.check(text)
    first = store.tokens.all()[0].used_at
    clock.move(30)
    store.tokens.check(text)
    assert store.tokens.all()[0].used_at == first == pytest.approx(clock.now() - 30)


@pytest.mark.parametrize(("name", "days"), [("", 1), ("a\nb", 1), ("a" * 65, 1), ("a", 0), ("a", 3651)])
def test_it_refuses_a_token_without_a_proper_name_or_end(store, name, days):
    with pytest.raises(Invalid):
        store.tokens.add(name, Role.VIEWER, days, "ana")
