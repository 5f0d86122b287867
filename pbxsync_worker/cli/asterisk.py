"""The Asterisk of this host by hand: how it is, reload, restart, stop, start, and taking back what waits."""

import click

from pbxsync_worker.cli.show import as_json, show, table
from pbxsync_worker.core.model.asterisk_action import When
from pbxsync_worker.core.model.operation import Operation, OperationKind
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.model.wish import OperateAsterisk
from pbxsync_worker.core.settings import load
from pbxsync_worker.wiring import Installation
from pbxsync_worker.wiring.grant import grant

_WHO = "command line"
_WORDS = {"when-convenient": When.CONVENIENT, "gracefully": When.GRACEFULLY, "now": When.NOW}
_when = click.argument("when", type=click.Choice(list(_WORDS)))


@click.group()
def asterisk() -> None:
    """Look at this host's Asterisk, reload, restart, stop and start it.

    WHEN: `when-convenient` waits until there is no call, `gracefully` also takes no new one, `now` ends calls.
    """


@asterisk.command()
@as_json
def status(*, as_json: bool) -> None:
    """Show how it is, asked now."""
    state = Installation(load()).pbx.look()
    rows: list[tuple[object, ...]] = [
        ("running", "yes" if state.running else "no"),
        ("version", state.version or "-"),
        ("started", state.started or "-"),
        ("calls", state.calls),
        ("registered phones", state.contacts),
        *state.counts,
    ]
    value = {
        "running": state.running,
        "version": state.version,
        "started": state.started,
        "calls": state.calls,
        "contacts": state.contacts,
        "counts": dict(state.counts),
    }
    show(value, lambda: table(("WHAT", "VALUE"), rows), as_json=as_json)


@asterisk.command()
@click.argument("modules", nargs=-1)
@as_json
def reload(modules: tuple[str, ...], *, as_json: bool) -> None:
    """Reload MODULES, such as res_pjsip.so, or everything."""
    _do(Operation(OperationKind.RELOAD, modules=modules), as_json=as_json)


@asterisk.command()
@_when
@as_json
def restart(when: str, *, as_json: bool) -> None:
    """Restart it."""
    _do(Operation(OperationKind.RESTART, _WORDS[when]), as_json=as_json)


@asterisk.command()
@_when
@as_json
def stop(when: str, *, as_json: bool) -> None:
    """Stop it; it stays down."""
    _do(Operation(OperationKind.STOP, _WORDS[when]), as_json=as_json)


@asterisk.command()
@as_json
def start(*, as_json: bool) -> None:
    """Start it, until it has fully booted."""
    _do(Operation(OperationKind.START), as_json=as_json)


@asterisk.command()
@as_json
def abort(*, as_json: bool) -> None:
    """Take back a stop or restart that waits for calls to end."""
    _do(Operation(OperationKind.CANCEL), as_json=as_json)


def _do(operation: Operation, *, as_json: bool) -> None:
    answer = grant(Installation(load()), OperateAsterisk(operation), _WHO)
    show({"done": operation.text, "answer": answer}, lambda: as_text(answer), as_json=as_json)


COMMANDS = (asterisk,)
