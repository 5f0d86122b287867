"""What is measured of this host, and by whom: Asterisk, FreePBX, the machine, our services and what is kept in step."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial

import redis

from pbxsync_worker.asterisk.watch import AsteriskWatch
from pbxsync_worker.core.model.dataset import Dataset, FileSet
from pbxsync_worker.core.model.errors import AsteriskRefused, AsteriskSilent, DatabaseRefused, DatabaseSilent, NotFound
from pbxsync_worker.core.model.fact import HOST_KINDS, Value
from pbxsync_worker.core.model.run import State
from pbxsync_worker.datasets.files.select import Selection
from pbxsync_worker.datasets.mysql import Link, Login
from pbxsync_worker.monitor.changes import Evidence, Unhurried, Watched, files_since, together
from pbxsync_worker.monitor.local import Asked
from pbxsync_worker.monitor.machine import DISK_FACTS, MACHINE_FACTS, disks, listens, machine
from pbxsync_worker.wiring.installation import Installation

HINT = 1.0
"""Seconds after which Asterisk is asked where no event hinted at anything."""
SERVICE_FACTS = ("redis.up", "mariadb.up", "services.up")
DATA_FACTS = ("data.changed", "data.changed_items", "data.unsafe_s", "state.last_good_s")

_ASTERISK_FACTS = tuple(kind.name for kind in HOST_KINDS if kind.name.startswith("asterisk."))
_FREEPBX_FACTS = tuple(kind.name for kind in HOST_KINDS if kind.name.startswith("freepbx."))
_PATIENCE = 2.0
_CHANGED = (
    b"SELECT COUNT(*), MIN(UNIX_TIMESTAMP(UPDATE_TIME)), SUM(UPDATE_TIME IS NULL) FROM information_schema.TABLES "
    b"WHERE TABLE_SCHEMA = %s AND TABLE_NAME IN (%s) AND (UPDATE_TIME IS NULL OR UPDATE_TIME > FROM_UNIXTIME(%s))"
)
_UP_SINCE = (
    b"SELECT UNIX_TIMESTAMP() - VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'UPTIME'"
)


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
    changes = Unhurried(lambda: together(_watched(here)), here.clock)
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


def _watched(here: Installation) -> Iterator[Watched]:
    """Yield what each job takes from this host, with when it was read last for a run that ended well."""
    me = here.store.hosts.me().id
    read: dict[tuple[str, str], float] = {}
    for one in here.store.versions.of():
        if one.source == me:
            key = (one.group, one.job)
            read[key] = max(read.get(key, 0.0), one.at)
    for catalogue in here.store.catalogues.all():
        for job in catalogue.jobs:
            if job.source == me:
                try:
                    dataset = catalogue.dataset(job.dataset)
                except NotFound:
                    continue
                since = read.get((catalogue.group, job.name), 0.0)
                yield Watched(since, partial(_since, here, dataset))


def _since(here: Installation, dataset: Dataset, moment: float) -> Evidence:
    found = Evidence()
    for one in dataset.file_sets:
        found = found.and_also(_files(here, one, moment))
    for database in sorted({one.database for one in dataset.tables}):
        names = [one.table for one in dataset.tables if one.database == database]
        login = here.databases.get(database)
        found = found.and_also(Evidence(None) if login is None else _tables(login, names, moment))
    return found


def _files(here: Installation, chosen: FileSet, moment: float) -> Evidence:
    selection, base = Selection(chosen), chosen.base + b"/"

    def wanted(path: str, folder: bool) -> bool:
        below = path.encode("utf-8", "surrogateescape")
        if folder:
            return not below or selection.may_hold(below)
        return selection.takes(below) and not here.protected(base + below)

    root = here.settings.places.get(chosen.place)
    return Evidence(None) if root is None else files_since(root / chosen.path, moment, wanted)


def _tables(login: Login, names: list[str], moment: float) -> Evidence:
    """Return which tables were written after a moment; the server forgets when it is started."""
    marks = b", ".join([b"%s"] * len(names))
    try:
        with closing(Link(login)) as link:
            up_since = link.all(_UP_SINCE)
            query = _CHANGED.replace(b"(%s)", b"(" + marks + b")")
            ((count, oldest, silent),) = link.all(
                query, (login.database.encode(), *(name.encode() for name in names), int(moment))
            )
    except (DatabaseSilent, DatabaseRefused):
        return Evidence(None)
    if not up_since or float(up_since[0][0] or b"inf") > moment:
        return Evidence(None)
    # A table that tells no time was not written since the server was started.
    return Evidence(int(count or 0) - int(silent or 0), float(oldest or 0))
