"""Where people log in to phones (FreePBX's mode deviceanduser), who sits where belongs to each host alone."""

from collections.abc import Callable, Mapping
from contextlib import closing

from pbxsync_worker.core.model.pattern import Matcher, matcher
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.protected import DEVICE_AND_USER
from pbxsync_worker.datasets.mysql import Link, Login

MODE = "deviceanduser"
_ASK_AGAIN = 60.0
"""Seconds for which an answer is good: nobody changes the mode of a PBX in passing."""


class LogIns:
    """The AstDB keys that say who is logged in where; none where phones belong to people for good."""

    def __init__(self, mode: Callable[[], str], clock: Clock) -> None:
        """mode: asks for FreePBX's setting AMPEXTENSIONS."""
        self._mode = mode
        self._clock = clock
        self._known: tuple[float, bool] | None = None

    def now(self) -> Matcher:
        """Return what never travels on this host; raise DatabaseSilent where that cannot be known."""
        now = self._clock.monotonic()
        if self._known is None or now - self._known[0] > _ASK_AGAIN:
            self._known = now, self._mode() == MODE
        return matcher(DEVICE_AND_USER if self._known[1] else ())


def keys_that_stay(databases: Mapping[str, Login], clock: Clock) -> Callable[[], Matcher]:
    """Return what tells, at any time, which keys never travel on this host; none without FreePBX."""
    if "asterisk" not in databases:
        return lambda: matcher(())
    return LogIns(lambda: mode_of(databases["asterisk"]), clock).now


def mode_of(login: Login) -> str:
    """Return how FreePBX relates phones and people; "" where it does not say."""
    with closing(Link(login)) as link:
        rows = link.all(b"SELECT value FROM freepbx_settings WHERE keyword = 'AMPEXTENSIONS'")
    return (rows[0][0] or b"").decode() if rows else ""
