"""People, their passwords, and the throttle."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from pbxsync_worker.core.model.errors import Invalid, NotFound
from pbxsync_worker.core.store.people import Role
from pbxsync_worker.core.store.tables import person

GOOD = "correct horse battery"


@pytest.fixture
def ana(store):
    return store.people.add("ana", GOOD, Role.ADMIN, "es", first=True)


def test_the_first_administrator_can_be_made_once(store, ana):
    assert (ana.name, ana.role, ana.language, ana.epoch) == ("ana", Role.ADMIN, "es", 1)
    with pytest.raises(Invalid, match="exists already"):
        store.people.add("eve", GOOD, Role.ADMIN, first=True)
    assert store.people.count() == 1


def test_everyone_is_listed_by_name(store, ana):
    bob = store.people.add("bob", GOOD, Role.VIEWER)
    abe = store.people.add("abe", GOOD, Role.OPERATOR)
    assert store.people.all() == (abe, ana, bob)
    assert store.people.get(bob.id) == bob


def test_a_stranger_is_not_found(store):
    with pytest.raises(NotFound):
        store.people.get(7)


def test_a_name_is_taken_once(store, ana):
    with pytest.raises(Invalid, match="taken"):
        store.people.add("ana", GOOD, Role.VIEWER)


@pytest.mark.parametrize("name", ["", "x" * 65, " ana", "a\nb"])
@pytest.mark.parametrize("password", ["too short", "x" * 257])
def test_all_problems_of_a_person_are_told_at_once(store, name, password):
    with pytest.raises(Invalid, match=r"a name has.*, a password has"):
        store.people.add(name, password, Role.VIEWER)
    assert store.people.count() == 0


def test_only_the_right_password_opens(store, ana):
    assert store.people.check("ana", GOOD) == ana
    assert store.people.check("ana", "wrong horse battery") is None
    assert store.people.check("nobody", GOOD) is None
    assert store.people.check("nobody", "nobody has this password") is None


def test_passwords_are_kept_as_argon2(store, ana):
    with store.database.read() as connection:
        kept = connection.execute(select(person.c.password)).scalar_one()
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_damaged_password_opens_nothing(store, ana):
    with store.database.write() as connection:
        connection.execute(person.update().values(password="plain"))
    assert store.people.check("ana", "plain") is None


def test_a_new_password_replaces_the_old_and_ends_sessions(store, ana):
    store.people.set_password(ana.id, "another good password")
    assert store.people.check("ana", GOOD) is None
    found = store.people.check("ana", "another good password")
    assert found is not None
    assert found.epoch == 2


def test_ending_sessions_leaves_the_password(store, ana):
    store.people.end_sessions(ana.id)
    found = store.people.check("ana", GOOD)
    assert found is not None
    assert found.epoch == 2


def test_a_weak_new_password_is_refused(store, ana):
    with pytest.raises(Invalid):
        store.people.set_password(ana.id, "short")
    assert store.people.check("ana", GOOD) == ana


def test_the_last_administrator_stays(store, ana):
    store.people.add("bob", GOOD, Role.OPERATOR)
    losses: list[Callable[[], None]] = [
        lambda: store.people.remove(ana.id),
        lambda: store.people.set_role(ana.id, Role.VIEWER),
    ]
    for loss in losses:
        with pytest.raises(Invalid, match="administrator"):
            loss()
    assert store.people.get(ana.id).role is Role.ADMIN


def test_with_a_second_administrator_the_first_can_go(store, ana):
    bob = store.people.add("bob", GOOD, Role.VIEWER)
    store.people.set_role(bob.id, Role.ADMIN)
    store.people.set_role(ana.id, Role.ADMIN)
    store.people.remove(ana.id)
    assert [one.name for one in store.people.all()] == ["bob"]


def test_a_language_is_remembered(store, ana):
    store.people.set_language(ana.id, "en")
    assert store.people.get(ana.id).language == "en"


def test_failures_are_counted_by_kind_and_person_within_a_time(store, clock):
    for _ in range(3):
        store.people.note_failure("login", "ana")
        clock.move(10)
    store.people.note_failure("pair", "ana")
    store.people.note_failure("login", "bob")
    assert store.people.failed("login", "ana", 60) == 3
    assert store.people.failed("login", "ana", 15) == 1
    assert store.people.failed("login", "eve", 60) == 0


def test_a_long_name_is_counted_as_well(store):
    store.people.note_failure("login", "x" * 500)
    assert store.people.failed("login", "x" * 500, 60) == 1


def test_failures_are_forgotten_after_a_day(store, clock):
    store.people.note_failure("login", "ana")
    clock.move(86401)
    store.people.note_failure("login", "bob")
    assert store.people.failed("login", "ana", 10**9) == 0
