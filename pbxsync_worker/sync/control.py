"""The control of a host whose Asterisk is only reloaded: where nothing else was set up, and in most tests."""

from pbxsync_worker.core.model.asterisk_action import ActionKind, AsteriskAction, When
from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.core.model.pbx import Finding
from pbxsync_worker.core.model.ports import GoingOn
from pbxsync_worker.core.model.sentence import say


class NoControl:
    """A host whose Asterisk is only reloaded."""

    def why_not(self, action: AsteriskAction) -> str:
        """Return that there is nothing for it."""
        bare = (ActionKind.MAP, ActionKind.NOTHING, ActionKind.MODULES, ActionKind.ALL)
        return "" if action.kind in bare else say("this host only reloads its Asterisk")

    def stop(self, when: When, going_on: GoingOn) -> None:
        """Refuse."""
        del going_on
        raise Unsupported(what=say("stop {when}", when=when), reason="this host only reloads its Asterisk")

    def start(self) -> None:
        """Refuse."""
        raise Unsupported(what="start", reason="this host only reloads its Asterisk")

    def restart(self, when: When, going_on: GoingOn) -> None:
        """Refuse."""
        self.stop(when, going_on)

    def cancel(self) -> None:
        """Do nothing: nothing can be pending."""

    def unhang(self) -> None:
        """Do nothing."""

    def do(self, action: AsteriskAction) -> tuple[Finding, ...]:
        """Refuse."""
        raise Unsupported(what=action.text, reason="this host only reloads its Asterisk")
