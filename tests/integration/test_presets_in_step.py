"""Each preset in turn, and all together, from a PBX to an empty and to an old one, compared by plain SQL."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pytest
import zstandard

from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.presets import PRESETS, as_dataset
from pbxsync_worker.datasets.mysql import Login, SqlData
from pbxsync_worker.delta.compare import compare
from scripts.lab.content import Age
from scripts.lab.fwrows import inserts, rows
from scripts.lab.fwtables import records, schema
from scripts.lab.mariadb import MariaDb
from scripts.lab.people import people
from tests.conftest import _shared
from tests.integration.mysql_hosts import DictContents
from tests.integration.sql_checker import Site, differences

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

_NUMBERS = count(1)


def _exported(name: str) -> bytes | None:
    folder = _shared()
    if folder is None:
        return None
    with (folder / name).open("rb") as packed:
        return zstandard.ZstdDecompressor().stream_reader(packed).read()


def _generated(age: Age | None) -> bytes:
    staff = people(60, 1) if age is Age.CURRENT else people(9, 2, 2005)
    return (schema() + (inserts(rows(staff, age)) if age is not None else "")).encode()


CONTENT = {
    ("exported", "current"): lambda: _exported("asterisk.sql.zst"),
    ("exported", "old"): lambda: _exported("asterisk-40rows.sql.zst"),
    ("exported", "empty"): lambda: _exported("asterisk-schema.sql.zst"),
    ("generated", "current"): lambda: _generated(Age.CURRENT),
    ("generated", "old"): lambda: _generated(Age.OLD),
    ("generated", "empty"): lambda: _generated(None),
}


@dataclass
class Host:
    """One host: what the product sees of it, and what plain SQL does."""

    data: SqlData
    site: Site


def _host(server: MariaDb, folder: Path, content: bytes) -> Host:
    number = next(_NUMBERS)
    names = {"asterisk": f"presets{number}", "asteriskcdrdb": f"presets{number}_cdr"}
    for name in names.values():
        server.client(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    server.client(content, names["asterisk"])
    server.client(records(), names["asteriskcdrdb"])
    logins = {name: Login("root", str, real, socket=str(server.socket)) for name, real in names.items()}
    data = SqlData(logins, matcher(()), folder / names["asterisk"], Disk(), SystemClock())
    return Host(data, Site(server, names))


@pytest.fixture(params=["exported", "generated"])
def hosts(request, mariadb, tmp_path) -> Iterator[Callable[[str], tuple[Host, Host]]]:
    """Give a function: the age of the target -> source and target."""

    def hosts(age: str) -> tuple[Host, Host]:
        contents = [CONTENT[request.param, one]() for one in ("current", age)]
        made = [_host(mariadb, tmp_path, content) for content in contents if content is not None]
        if len(made) < len(contents):
            pytest.skip("data of a running PBX is not here")
        for host in made:
            stack.callback(host.data.close)
        return made[0], made[1]

    with ExitStack() as stack:
        yield hosts


def _on_both(source: Host, target: Host, whole: Dataset) -> Dataset:
    """Return the tables that both hosts have, as the version gate leaves them; files and keys are not of this test."""
    both = [
        one
        for one in whole.tables
        if not one.collected and source.site.real(one) is not None and target.site.real(one) is not None
    ]
    return replace(whole, tables=tuple(both), file_sets=(), families=(), boxes=())


def _run(source: Host, target: Host, dataset: Dataset, run: str) -> int:
    """Do what a run does; return the changes."""
    ours, offered = target.data.inventory(dataset), source.data.inventory(dataset)
    theirs = Inventory(
        {
            name: target.data.settable(item, ours.items.get(name))
            for name, item in offered.items.items()
            if not target.data.why_not(dataset, item)
        }
    )
    changes = compare(dataset, None, ours, theirs).changes
    wanted = [one.after for one in changes if one.after is not None]
    contents = dict(zip((one.name for one in wanted), source.data.open_many(wanted), strict=True))
    steps = target.data.prepare(run, changes, lambda change: [contents[change.name] or b""])
    for step in steps:
        target.data.act(step)
    target.data.settle(run, steps, None)
    target.data.settle(run, steps, DictContents())
    return len(changes)


@pytest.mark.parametrize("age", ["empty", "old"])
def test_each_preset_in_turn_brings_what_it_says_and_touches_nothing_else(hosts, age):
    source, target = hosts(age)
    whole_source = source.site.everything()
    for one in sorted(PRESETS, key=lambda preset: bool(preset.includes)):
        dataset = _on_both(source, target, as_dataset([one], one.name, one.title))
        if not dataset.tables:
            continue
        before = target.site.everything()
        changed = _run(source, target, dataset, one.name)
        assert differences(source.site, target.site, before, dataset.tables) == [], one.name
        assert _run(source, target, dataset, f"{one.name}-again") == 0
        print(f"{one.name}: {len(dataset.tables)} tables, {changed} changes")
    assert source.site.everything() == whole_source


@pytest.mark.parametrize("age", ["empty", "old"])
def test_all_presets_together_leave_no_difference(hosts, age):
    source, target = hosts(age)
    dataset = _on_both(source, target, as_dataset(PRESETS, "all", "All"))
    before = target.site.everything()
    changed = _run(source, target, dataset, "all")
    assert differences(source.site, target.site, before, dataset.tables) == []
    print(f"{len(dataset.tables)} of {len(before)} tables, {changed} changes, 0 differences")
