"""What is measured of this host, and by whom: Asterisk, FreePBX, the machine, our services and what is kept in step."""

from collections.abc import Iterator, Mapping
from contextlib import closing

import redis

from pbxsync_worker.asterisk.watch import AsteriskWatch
from pbxsync_worker.core.model.errors import AsteriskRefused, AsteriskSilent, DatabaseRefused, DatabaseSilent
from pbxsync_worker.core.model.fact import HOST_KINDS, Value
from pbxsync_worker.core.model.run import State
from pbxsync_worker.datasets.mysql import Link
from pbxsync_worker.monitor.changes import Evidence, Unhurried
from pbxsync_worker.monitor.local import Asked
from pbxsync_worker.monitor.machine import DISK_FACTS, MACHINE_FACTS, disks, listens, machine
from pbxsync_worker.wiring.installation import Installation
from pbxsync_worker.wiring.unsafe import Unsafe

HINT = 1.0
"""Seconds after which Asterisk is asked where no event hinted at anything."""
SERVICE_FACTS = ("redis.up", "mariadb.up", "services.up")
DATA_FACTS = ("data.changed", "data.changed_items", "data.unsafe_s", "state.last_good_s")

_ASTERISK_FACTS = tuple(kind.name for kind in HOST_KINDS if kind.name.startswith("asterisk."))
_FREEPBX_FACTS = tuple(kind.name for kind in HOST_KINDS if kind.name.startswith("freepbx."))
_PATIENCE = 2.0


class Watching:
    """Asterisk as a source of facts; one that is away is asked again after a while."""

    name = "ami"
    facts = _ASTERISK_FACTS

    def __init__(self, here: Installation) -> None:
        self._clock = here.clock
        self._watch = AsteriskWatch(
            here.ami, here.clock, here.settings.emergency_numbers, lambda: _since_emergency(here),
            here.settings.control_socket,
        )  # fmt: skip

    def measure(self) -> Mapping[str, Value | None]:
        """Return what Asterisk tells, as soon as something changes there."""
        try:
            found = self._watch.look(HINT)
        except (AsteriskSilent, AsteriskRefused):
            self._clock.sleep(HINT)
            raise
        if not found["asterisk.up"]:
            self._clock.sleep(HINT)
            return dict.fromkeys(_ASTERISK_FACTS) | found
        return found


def _since_emergency(here: Installation) -> float | None:
    """Return the seconds since the last call for help as far as it was seen before this process began."""
    known = here.store.facts.known(here.store.hosts.me().id).get("asterisk.since_emergency_s")
    if known is None or not isinstance(known.value, int | float):
        return None
    return known.value + max(0.0, here.clock.now() - known.at)


def sources(here: Installation) -> Iterator[tuple[float, Asked | Watching]]:
    """Yield everything that is asked, with the seconds between two questions."""
    places = (*here.settings.places.values(), here.settings.home)
    yield 0.2, Watching(here)
    yield 15.0, Asked("machine", (*DISK_FACTS, *MACHINE_FACTS), lambda: {**disks(places), **machine()})
    yield 5.0, Asked("freepbx", _FREEPBX_FACTS, lambda: _freepbx(here))
    yield 15.0, Asked("services", SERVICE_FACTS, lambda: _services(here))
    changes = Unhurried(Unsafe(here).look, here.clock)
    yield 5.0, Asked("changes", DATA_FACTS, lambda: _data(here, changes()))


def _freepbx(here: Installation) -> Mapping[str, Value | None]:
    if here.freepbx is None:
        return dict.fromkeys(_FREEPBX_FACTS)
    doing = here.freepbx.activity()
    return {
        "freepbx.version": here.freepbx.detect().version or None,
        "freepbx.need_reload": _need_reload(here),
        "freepbx.reloading": doing.reloading,
        "freepbx.restoring": doing.restoring,
        "freepbx.upgrading": doing.upgrading,
    }


def _need_reload(here: Installation) -> bool | None:
    try:
        with closing(Link(here.databases["asterisk"])) as link:
            rows = link.all(b"SELECT value FROM admin WHERE variable = 'need_reload'")
    except (DatabaseSilent, DatabaseRefused, KeyError):
        return None
    return any(row[0] == b"true" for row in rows)


def _services(here: Installation) -> Mapping[str, Value | None]:
    workers = _workers(here)
    ports = (here.settings.web_bind, here.settings.peer_bind)
    return {
        "redis.up": workers is not None,
        "mariadb.up": _mariadb(here),
        "services.up": bool(workers) and all(listens(one) for one in ports),
    }


def _workers(here: Installation) -> int | None:
    """Return how many workers are there, None without a Redis."""
    try:
        with closing(redis.Redis.from_url(here.settings.redis, socket_timeout=_PATIENCE)) as connection:
            return int(connection.scard("rq:workers"))
    except redis.RedisError:
        return None


def _mariadb(here: Installation) -> bool | None:
    if here.freepbx is None:
        return None
    try:
        with closing(Link(here.databases["asterisk"])) as link:
            return bool(link.all(b"SELECT 1"))
    except DatabaseSilent:
        return False


def _data(here: Installation, found: Evidence) -> Mapping[str, Value | None]:
    now = here.clock.now()
    runs = (
        *here.store.runs.find(state=State.COMMITTED.value, limit=1),
        *here.store.runs.find(state=State.UNCHANGED.value, limit=1),
    )
    last = max((one.moved_at for one in runs), default=None)
    return {
        "data.changed": None if found.items is None else found.items > 0,
        "data.changed_items": found.items,
        "data.unsafe_s": None if found.items is None else round(now - found.oldest) if found.oldest else 0,
        "state.last_good_s": None if last is None else round(max(0.0, now - last)),
    }
