"""The Asterisk of this host: how it is, and what a person does to it by hand; a worker does it."""

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from pbxsync_web.access import admin, fresh, operator
from pbxsync_web.pages.wishes import ask
from pbxsync_web.parts import the_store
from pbxsync_worker.core.model.asterisk_action import When
from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.operation import Operation, OperationKind
from pbxsync_worker.core.model.wish import OperateAsterisk
from pbxsync_worker.core.store.facts import Known

page = Blueprint("asterisk", __name__, url_prefix="/asterisk")

_MOST = 20
CALM = {
    "reload": Operation(OperationKind.RELOAD),
    "restart-when-convenient": Operation(OperationKind.RESTART, When.CONVENIENT),
    "restart-gracefully": Operation(OperationKind.RESTART, When.GRACEFULLY),
    "start": Operation(OperationKind.START),
    "cancel": Operation(OperationKind.CANCEL),
}
"""What ends no call."""
GRAVE = {
    "restart-now": Operation(OperationKind.RESTART, When.NOW),
    "stop-when-convenient": Operation(OperationKind.STOP, When.CONVENIENT),
    "stop-gracefully": Operation(OperationKind.STOP, When.GRACEFULLY),
    "stop-now": Operation(OperationKind.STOP, When.NOW),
}
"""What ends calls, or leaves the PBX without."""


@page.get("")
def overview() -> str:
    """Show how Asterisk is, as the monitor saw it."""
    return render_template("asterisk/overview.html", known=_known())


@page.get("/do/<name>")
@operator
def calm(name: str) -> str:
    """Say what it means."""
    return _confirm(_of(CALM, name))


@page.post("/do/<name>")
@operator
def calm_now(name: str) -> Response:
    """Ask a worker to do what ends no call."""
    operation = _of(CALM, name)
    modules = tuple(request.form.get("modules", "").split())[:_MOST] if name == "reload" else ()
    return _ask(Operation(operation.kind, operation.when, modules))


@page.get("/end/<name>")
@admin
@fresh
def grave(name: str) -> str:
    """Say what it means, and how many calls end."""
    return _confirm(_of(GRAVE, name))


@page.post("/end/<name>")
@admin
@fresh
def grave_now(name: str) -> Response:
    """Ask a worker to do what ends calls."""
    return _ask(_of(GRAVE, name))


def _confirm(operation: Operation) -> str:
    return render_template("asterisk/confirm.html", operation=operation, known=_known(), kinds=OperationKind)


def _ask(operation: Operation) -> Response:
    return ask(OperateAsterisk(operation), url_for("asterisk.overview"), stay=True)


def _of(operations: dict[str, Operation], name: str) -> Operation:
    try:
        return operations[name]
    except KeyError:
        raise NotFound(what=_("operation"), name=name) from None


def _known() -> dict[str, Known]:
    """Return what the monitor knows, by the last part of its name; nothing before it has looked."""
    try:
        facts = the_store().facts.known(the_store().hosts.me().id)
    except NotFound:
        return {}
    return {name.removeprefix("asterisk."): one for name, one in facts.items() if name.startswith("asterisk.")}
