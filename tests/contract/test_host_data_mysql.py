"""What every HostData of rows promises, shown on a real MariaDB and on the fake in memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from pbxsync_worker.core import wire
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import PeerLied, SourceChanged, TargetChanged
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.ports import HostData
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.datasets.mysql.names import row_item
from scripts.lab.mariadb import MariaDb, NoMariaDb
from tests.fakes.mysql import MemoryRows
from tests.integration.mysql_hosts import DictContents, SqlHost, dataset, table

USERS = table("users", "extension")
DATA = dataset(USERS)


class Host(Protocol):
    """A host with a way for the administrator to change rows behind our back."""

    data: HostData

    def write(self, extension: str, name: str) -> None: ...

    def delete(self, extension: str) -> None: ...


class RealHost:
    def __init__(self, server: MariaDb, folder: Path, engine: str) -> None:
        self._host = SqlHost(server, folder)
        self._host.sql(f"CREATE TABLE users (extension VARCHAR(20) PRIMARY KEY, name VARCHAR(9)) ENGINE={engine}")
        self.data = self._host.data

    def write(self, extension: str, name: str) -> None:
        self._host.sql(f"REPLACE INTO users VALUES ('{extension}', '{name}')")

    def delete(self, extension: str) -> None:
        self._host.sql(f"DELETE FROM users WHERE extension='{extension}'")

    def close(self) -> None:
        self._host.close()


class MemoryHost:
    def __init__(self) -> None:
        self.data = MemoryRows()

    def write(self, extension: str, name: str) -> None:
        self.data.put(USERS, extension=extension.encode(), name=name.encode())

    def delete(self, extension: str) -> None:
        self.data.drop(USERS, extension.encode())


def content(extension: str, name: str) -> bytes:
    return wire.pack((("extension", extension.encode()), ("name", name.encode())))


def item(extension: str, name: str) -> Item:
    return row_item(USERS.base + extension.encode(), content(extension, name))


OLD = {"1": item("1", "old"), "2": item("2", "goes")}
NEW = {"1": item("1", "new"), "3": item("3", "comes")}


class RowsContract:
    """Subclasses give the fixture `host`."""

    def rows(self, host: Host) -> dict[str, Item]:
        return {name.rpartition(b"/")[2].decode(): one for name, one in host.data.inventory(DATA).items.items()}

    def step(self, host: Host) -> Step:
        """Prepare: 1 changes, 2 goes, 3 comes."""
        host.write("1", "old")
        host.write("2", "goes")
        here = self.rows(host)
        changes = [Change(here["1"], item("1", "new")), Change(here["2"], None), Change(None, item("3", "comes"))]
        given = {b"1": content("1", "new"), b"3": content("3", "comes")}
        (step,) = host.data.prepare("r", changes, lambda change: [given[change.name[-1:]]] if change.after else [])
        return step

    def test_an_inventory_has_name_size_and_digest(self, host: Host):
        host.write("1", "abc")
        assert self.rows(host) == {"1": item("1", "abc")}

    def test_open_gives_the_content(self, host: Host):
        host.write("1", "abc")
        assert b"".join(host.data.open(self.rows(host)["1"])) == content("1", "abc")

    def test_open_refuses_another_version(self, host: Host):
        host.write("1", "abc")
        self.rows(host)
        with pytest.raises(SourceChanged):
            b"".join(host.data.open(item("1", "xyz")))

    def test_prepare_changes_nothing_live(self, host: Host):
        self.step(host)
        assert self.rows(host) == OLD

    def test_all_rows_of_a_database_are_one_step(self, host: Host):
        step = self.step(host)
        assert step.change.name == b"SQL/asterisk"
        assert step.change.before != step.change.after

    def test_prepare_refuses_a_content_that_was_not_announced(self, host: Host):
        self.rows(host)
        with pytest.raises(PeerLied):
            host.data.prepare("r", [Change(None, item("1", "abc"))], lambda _: [content("1", "abd")])

    def test_prepare_refuses_a_row_that_changed_since_the_plan(self, host: Host):
        host.write("1", "mine")
        self.rows(host)
        with pytest.raises(TargetChanged):
            host.data.prepare("r", [Change(item("1", "old"), None)], lambda _: [])

    def test_prepare_can_be_repeated(self, host: Host):
        self.step(host)
        host.data.act(self.step(host))
        assert self.rows(host) == NEW

    def test_act_writes_and_undo_restores(self, host: Host):
        step = self.step(host)
        host.data.act(step)
        assert self.rows(host) == NEW
        assert host.data.undo(step) is Undone.RESTORED
        assert self.rows(host) == OLD

    def test_act_can_be_repeated(self, host: Host):
        step = self.step(host)
        host.data.act(step)
        host.data.act(step)
        assert self.rows(host) == NEW

    def test_undo_of_what_never_happened_says_so(self, host: Host):
        assert host.data.undo(self.step(host)) is Undone.NOT_DONE
        assert self.rows(host) == OLD

    def test_undo_can_be_repeated(self, host: Host):
        step = self.step(host)
        host.data.act(step)
        host.data.undo(step)
        assert host.data.undo(step) is Undone.NOT_DONE
        assert self.rows(host) == OLD

    @pytest.mark.parametrize("extension", ["1", "2", "3"])
    def test_act_changes_nothing_where_any_row_is_another_by_now(self, host: Host, extension: str):
        step = self.step(host)
        host.write(extension, "mine")
        with pytest.raises(TargetChanged):
            host.data.act(step)
        assert self.rows(host) == {**OLD, extension: item(extension, "mine")}

    def test_act_refuses_a_row_that_is_gone(self, host: Host):
        step = self.step(host)
        host.delete("1")
        with pytest.raises(TargetChanged):
            host.data.act(step)
        assert self.rows(host) == {"2": item("2", "goes")}

    @pytest.mark.parametrize("extension", ["1", "2", "3"])
    def test_undo_keeps_what_somebody_wrote_since_and_restores_the_rest(self, host: Host, extension: str):
        step = self.step(host)
        host.data.act(step)
        host.write(extension, "mine")
        assert host.data.undo(step) is Undone.KEPT
        assert host.data.undo(step) is Undone.KEPT
        assert self.rows(host) == {**OLD, extension: item(extension, "mine")}

    def test_settle_without_contents_leaves_undo_possible(self, host: Host):
        step = self.step(host)
        host.data.act(step)
        host.data.settle("r", [step], None)
        assert host.data.undo(step) is Undone.RESTORED

    def test_settle_hands_over_rows_before_and_after_and_can_be_repeated(self, host: Host):
        step, contents = self.step(host), DictContents()
        host.data.act(step)
        host.data.settle("r", [step], contents)
        host.data.settle("r", [step], contents)
        assert set(contents.held) == {one.content for one in (*OLD.values(), *NEW.values())}
        assert self.rows(host) == NEW

    def test_discard_can_be_repeated_and_touches_nothing_live(self, host: Host):
        self.step(host)
        host.data.discard("r")
        host.data.discard("r")
        assert self.rows(host) == OLD


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDb]:
    server = MariaDb(tmp_path_factory.mktemp("mariadb"))
    try:
        server.start()
    except NoMariaDb as error:
        pytest.skip(str(error))
    yield server
    server.close()


@pytest.mark.integration
class TestRealRows(RowsContract):
    @pytest.fixture(params=["InnoDB", "MyISAM", "Aria"])
    def host(self, server: MariaDb, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RealHost]:
        host = RealHost(server, tmp_path, request.param)
        yield host
        host.close()


class TestRowsInMemory(RowsContract):
    @pytest.fixture
    def host(self) -> MemoryHost:
        return MemoryHost()
