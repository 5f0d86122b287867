"""What a person does to this host's Asterisk by hand, while no run changes it."""

from collections.abc import Callable
from typing import Protocol

from pbxsync_worker.core.model.errors import AsteriskDown, PbxSyncError
from pbxsync_worker.core.model.operation import Operation, OperationKind
from pbxsync_worker.core.model.plan import EVERYTHING, Reload
from pbxsync_worker.core.model.ports import AsteriskControl, Pbx
from pbxsync_worker.core.model.sentence import say


class Operated(Protocol):
    """What is needed of the installation."""

    @property
    def pbx(self) -> Pbx:
        """Look and reload."""
        ...

    @property
    def asterisk(self) -> AsteriskControl:
        """Stop and start."""
        ...


class Log(Protocol):
    """Where it is written down."""

    def add(self, who: str, what: str, about: str = "") -> object:
        """Write a line."""
        ...


def operate(here: Operated, audit: Log, operation: Operation, by: str) -> str:
    """Do it and return what came of it; raise what stands in the way. The caller holds the host, but for CANCEL."""
    audit.add(by, "asterisk", operation.text)
    try:
        said = _DO[operation.kind](here, operation)
    except Exception as error:
        why = error.told if isinstance(error, PbxSyncError) else str(error)
        audit.add(by, "asterisk failed", say("{value}: {why}", value=operation.text, why=why))
        raise
    audit.add(by, "asterisk done", operation.text)
    return said


def _reload(here: Operated, operation: Operation) -> str:
    wanted = tuple(Reload(one, "by hand") for one in operation.modules) or (EVERYTHING,)
    done = here.pbx.reload(wanted)
    if any(one.skipped for one in done):
        raise AsteriskDown(reason=say("it reads its files when it starts"))
    return operation.sentence if not operation.modules else say("reloaded: {names}", names=_names(operation))


def _names(operation: Operation) -> str:
    return ", ".join(operation.modules)


def _restart(here: Operated, operation: Operation) -> str:
    calls = here.pbx.calls_in_progress()
    here.asterisk.restart(operation.when, _go_on)
    return _with_calls(say("Asterisk has restarted and has fully booted"), operation, calls)


def _stop(here: Operated, operation: Operation) -> str:
    calls = here.pbx.calls_in_progress()
    here.asterisk.stop(operation.when, _go_on)
    return _with_calls(say("Asterisk is down"), operation, calls)


def _with_calls(said: str, operation: Operation, calls: int | None) -> str:
    if operation.ends_calls and calls:
        return say("{said}; {calls} calls were in progress before", said=said, calls=calls)
    return said


def _start(here: Operated, operation: Operation) -> str:
    del operation
    here.asterisk.start()
    return say("Asterisk runs and has fully booted")


def _cancel(here: Operated, operation: Operation) -> str:
    del operation
    here.asterisk.cancel()
    return say("nothing waits for calls to end any more")


def _go_on() -> None:
    """Go on waiting: who wants to end it takes it back, which is seen."""


_DO: dict[OperationKind, Callable[[Operated, Operation], str]] = {
    OperationKind.RELOAD: _reload,
    OperationKind.RESTART: _restart,
    OperationKind.STOP: _stop,
    OperationKind.START: _start,
    OperationKind.CANCEL: _cancel,
}
