"""What the keys of the AstDB promise, shown on the fake, on the file of an Asterisk that is down, and (integration)
on a real Asterisk; and what the HostData upon them promises in each case.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, FamilySet
from pbxsync_worker.core.model.errors import PeerLied, SourceChanged, TargetChanged
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.protected import ALWAYS
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.datasets.astdb import AstdbData, AstdbFile
from pbxsync_worker.datasets.astdb.keys import AsteriskDatabase, Keys, item_of
from tests.contract.test_host_data import DictContents
from tests.fakes.astdb import MemoryAstdb
from tests.fakes.clock import HandClock

DATA = Dataset("d", "D", families=(FamilySet("T"), FamilySet("AMPUSER")))

ODD = (
    b"plain",
    b"",
    b"two  words and a blank at the end ",
    b'O\'Brien "Bob" <100>; a|b,c&d %s _ \\ ${X} $[1] #',
    "Nuñez Ωμέγα 🎉".encode(),
    b"tab\tinside",
    b"latin-1 \xf1 \xff",
    b"x" * 254,
    b"x" * 255,
    b"x" * 256,
    b"x" * 900,
    b"Response: Error",
)


def make_file(path: Path) -> None:
    """Make an AstDB as Asterisk does."""
    with sqlite3.connect(path) as link:
        link.execute("CREATE TABLE astdb(key TEXT, value TEXT, PRIMARY KEY(key))")
    link.close()


def file_keys(path: Path, down: bool = True) -> AstdbFile:
    return AstdbFile(path, Disk(), HandClock(), lambda: down)


class KeysContract:
    """Subclasses give the fixture `keys`, empty below the families T, t and AMPUSER."""

    def test_what_was_put_comes_back(self, keys: Keys):
        keys.put(b"T/1", b"one")
        assert keys.get(b"T/1") == b"one"
        assert keys.tree(b"T") == {b"T/1": b"one"}

    @pytest.mark.parametrize("value", ODD, ids=lambda value: ascii(value[:12]))
    def test_an_odd_value_comes_back_exactly(self, keys: Keys, value: bytes):
        keys.put(b"T/odd", value)
        assert keys.get(b"T/odd") == value
        assert keys.tree(b"T")[b"T/odd"] == value

    @pytest.mark.parametrize(
        "rest", [b"a/b/c", b"with blank", b"blank ", b"%", b"_", "ñ😀".encode(), b"'\"", b"\xff", b"a:b", b"k" * 253]
    )
    def test_an_odd_key_comes_back_exactly(self, keys: Keys, rest: bytes):
        keys.put(b"T/" + rest, b"1")
        assert keys.get(b"T/" + rest) == b"1"
        assert keys.tree(b"T") == {b"T/" + rest: b"1"}
        keys.remove(b"T/" + rest)
        assert keys.tree(b"T") == {}

    def test_absent_is_not_empty(self, keys: Keys):
        keys.put(b"T/empty", b"")
        assert keys.get(b"T/empty") == b""
        assert keys.get(b"T/absent") is None
        assert keys.tree(b"T") == {b"T/empty": b""}

    def test_a_family_without_keys_is_empty(self, keys: Keys):
        assert keys.tree(b"T") == {}

    def test_a_family_is_not_one_that_looks_like_it(self, keys: Keys):
        keys.put(b"t/1", b"small")
        keys.put(b"TT/1", b"longer")
        assert keys.tree(b"T") == {}
        assert keys.tree(b"_") == {}
        keys.remove(b"t/1")
        keys.remove(b"TT/1")

    def test_a_key_may_lie_below_another_key(self, keys: Keys):
        keys.put(b"T/2001/recording", b"")
        keys.put(b"T/2001/recording/in", b"force")
        keys.remove(b"T/2001/recording")
        assert keys.tree(b"T") == {b"T/2001/recording/in": b"force"}

    def test_putting_again_replaces(self, keys: Keys):
        keys.put(b"T/1", b"one")
        keys.put(b"T/1", b"two")
        assert keys.get(b"T/1") == b"two"

    def test_removing_what_is_absent_does_nothing(self, keys: Keys):
        keys.remove(b"T/absent")
        assert keys.get(b"T/absent") is None


class Host(Protocol):
    """A host with a way for people to change keys behind our back."""

    data: AstdbData

    def write(self, key: bytes, value: bytes) -> None: ...

    def delete(self, key: bytes) -> None: ...


class AstdbHost:
    """keys: how people change them; data: how we do."""

    def __init__(self, keys: Keys, asterisk: AsteriskDatabase, file: AstdbFile, home: Path) -> None:
        self.write = keys.put
        self.delete = keys.remove
        self.data = AstdbData(asterisk, file, matcher(ALWAYS), home, Disk())


def item(key: bytes, value: bytes) -> Item:
    return item_of(key, value)


class AstdbDataContract:
    """Subclasses give the fixture `host`, empty as above."""

    def one(self, host: Host, key: bytes = b"T/x") -> bytes | None:
        found = host.data.inventory(DATA).items.get(b"ASTDB/" + key)
        return None if found is None else b"".join(host.data.open(found))

    def replace(self, host: Host, old: bytes = b"old", new: bytes = b"new") -> Step:
        host.write(b"T/x", old)
        change = Change(item(b"T/x", old), item(b"T/x", new))
        return host.data.prepare("r", [change], lambda _: [new])[0]

    def add(self, host: Host, value: bytes = b"abc") -> Step:
        return host.data.prepare("r", [Change(None, item(b"T/x", value))], lambda _: [value])[0]

    def remove(self, host: Host, value: bytes = b"abc") -> Step:
        host.write(b"T/x", value)
        return host.data.prepare("r", [Change(item(b"T/x", value), None)], lambda _: [])[0]

    def test_an_inventory_has_name_size_and_digest(self, host: Host):
        host.write(b"T/a/b", b"abc")
        expected = Item(b"ASTDB/T/a/b", ItemKind.KEY, 3, digest_of(b"abc"))
        assert host.data.inventory(DATA).items == {b"ASTDB/T/a/b": expected}

    def test_open_refuses_another_version(self, host: Host):
        host.write(b"T/x", b"abc")
        with pytest.raises(SourceChanged):
            b"".join(host.data.open(item(b"T/x", b"xyz")))

    def test_open_refuses_an_empty_value_where_there_is_no_key(self, host: Host):
        with pytest.raises(SourceChanged):
            b"".join(host.data.open(item(b"T/x", b"")))

    def test_prepare_changes_nothing_live(self, host: Host):
        self.replace(host)
        assert self.one(host) == b"old"

    def test_prepare_refuses_a_content_that_was_not_announced(self, host: Host):
        with pytest.raises(PeerLied):
            host.data.prepare("r", [Change(None, item(b"T/x", b"abc"))], lambda _: [b"abd"])

    def test_prepare_refuses_a_target_that_changed(self, host: Host):
        host.write(b"T/x", b"mine")
        with pytest.raises(TargetChanged):
            host.data.prepare("r", [Change(item(b"T/x", b"old"), None)], lambda _: [])

    def test_prepare_can_be_repeated(self, host: Host):
        self.add(host)
        host.data.act(self.add(host))
        assert self.one(host) == b"abc"

    def test_act_replaces_and_undo_restores(self, host: Host):
        step = self.replace(host)
        host.data.act(step)
        assert self.one(host) == b"new"
        assert host.data.undo(step) is Undone.RESTORED
        assert self.one(host) == b"old"

    def test_act_and_undo_can_be_repeated(self, host: Host):
        step = self.replace(host)
        host.data.act(step)
        host.data.act(step)
        assert host.data.undo(step) is Undone.RESTORED
        assert host.data.undo(step) is Undone.NOT_DONE
        assert self.one(host) == b"old"

    def test_undo_of_what_never_happened_says_so(self, host: Host):
        assert host.data.undo(self.replace(host)) is Undone.NOT_DONE
        assert self.one(host) == b"old"

    def test_act_refuses_a_target_that_changed(self, host: Host):
        step = self.replace(host)
        host.write(b"T/x", b"mine")
        with pytest.raises(TargetChanged):
            host.data.act(step)
        assert host.data.undo(step) is Undone.KEPT
        assert self.one(host) == b"mine"

    def test_act_refuses_to_add_over_an_empty_value(self, host: Host):
        step = self.add(host)
        host.write(b"T/x", b"")
        with pytest.raises(TargetChanged):
            host.data.act(step)
        assert self.one(host) == b""

    def test_act_refuses_a_target_that_is_gone(self, host: Host):
        step = self.replace(host)
        host.delete(b"T/x")
        with pytest.raises(TargetChanged):
            host.data.act(step)
        assert self.one(host) is None

    def test_undo_keeps_a_key_changed_since(self, host: Host):
        step = self.replace(host)
        host.data.act(step)
        host.write(b"T/x", b"mine")
        assert host.data.undo(step) is Undone.KEPT
        assert self.one(host) == b"mine"

    def test_undo_does_not_bring_back_what_somebody_removed_since(self, host: Host):
        step = self.replace(host)
        host.data.act(step)
        host.delete(b"T/x")
        assert host.data.undo(step) is Undone.KEPT
        assert self.one(host) is None

    def test_an_added_key_goes_again(self, host: Host):
        step = self.add(host, b"")
        host.data.act(step)
        assert self.one(host) == b""
        assert host.data.undo(step) is Undone.RESTORED
        assert self.one(host) is None

    def test_a_removed_key_comes_back(self, host: Host):
        step = self.remove(host, b"")
        host.data.act(step)
        assert self.one(host) is None
        assert host.data.undo(step) is Undone.RESTORED
        assert self.one(host) == b""

    def test_settle_without_contents_leaves_undo_possible(self, host: Host):
        step = self.replace(host)
        host.data.act(step)
        host.data.settle("r", [step], None)
        assert host.data.undo(step) is Undone.RESTORED

    def test_settle_hands_over_both_values_and_can_be_repeated(self, host: Host):
        step, contents = self.replace(host), DictContents()
        host.data.act(step)
        host.data.settle("r", [step], None)
        host.data.settle("r", [step], contents)
        host.data.settle("r", [step], contents)
        assert set(contents.held.values()) == {b"old", b"new"}
        assert self.one(host) == b"new"

    def test_discard_can_be_repeated_and_touches_nothing_live(self, host: Host):
        self.replace(host)
        host.data.discard("r")
        host.data.discard("r")
        assert self.one(host) == b"old"


class TestMemoryKeys(KeysContract):
    @pytest.fixture
    def keys(self) -> Keys:
        return MemoryAstdb()


class TestFileKeys(KeysContract):
    @pytest.fixture
    def keys(self, tmp_path: Path) -> Keys:
        make_file(tmp_path / "astdb.sqlite3")
        return file_keys(tmp_path / "astdb.sqlite3")


class TestDataOfMemory(AstdbDataContract):
    @pytest.fixture
    def host(self, tmp_path: Path) -> Host:
        asterisk = MemoryAstdb()
        return AstdbHost(asterisk, asterisk, file_keys(tmp_path / "none.sqlite3", down=False), tmp_path / "home")


class TestDataOfAnAsteriskThatIsDown(AstdbDataContract):
    @pytest.fixture
    def host(self, tmp_path: Path) -> Iterator[Host]:
        make_file(tmp_path / "astdb.sqlite3")
        asterisk, file = MemoryAstdb(down=True), file_keys(tmp_path / "astdb.sqlite3")
        yield AstdbHost(file, asterisk, file, tmp_path / "home")
        assert "put" not in asterisk.asked
