"""Looks what this PBX has, and what of it is in no job."""

from collections.abc import Iterator, Mapping

from pbxsync_worker.core.model.coverage import Coverage, coverage
from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.datasets.astdb import AstdbFile
from pbxsync_worker.datasets.files import list_files
from pbxsync_worker.datasets.mysql import Link, Login
from pbxsync_worker.wiring.installation import Installation

_TABLES = (
    b"SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
)


def look_at_coverage(here: Installation) -> Coverage:
    """Return what of this PBX is in no job; raise what keeps us from looking."""
    return coverage(
        _tables(here.databases),
        [show_name(one) for one in _families(here)],
        list_files(here.settings.places),
        tuple(_datasets(here)),
        freepbx=here.freepbx is not None,
    )


def _datasets(here: Installation) -> Iterator[Dataset]:
    """Yield the datasets of the jobs that this host is part of."""
    me = here.store.hosts.me().id
    for catalogue in here.store.catalogues.all():
        names = {job.dataset for job in catalogue.jobs if me in (job.source, *job.targets)}
        yield from (one for one in catalogue.datasets if one.name in names)


def _tables(databases: Mapping[str, Login]) -> Iterator[tuple[str, str]]:
    for name, login in databases.items():
        link = Link(login)
        try:
            rows = link.all(_TABLES)
        finally:
            link.close()
        yield from ((name, show_name(row[0] or b"")) for row in rows)


def _families(here: Installation) -> frozenset[bytes]:
    try:
        if here.astdb.running():
            return here.astdb.families()
    finally:
        here.astdb.close()
    file = AstdbFile(here.settings.astdb, here.disk, here.clock, down=lambda: not here.astdb.running())
    return file.families()
