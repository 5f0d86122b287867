"""Who may log in, and as what."""

from http import HTTPStatus
from typing import Annotated

import msgspec

from pbxsync_web.access import me
from pbxsync_web.api.endpoint import endpoint, number_in
from pbxsync_web.api.values import Answer, Value
from pbxsync_web.forms.people import MOST_PASSWORD
from pbxsync_web.parts import the_store
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store.people import Person, Role

Password = Annotated[str, msgspec.Meta(max_length=MOST_PASSWORD)]


class PersonValue(Answer, frozen=True):
    """Somebody who can log in; guest: comes from the PBX's panel and has no password here."""

    number: int
    name: str
    role: Role
    guest: bool


class AddPerson(Value, frozen=True):
    """A new person."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    password: Password
    role: Role


class SaveRole(Value, frozen=True):
    """What a person may do."""

    role: Role


class SavePassword(Value, frozen=True):
    """A new password; it ends every session of the person."""

    password: Password


@endpoint("GET /people", list[PersonValue], role=Role.ADMIN)
def people() -> list[PersonValue]:
    """List who can log in, by name."""
    return [_value(one) for one in the_store().people.all()]


@endpoint("POST /people", PersonValue, role=Role.ADMIN, body=AddPerson, status=HTTPStatus.CREATED, grave=True)
def add_person(body: AddPerson) -> PersonValue:
    """Add a person."""
    store = the_store()
    name = body.name.strip()
    if not name or not name.isprintable():
        raise Invalid(what="Person", problems=say("the name has letters that can be printed"))
    person = store.people.add(name, body.password, body.role)
    store.audit.add(me().name, "add person", say("{name}, {role}", name=person.name, role=body.role))
    return _value(person)


@endpoint("PUT /people/<number>/role", PersonValue, role=Role.ADMIN, body=SaveRole, grave=True)
def save_role(number: str, body: SaveRole) -> PersonValue:
    """Change what a person may do; the last administrator stays one."""
    person = _person(number)
    store = the_store()
    store.people.set_role(person.id, body.role)
    store.audit.add(me().name, "change role", say("{name}, {role}", name=person.name, role=body.role))
    return _value(store.people.get(person.id))


@endpoint("PUT /people/<number>/password", PersonValue, role=Role.ADMIN, body=SavePassword, grave=True)
def save_password(number: str, body: SavePassword) -> PersonValue:
    """Give a person a new password."""
    person = _person(number)
    the_store().people.set_password(person.id, body.password)
    the_store().audit.add(me().name, "change password", person.name)
    return _value(person)


@endpoint("DELETE /people/<number>", PersonValue, role=Role.ADMIN, grave=True)
def remove_person(number: str) -> PersonValue:
    """Remove a person, but not the last administrator."""
    person = _person(number)
    the_store().people.remove(person.id)
    the_store().audit.add(me().name, "remove person", person.name)
    return _value(person)


def _person(number: str) -> Person:
    return the_store().people.get(number_in("person", number))


def _value(one: Person) -> PersonValue:
    return PersonValue(one.id, one.name, one.role, one.guest)
