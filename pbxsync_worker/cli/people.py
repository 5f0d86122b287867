"""People who can log in to the web admin: added, listed, given another role, removed."""

from typing import TextIO

import click

from pbxsync_worker.cli.show import as_json, show, table
from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.settings import load
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.store.people import Person, Role
from pbxsync_worker.wiring import Installation

_WHO = "command line"
_ROLES = click.Choice([role.value for role in Role])


@click.command()
@click.argument("name")
@click.option("--role", type=_ROLES, default=Role.ADMIN.value, show_default=True, help="Of somebody new.")
@click.option("--password-file", type=click.File("r"), help="Read the password from a file; - is standard input.")
@as_json
def person(name: str, role: str, password_file: TextIO | None, *, as_json: bool) -> None:
    """Add somebody who can log in to the web admin, or give a new password."""
    if password_file is not None:
        password = password_file.read().strip()
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    store = Installation(load()).store
    known = _found(store, name)
    if known is None:
        known = store.people.add(name, password, Role(role))
        store.audit.add(_WHO, "add person", say("{name}, {role}", name=name, role=known.role))
    else:
        store.people.set_password(known.id, password)
        store.audit.add(_WHO, "change password", name)
    show({"name": name, "role": known.role}, lambda: f"{name} can log in as {known.role}", as_json=as_json)


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def people(context: click.Context, *, as_json: bool) -> None:
    """List who can log in, change a role, remove somebody; guests are vouched for by the PBX's own panel."""
    if context.invoked_subcommand is not None:
        return
    found = Installation(load()).store.people.all()
    rows: list[tuple[object, ...]] = [(one.name, one.role, "guest" if one.guest else "") for one in found]
    value = [{"name": one.name, "role": one.role, "language": one.language, "guest": one.guest} for one in found]
    show(value, lambda: table(("NAME", "ROLE", ""), rows), as_json=as_json)


@people.command("role")
@click.argument("name")
@click.argument("role", type=_ROLES)
@as_json
def role_(name: str, role: str, *, as_json: bool) -> None:
    """Give somebody another role; the last administrator stays one."""
    store = Installation(load()).store
    store.people.set_role(_named(store, name).id, Role(role))
    store.audit.add(_WHO, "change role", f"{name}, {role}")
    show({"name": name, "role": role}, lambda: f"{name} is {role} now", as_json=as_json)


@people.command("remove")
@click.argument("name")
@as_json
def remove(name: str, *, as_json: bool) -> None:
    """Let somebody log in no more; the last administrator stays. What they did stays in the audit log."""
    store = Installation(load()).store
    store.people.remove(_named(store, name).id)
    store.audit.add(_WHO, "remove person", name)
    show({"removed": name}, lambda: f"{name} can log in no more", as_json=as_json)


def _found(store: Store, name: str) -> Person | None:
    return next((one for one in store.people.all() if one.name == name), None)


def _named(store: Store, name: str) -> Person:
    found = _found(store, name)
    if found is None:
        raise NotFound(what="person", name=name)
    return found


COMMANDS = (person, people)
