"""What every HostData promises, shown on an SQLite database: by rows and as a whole, with WAL and without."""

from pathlib import Path

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import NotAllowed, PeerLied, SourceChanged, TargetChanged
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.step import Step, Undone
from tests.contract.test_host_data import DictContents
from tests.unit.datasets.sqlite.hosts import BASE, ROWS, WHOLE, Host, dataset

SCHEMA = "CREATE TABLE users (extension TEXT PRIMARY KEY, name TEXT)"
OLD = [("1", "old"), ("2", "goes")]
NEW = [("1", "new"), ("3", "comes")]


@pytest.fixture(params=["rows", "rows in WAL", "whole", "whole in WAL"])
def hosts(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Host, Host]:
    """Return the target with the old rows, and the source with the new ones."""
    spec = WHOLE if "whole" in request.param else ROWS
    source, target = (Host(tmp_path / name, SCHEMA, spec=spec, wal="WAL" in request.param) for name in "ab")
    for host, rows in ((target, OLD), (source, NEW)):
        for row in rows:
            write(host, *row)
    return target, source


@pytest.fixture
def host(hosts: tuple[Host, Host]) -> Host:
    return hosts[0]


@pytest.fixture
def step(hosts: tuple[Host, Host]) -> Step:
    target, source = hosts
    return target.prepare_from(source)


def write(host: Host, extension: str, name: str) -> None:
    host.sql("INSERT OR REPLACE INTO users VALUES (?, ?)", extension, name)


def rows(host: Host) -> list[tuple[object, ...]]:
    return host.sql("SELECT * FROM users ORDER BY 1")


def any_item(host: Host) -> Item:
    return next(item for name, item in host.items().items() if not name.endswith(b"!schema"))


def test_an_inventory_has_name_size_and_digest(host: Host):
    found = host.items()
    assert all(name.startswith(BASE) for name in found)
    for item in found.values():
        content = host.content(item)
        assert (len(content), digest_of(content)) == (item.size, item.content)


def test_an_inventory_is_the_same_where_nothing_changed(host: Host):
    assert host.items() == host.items()


def test_open_refuses_another_version(host: Host):
    item = any_item(host)
    other = Item(item.name, item.kind, item.size, digest_of(b"other"))
    with pytest.raises(SourceChanged):
        host.content(other)


def test_prepare_changes_nothing_live(host: Host, step: Step):
    assert rows(host) == OLD


def test_all_of_a_database_is_one_step(host: Host, step: Step):
    assert step.change.name == BASE[:-1]
    assert step.change.before != step.change.after


def test_prepare_refuses_a_content_that_was_not_announced(hosts: tuple[Host, Host]):
    target, source = hosts
    changes = target.changes_from(source)
    with pytest.raises(PeerLied):
        target.data.prepare("r", changes, lambda _: [b"abd"])
    assert target.staged() == []


def test_prepare_refuses_what_changed_since_the_plan(hosts: tuple[Host, Host]):
    target, source = hosts
    changes = target.changes_from(source)
    write(target, "1", "mine")
    with pytest.raises(TargetChanged):
        target.data.prepare("r", changes, lambda change: source.data.open(change.after) if change.after else [])


def test_prepare_can_be_repeated(hosts: tuple[Host, Host]):
    target, source = hosts
    target.prepare_from(source)
    target.take_from(source)
    assert rows(target) == NEW


def test_act_writes_and_undo_restores(host: Host, step: Step):
    before = host.items()
    host.data.act(step)
    assert rows(host) == NEW
    assert host.data.undo(step) is Undone.RESTORED
    assert rows(host) == OLD
    assert host.items() == before


def test_after_an_act_both_hosts_are_equal(hosts: tuple[Host, Host], step: Step):
    target, source = hosts
    target.data.act(step)
    target.data.settle("r", [step], DictContents())
    assert target.items() == source.items()


def test_act_can_be_repeated(host: Host, step: Step):
    host.data.act(step)
    host.data.act(step)
    assert rows(host) == NEW
    assert host.data.undo(step) is Undone.RESTORED


def test_undo_of_what_never_happened_says_so(host: Host, step: Step):
    assert host.data.undo(step) is Undone.NOT_DONE
    assert rows(host) == OLD


def test_undo_can_be_repeated(host: Host, step: Step):
    host.data.act(step)
    host.data.undo(step)
    assert host.data.undo(step) is Undone.NOT_DONE
    assert rows(host) == OLD


@pytest.mark.parametrize("extension", ["1", "2", "3"])
def test_act_changes_nothing_where_any_row_is_another_by_now(host: Host, step: Step, extension: str):
    write(host, extension, "mine")
    with pytest.raises(TargetChanged):
        host.data.act(step)
    assert rows(host) == sorted({**dict(OLD), extension: "mine"}.items())
    assert host.data.undo(step) is Undone.NOT_DONE
    assert rows(host) == sorted({**dict(OLD), extension: "mine"}.items())


def test_act_refuses_a_row_that_is_gone(host: Host, step: Step):
    host.sql("DELETE FROM users WHERE extension = '1'")
    with pytest.raises(TargetChanged):
        host.data.act(step)
    assert rows(host) == [("2", "goes")]


def test_undo_keeps_what_somebody_wrote_since(host: Host, step: Step):
    host.data.act(step)
    write(host, "1", "mine")
    assert host.data.undo(step) is Undone.KEPT
    assert host.data.undo(step) is Undone.KEPT
    assert ("1", "mine") in rows(host)
    by_rows = step.change.after is not None and step.change.after.kind is ItemKind.ROW
    assert [name.rpartition(b"/")[2] for name in host.data.stayed(step)] == ([b"'1"] if by_rows else [])
    assert list((host.home / "kept" / "r").iterdir()) != []


def test_settle_without_contents_leaves_undo_possible(host: Host, step: Step):
    host.data.act(step)
    host.data.settle("r", [step], None)
    assert host.data.undo(step) is Undone.RESTORED


def test_settle_hands_over_what_was_displaced_and_can_be_repeated(hosts: tuple[Host, Host], step: Step):
    target, source = hosts
    theirs = {item.content for item in source.items().values() if not item.name.endswith(b"!schema")}
    ours = {item.content for item in target.items().values() if not item.name.endswith(b"!schema")}
    contents = DictContents()
    target.data.act(step)
    target.data.settle("r", [step], contents)
    target.data.settle("r", [step], contents)
    assert set(contents.held) == ours | theirs
    assert rows(target) == NEW


def test_settle_leaves_nothing_of_ours_in_the_database_or_beside_it(host: Host, step: Step):
    host.data.act(step)
    host.data.settle("r", [step], DictContents())
    assert host.sql("SELECT name FROM sqlite_master WHERE type = 'table'") == [("users",)]
    assert [path.name for path in host.path.parent.iterdir()] == ["data.db"]
    assert host.staged() == []


def test_discard_can_be_repeated_and_touches_nothing_live(host: Host, step: Step):
    host.data.discard("r")
    host.data.discard("r")
    assert rows(host) == OLD
    assert host.staged() == []


def test_a_journal_mode_stays_what_it_was(host: Host, step: Step):
    mode = host.sql("PRAGMA journal_mode")
    host.data.act(step)
    assert host.sql("PRAGMA journal_mode") == mode


def test_a_dataset_is_needed_to_prepare(host: Host):
    item = any_item(host)
    host.data.inventory(dataset())
    with pytest.raises(NotAllowed):
        host.data.prepare("r", [Change(item, None)], lambda _: [])
