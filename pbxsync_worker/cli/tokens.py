"""Tokens of the API."""

import click

from pbxsync_worker.cli.show import as_json, show, table, when
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.settings import load
from pbxsync_worker.core.store.people import Role
from pbxsync_worker.wiring import Installation

_WHO = "command line"


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def token(context: click.Context, *, as_json: bool) -> None:
    """List the tokens that programs use for the API; add or remove one."""
    if context.invoked_subcommand is not None:
        return
    found = Installation(load()).store.tokens.all()
    rows: list[tuple[object, ...]] = [
        (one.id, one.name, one.role, when(one.used_at), when(one.expires_at)) for one in found
    ]
    show(found, lambda: table(("ID", "NAME", "ROLE", "USED", "ENDS"), rows), as_json=as_json)


@token.command()
@click.argument("name")
@click.option("--role", type=click.Choice([one.value for one in Role]), default=Role.VIEWER.value, show_default=True)
@click.option("--days", type=int, default=365, show_default=True, help="After so many days it is worth nothing.")
@as_json
def add(name: str, role: str, days: int, *, as_json: bool) -> None:
    """Make a token and print it, this once."""
    here = Installation(load())
    text = here.store.tokens.add(name, Role(role), days, _WHO)
    here.store.audit.add(_WHO, "make token", say("{name}, {role}, {days} days", name=name, role=role, days=days))
    show({"token": text}, lambda: text, as_json=as_json)


@token.command()
@click.argument("identity", metavar="ID")
@as_json
def remove(identity: str, *, as_json: bool) -> None:
    """Take a token back, at once."""
    here = Installation(load())
    gone = here.store.tokens.remove(identity)
    here.store.audit.add(_WHO, "remove token", gone.name)
    show({"removed": gone.id}, lambda: f"the token of {gone.name} is worth nothing any more", as_json=as_json)


COMMANDS = (token,)
