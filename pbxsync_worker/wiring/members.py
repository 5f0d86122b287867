"""Gives catalogues to the members that were away when they were changed, as soon as they are in reach."""

from collections.abc import Iterator

from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.host import Catalogue, Host
from pbxsync_worker.wiring.grant import give
from pbxsync_worker.wiring.installation import Installation

EVERY = 5.0
"""Seconds between two looks."""
AT_ONCE = 4
"""Members that are told in one look: a controller of hundreds of hosts tells them one after the other."""
_PAUSE = 60.0
"""Seconds until a member that did not take it is asked again."""

_Told = tuple[str, int, str]
"""A group, the version of its catalogue, and a member."""


class Members:
    """Tells the members of the groups that are changed here; one that was promoted tells the old primary so as well."""

    def __init__(self, here: Installation) -> None:
        self._here = here
        self._told: set[_Told] = set()
        self._not_before: dict[_Told, float] = {}

    def step(self) -> None:
        """Tell some of those that do not know yet, as far as this process can know that."""
        try:
            me = self._here.store.hosts.me().id
        except NotFound:
            return  # nobody has set this host up yet
        lacking = list(self._lacking(me))
        reached = {host for host, line in self._here.store.lines.all().items() if line.state in ("reachable", "slow")}
        due = [(key, host) for key, host in lacking if host.id in reached and self._is_due(key)]
        for key, host in due[:AT_ONCE]:
            if give(self._here, host, self._here.store.catalogues.signed(key[0])):
                self._told.add(key)
            else:
                self._not_before[key] = self._here.clock.monotonic() + _PAUSE

    def _lacking(self, me: str) -> Iterator[tuple[_Told, Host]]:
        for one in self._here.store.catalogues.all():
            if self._is_mine(one, me):
                for host in one.hosts:
                    key = (one.group, one.version, host.id)
                    if host.id != me and key not in self._told:
                        yield key, host

    def _is_mine(self, one: Catalogue, me: str) -> bool:
        """Tell whether this host is the primary, or has handed the group over to another."""
        return one.primary == me or self._here.store.catalogues.signed(one.group).signer == me

    def _is_due(self, key: _Told) -> bool:
        return self._here.clock.monotonic() >= self._not_before.get(key, 0.0)
