"""What of this host no other host has yet: what changed since its jobs read it last, by evidence that costs little.

Files, messages and tables tell it by their times. Keys of the AstDB and lines of voicemail.conf share a file with
what never travels and changes all day: where that file was written since the last look, they are read and compared
with what was given.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pbxsync_worker.core.model.dataset import BoxSet, Dataset, FamilySet, FileSet, Place
from pbxsync_worker.core.model.errors import DatabaseRefused, DatabaseSilent, NotFound, PbxSyncError
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.store.occurrences import JobKey
from pbxsync_worker.core.store.versions import HostVersion
from pbxsync_worker.datasets.files.select import Selection
from pbxsync_worker.datasets.mysql import Link, Login
from pbxsync_worker.monitor.changes import Evidence, Watched, files_since, together
from pbxsync_worker.wiring.installation import Installation

_CHANGED = (
    b"SELECT COUNT(*), MIN(UNIX_TIMESTAMP(UPDATE_TIME)), SUM(UPDATE_TIME IS NULL) FROM information_schema.TABLES "
    b"WHERE TABLE_SCHEMA = %s AND TABLE_NAME IN (%s) AND (UPDATE_TIME IS NULL OR UPDATE_TIME > FROM_UNIXTIME(%s))"
)
_UP_SINCE = (
    b"SELECT UNIX_TIMESTAMP() - VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'UPTIME'"
)
_Stamp = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the last look at keys and mailboxes found; same_at: when they were last seen to be as they were given."""

    stamp: _Stamp
    same_at: float
    found: Evidence


class Unsafe:
    """Looks at what every job takes from this host; remembers what it saw, so that what stands still costs nothing."""

    def __init__(self, here: Installation) -> None:
        self._here = here
        self._seen: dict[JobKey, _Seen] = {}

    def look(self) -> Evidence:
        """Return what changed since the jobs read it last; unknown where one part of it is."""
        return together(self._watched())

    def _watched(self) -> Iterator[Watched]:
        """Yield what each job takes from this host, with when it was read last for a run that ended well."""
        store = self._here.store
        me = store.hosts.me().id
        read: dict[JobKey, HostVersion] = {}
        for one in store.versions.of():
            key = (one.group, one.job)
            if one.source == me and (key not in read or one.at > read[key].at):
                read[key] = one
        for catalogue in store.catalogues.all():
            for job in catalogue.jobs:
                key = (catalogue.group, job.name)
                if job.source == me and key in read:
                    with suppress(NotFound):
                        dataset = catalogue.dataset(job.dataset)
                        yield Watched(read[key].at, partial(self._since, key, dataset, read[key].root))

    def _since(self, key: JobKey, dataset: Dataset, root: str, moment: float) -> Evidence:
        return since(self._here, dataset, moment).and_also(self._contents(key, dataset, root, moment))

    def _contents(self, key: JobKey, dataset: Dataset, root: str, moment: float) -> Evidence:
        """Return which keys and mailboxes differ from what was given; their times are not known, only bounds."""
        if not dataset.families and not dataset.boxes:
            return Evidence()
        stamp = (root, dataset, *self._stamps())
        known, now = self._seen.get(key), self._here.clock.now()
        if known is not None and known.stamp == stamp and known.found.items is not None:
            return known.found
        differ = self._differ(dataset, root)
        same_at = known.same_at if known is not None and known.stamp[0] == root else moment
        found = Evidence(differ, same_at if differ else 0.0)
        self._seen[key] = _Seen(stamp, now if differ == 0 else same_at, found)
        return found

    def _differ(self, dataset: Dataset, root: str) -> int | None:
        """Return how many keys and mailboxes are others than in the inventory of a root (hex), None if unknown."""
        given = self._here.store.inventories.given(bytes.fromhex(root))
        if given is None:
            return None
        shared = Dataset(dataset.name, dataset.title, families=dataset.families, boxes=dataset.boxes)
        try:
            ours = self._here.data.inventory(shared).items
        except PbxSyncError:
            return None  # Asterisk is away, or the file never stood still
        chosen: tuple[FamilySet | BoxSet, ...] = (*dataset.families, *dataset.boxes)
        theirs = {name: item for name, item in given.items.items() if any(one.selects(name) for one in chosen)}
        return _differing(ours, theirs)

    def _stamps(self) -> Iterator[object]:
        """Yield what becomes another when a file is written that holds keys or mailboxes."""
        etc = self._here.settings.places.get(Place.ETC)
        astdb = self._here.settings.astdb
        files = (astdb, astdb.with_name(astdb.name + "-wal"), *([etc / "voicemail.conf"] if etc else []))
        for file in files:
            yield _stamp(file)


def _differing(ours: Mapping[bytes, Item], theirs: Mapping[bytes, Item]) -> int:
    return sum(ours.get(name) != theirs.get(name) for name in ours.keys() | theirs.keys())


def _stamp(file: Path) -> _Stamp:
    try:
        status = file.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def since(here: Installation, dataset: Dataset, moment: float) -> Evidence:
    """Return what of a dataset changed after a moment, as far as times tell: files, messages, databases, tables."""
    found = Evidence()
    for one in dataset.file_sets:
        found = found.and_also(_files(here, one, moment))
    if dataset.messages:
        found = found.and_also(_messages(here, moment))
    for chosen in dataset.databases:
        root = here.settings.places.get(chosen.place)
        found = found.and_also(Evidence(None) if root is None else _database(root / chosen.path, moment))
    for database in sorted({one.database for one in dataset.tables}):
        names = [one.table for one in dataset.tables if one.database == database]
        login = here.databases.get(database)
        found = found.and_also(Evidence(None) if login is None else _tables(login, names, moment))
    return found


def _messages(here: Installation, moment: float) -> Evidence:
    """Return which files of mailboxes changed, whichever of them are selected."""
    root = here.settings.places.get(Place.SPOOL)
    return Evidence(None) if root is None else files_since(root / "voicemail", moment, lambda _path, _folder: True)


def _database(file: Path, moment: float) -> Evidence:
    """Return whether an SQLite database was written; what stands in its log already counts as well."""
    times = []
    for one in (file, file.with_name(file.name + "-wal")):
        with suppress(OSError):
            times.append(one.stat().st_mtime)
    changed = [time for time in times if time > moment]
    return Evidence(1 if changed else 0, min(changed, default=0.0))


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
