"""Looks what this PBX has, and what of it is in no job."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import TypeVar

from pbxsync_worker.core.model.coverage import Coverage, coverage
from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.errors import Retry, Stop
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.datasets.astdb import AstdbFile
from pbxsync_worker.datasets.files import list_files
from pbxsync_worker.datasets.mysql import Link, Login
from pbxsync_worker.wiring.installation import Installation

T = TypeVar("T")

_TABLES = (
    b"SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
)


def look_at_coverage(here: Installation) -> Coverage:
    """Return what of this PBX is in no job; what cannot be looked at is told, and the rest is looked at."""
    unseen: list[str] = []
    tables = [
        (name, table) for name, login in here.databases.items() for table in _seen(partial(_tables, login), unseen)
    ]
    families = [show_name(one) for one in _seen(partial(_families, here), unseen)]
    files = list_files(here.settings.places)
    report = coverage(tables, families, files, tuple(_datasets(here)), freepbx=here.freepbx is not None)
    return replace(report, unseen=tuple(unseen))


def _seen(look: Callable[[], Iterable[T]], unseen: list[str]) -> Iterable[T]:
    try:
        return look()
    except (Retry, Stop) as error:
        unseen.append(error.told)
        return ()


def _datasets(here: Installation) -> Iterator[Dataset]:
    """Yield the datasets of the jobs that this host is part of."""
    me = here.store.hosts.me().id
    for catalogue in here.store.catalogues.all():
        names = {job.dataset for job in catalogue.jobs if me in (job.source, *job.targets)}
        yield from (one for one in catalogue.datasets if one.name in names)


def _tables(login: Login) -> list[str]:
    link = Link(login)
    try:
        return [show_name(row[0] or b"") for row in link.all(_TABLES)]
    finally:
        link.close()


def _families(here: Installation) -> frozenset[bytes]:
    try:
        if here.astdb.running():
            return here.astdb.families()
    finally:
        here.astdb.close()
    file = AstdbFile(here.settings.astdb, here.disk, here.clock, down=lambda: not here.astdb.running())
    return file.families()
