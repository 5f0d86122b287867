"""What a person does to this host's Asterisk by hand, on its page or with `pbxsync asterisk`."""

import re
from dataclasses import dataclass
from enum import StrEnum

from pbxsync_worker.core.model.asterisk_action import When
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.sentence import say

_MODULE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


class OperationKind(StrEnum):
    """Which of the possible things; the values are stored and shown."""

    RELOAD = "reload"
    RESTART = "restart"
    STOP = "stop"
    START = "start"
    CANCEL = "cancel"  # a stop or restart that waits for calls to end


@dataclass(frozen=True, slots=True)
class Operation:
    """One of them; when: of a restart or stop; modules: of a reload, none for everything. Raises Invalid."""

    kind: OperationKind
    when: When = When.CONVENIENT
    modules: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no module, so that no line break gets into an action."""
        wrong = [one for one in self.modules if not _MODULE.fullmatch(one)]
        if wrong:
            raise Invalid(what="Module", problems=say("{wrong} is no name of a module", wrong=repr(wrong[0])))

    @property
    def ends_calls(self) -> bool:
        """Tell whether calls in progress end, or no call is possible afterwards."""
        return self.kind is OperationKind.STOP or (self.kind is OperationKind.RESTART and self.when is When.NOW)

    @property
    def text(self) -> str:
        """Return it in one line, for the audit log."""
        if self.kind in (OperationKind.RESTART, OperationKind.STOP):
            return f"{self.kind} {self.when}"
        return " ".join((self.kind, *self.modules)) if self.modules else self.kind

    @property
    def sentence(self) -> str:
        """Return what will be done, for people."""
        if self.modules:
            return say("Asterisk reloads {names}", names=", ".join(self.modules))
        return _SENTENCES.get((self.kind, self.when)) or _PLAIN[self.kind]


_PLAIN = {
    OperationKind.RELOAD: say("Asterisk reloads everything"),
    OperationKind.START: say("Asterisk starts"),
    OperationKind.CANCEL: say("A stop or restart that waits for calls to end is taken back"),
}
_SENTENCES = {
    (OperationKind.RESTART, When.CONVENIENT): say("Asterisk restarts once there is no call"),
    (OperationKind.RESTART, When.GRACEFULLY): say("Asterisk takes no new call and restarts after the last one"),
    (OperationKind.RESTART, When.NOW): say("Asterisk restarts at once; calls end"),
    (OperationKind.STOP, When.CONVENIENT): say("Asterisk stops once there is no call, and stays down"),
    (OperationKind.STOP, When.GRACEFULLY): say("Asterisk takes no new call, stops after the last one, and stays down"),
    (OperationKind.STOP, When.NOW): say("Asterisk stops at once and stays down; calls end"),
}
