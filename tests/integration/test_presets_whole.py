"""Every preset as a whole run between two installations: rows, keys, mailboxes, records and files, compared by hand.

The second run writes nothing: by the server's own counters, by the keys that Asterisk was asked to set, by the files.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.presets import PRESETS, Fits, Preset, as_dataset
from pbxsync_worker.core.model.protected import ALWAYS, FREEPBX
from pbxsync_worker.core.model.run import Run, State
from scripts.lab.fwconsole import TABLES
from scripts.lab.fwfiles import generated
from scripts.lab.mariadb import MariaDb
from tests.conftest import _shared
from tests.fakes.ami_server import AmiServer
from tests.integration.pbx_checker import Compared, Judge, Sight, look, tables_of
from tests.integration.preset_content import Filled, astdb, databases, files, own_settings
from tests.integration.preset_pair import FOLDERS, Installed, Pair, pair_of
from tests.integration.sql_checker import Site

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

_NUMBERS = count(1)
_WRITES = ("insert", "insert_select", "update", "update_multi", "delete", "delete_multi", "replace", "truncate", "load",
           "create_table", "alter_table", "drop_table")  # fmt: skip
GENERATED = frozenset({*generated(dict.fromkeys(TABLES, ())), "ari_additional.conf"})
"""What the stand-in for FreePBX writes."""
BEST = "exported" if _shared() is not None else "generated"
WORKING = [one for one in PRESETS if one.works]
"""All of them."""


@dataclass
class Scene:
    """Two hosts, and what plain SQL, sqlite3 and file reads see of them."""

    server: MariaDb
    pair: Pair
    source: Sight
    target: Sight
    filled: Filled

    def writes(self) -> int:
        """Return how many statements that write the server has executed so far."""
        names = ", ".join(f"'Com_{one}'" for one in _WRITES)
        found = self.server.client(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")
        return sum(int(line.split("\t")[1]) for line in found.splitlines())


@dataclass
class Made:
    """One host before PBXSync came."""

    folder: Path
    names: dict[str, str]
    filled: Filled

    @classmethod
    def of(cls, server: MariaDb, folder: Path, age: str, kind: str) -> "Made":
        """Make its databases, files and AstDB; the folder's name is a or b."""
        number = next(_NUMBERS)
        names = {"asterisk": f"whole{number}", "asteriskcdrdb": f"whole{number}_cdr"}
        filled = databases(server, names, folder.name, age, kind)
        files(folder, folder.name, kind)
        astdb(folder / "db/astdb.sqlite3", folder.name, kind)
        return cls(folder, names, filled)

    def install(self, server: MariaDb, ami_port: int, *, freepbx: bool) -> Installed:
        """Bring PBXSync there."""
        own = {"ASTETCDIR": str(self.folder / "etc"), "ASTRUNDIR": str(self.folder), "ASTMANAGERHOST": "127.0.0.1"}
        own |= {"ASTMANAGERPORT": str(ami_port), "AMPMGRUSER": "admin", "AMPMGRPASS": "right"}
        own_settings(server, self.names["asterisk"], own | {"FREEPBX_SYSTEM_IDENT": self.folder.name})
        return Installed(self.folder, self.names, server, freepbx=freepbx)

    def sight(self, server: MariaDb) -> Sight:
        """Return where our own look at it finds things."""
        places = {place.value: self.folder / name for place, name in FOLDERS.items()}
        return Sight(Site(server, self.names), places, self.folder / "db/astdb.sqlite3", GENERATED)


@pytest.fixture
def scene(request, mariadb, tmp_path) -> Iterator[Scene]:
    """Give two hosts; what kind of data, how old the target is, and whether FreePBX is there."""
    kind, age, freepbx = request.param
    if kind == "exported" and _shared() is None:
        pytest.skip("data of a running PBX is not here")
    with ExitStack() as stack:
        port = stack.enter_context(AmiServer().running()).port
        one, other = Made.of(mariadb, tmp_path / "a", "current", kind), Made.of(mariadb, tmp_path / "b", age, kind)
        hosts = [made.install(mariadb, port, freepbx=freepbx) for made in (one, other)]
        pair = stack.enter_context(pair_of(*hosts))
        yield Scene(mariadb, pair, one.sight(mariadb), other.sight(mariadb), one.filled)


def _dataset(one: Preset) -> Dataset:
    options = {part.name: frozenset(option.name for option in part.options) for part in PRESETS}
    return as_dataset([one], one.name, one.title, options)


def _checked(scene: Scene, dataset: Dataset, protected: tuple[str, ...]) -> Compared:
    """Run once and compare everything; run again and see that nothing is written; say how much that was."""
    tables = tables_of(dataset, scene.source.site, scene.target.site)
    there, before = (look(one, dataset, tables) for one in (scene.source, scene.target))
    run = scene.pair.run(dataset)
    assert run.state is State.COMMITTED, _told(scene, run)
    now = look(scene.target, dataset, tables)
    said = Judge(dataset, protected).judge(scene.source, before, there, scene.target, now)
    said.expect("the source", look(scene.source, dataset, tables), there)
    assert said.differences == []
    saved = scene.pair.target.store.runs.plan(run.id)
    assert saved is not None
    changes = saved.plan.changes
    assert changes
    _nothing_again(scene, dataset)
    print(
        f"{dataset.name}: {len(changes)} changes; {said.tables} tables taken and {said.untouched_tables} left alone,"
        f" {said.rows} rows, {said.keys} keys, {said.boxes} mailboxes, {said.files} files compared, 0 differences"
    )
    return said


def _nothing_again(scene: Scene, dataset: Dataset) -> None:
    target = scene.pair.target
    quiet = (scene.writes(), target.keys.writes, list(target.reloads.reloaded), scene.target.files())
    run = scene.pair.run(dataset)
    assert run.state is State.UNCHANGED, _told(scene, run)
    assert (scene.writes(), target.keys.writes, target.reloads.reloaded, scene.target.files()) == quiet


def _told(scene: Scene, run: Run) -> str:
    shown = scene.pair.target.store.runs.get(run.id)
    return f"{run.job}: {shown.state} {shown.error} {shown.sentence}"


@pytest.mark.parametrize("scene", [("exported", "old", True), ("generated", "old", True)], indirect=True)
def test_each_preset_brings_what_it_says_and_nothing_else_and_does_nothing_again(scene):
    alone = [one for one in WORKING if not one.includes and one.fits is not Fits.PLAIN]
    for one in sorted(alone, key=lambda one: len(_dataset(one).tables)):
        dataset = _dataset(one)
        said = _checked(scene, dataset, (*ALWAYS, *FREEPBX))
        if dataset.tables:
            assert said.tables + said.untouched_tables >= 150
    print(f"of these, {scene.filled}")


@pytest.mark.parametrize("scene", [(BEST, "empty", True)], indirect=True)
def test_the_whole_configuration_comes_to_an_empty_host_and_nothing_else(scene):
    whole = next(one for one in WORKING if one.includes)
    said = _checked(scene, _dataset(whole), (*ALWAYS, *FREEPBX))
    assert said.tables + said.untouched_tables >= 150
    print(f"of these, {scene.filled}")


@pytest.mark.parametrize("scene", [("generated", "empty", False)], indirect=True)
def test_a_plain_asterisk_gets_the_configuration_of_another(scene):
    (plain,) = (one for one in WORKING if one.fits is Fits.PLAIN)
    _checked(scene, _dataset(plain), ALWAYS)


def test_every_preset_that_works_is_tried():
    assert [one.name for one in PRESETS if not one.works] == []
    assert len(WORKING) == 17


@pytest.mark.parametrize("scene", [("generated", "old", True)], indirect=True)
def test_the_checker_sees_what_a_run_should_not_have_touched(scene):
    dataset = _dataset(next(one for one in WORKING if one.name == "music-on-hold"))
    tables = tables_of(dataset, scene.source.site, scene.target.site)
    there, before = (look(one, dataset, tables) for one in (scene.source, scene.target))
    assert scene.pair.run(dataset).state is State.COMMITTED
    scene.target.site.many(["UPDATE dahdi SET value = 'touched' LIMIT 1", "DELETE FROM music LIMIT 1"], "asterisk")
    scene.pair.target.keys.put(b"pbx/UUID", b"touched")
    (scene.target.places["ASTETCDIR"] / "manager.conf").write_text("touched")
    now = look(scene.target, dataset, tables)
    said = Judge(dataset, (*ALWAYS, *FREEPBX)).judge(scene.source, before, there, scene.target, now)
    assert sorted(one.partition(":")[0] for one in said.differences) == [
        "('asterisk', 'dahdi') which nobody selected",
        "ASTETCDIR/manager.conf",
        "AstDB",
        "music",
    ]
