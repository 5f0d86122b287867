"""What every HostData promises, shown on the real files and on the fake of dictionaries."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, FileSet, Keep, Place
from pbxsync_worker.core.model.errors import PeerLied, SourceChanged, TargetChanged
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from pbxsync_worker.core.model.ports import Content, HostData
from pbxsync_worker.core.model.step import Step, Undone
from tests.fakes.memory_data import MemoryData
from tests.unit.datasets.support import files_data

DATA = Dataset("d", "D", (FileSet(Place.ETC, keep=Keep(owner=False, mtime=False)),))


class Host(Protocol):
    """A host with a way for the administrator to change things behind our back."""

    data: HostData

    def write(self, name: str, content: bytes) -> None: ...

    def delete(self, name: str) -> None: ...

    def folder(self, name: str) -> None: ...


class RealHost:
    def __init__(self, root: Path) -> None:
        self.data: HostData = files_data(root)
        self._etc = root / "etc"

    def write(self, name: str, content: bytes) -> None:
        (self._etc / name).write_bytes(content)
        (self._etc / name).chmod(0o644)

    def delete(self, name: str) -> None:
        (self._etc / name).unlink()

    def folder(self, name: str) -> None:
        (self._etc / name).mkdir(mode=0o755)


class MemoryHost:
    def __init__(self) -> None:
        self.data = MemoryData()

    def write(self, name: str, content: bytes) -> None:
        self.data.put(b"ASTETCDIR/" + name.encode(), content)

    def delete(self, name: str) -> None:
        del self.data.things[b"ASTETCDIR/" + name.encode()]

    def folder(self, name: str) -> None:
        self.data.put(b"ASTETCDIR/" + name.encode(), b"", ItemKind.DIRECTORY, 0o755)


class DictContents:
    """A Contents of a dictionary."""

    def __init__(self) -> None:
        self.held: dict[bytes, bytes] = {}

    def has(self, digest: bytes) -> bool:
        return digest in self.held

    def open(self, digest: bytes) -> Iterator[bytes]:
        yield self.held[digest]

    def put(self, content: Content, digest: bytes) -> None:
        data = b"".join(content)
        if digest_of(data) != digest:
            raise PeerLied(host="", reason="digest")
        self.held[digest] = data

    def put_many(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        for digest, data in pairs:
            self.put([data], digest)


def item(name: str, content: bytes, mode: int = 0o644) -> Item:
    return Item(b"ASTETCDIR/" + name.encode(), ItemKind.FILE, len(content), digest_of(content), Attributes(mode=mode))


class HostDataContract:
    """Subclasses give the fixture `host`."""

    def one(self, host: Host, name: str) -> Item | None:
        return host.data.inventory(DATA).items.get(b"ASTETCDIR/" + name.encode())

    def replace(self, host: Host, old: bytes = b"old", new: bytes = b"new") -> Step:
        host.write("x", old)
        change = Change(self.one(host, "x"), item("x", new))
        return host.data.prepare("r", [change], lambda _: [new])[0]

    def content(self, host: Host, name: str = "x") -> bytes:
        found = self.one(host, name)
        assert found is not None
        return b"".join(host.data.open(found))

    def test_an_inventory_has_name_size_and_digest(self, host: Host):
        host.write("x", b"abc")
        assert self.one(host, "x") == item("x", b"abc")

    def test_open_refuses_another_version(self, host: Host):
        host.write("x", b"abc")
        with pytest.raises(SourceChanged):
            b"".join(host.data.open(item("x", b"xyz")))

    def test_prepare_changes_nothing_live(self, host: Host):
        self.replace(host)
        assert self.content(host) == b"old"

    def test_prepare_refuses_a_content_that_was_not_announced(self, host: Host):
        with pytest.raises(PeerLied):
            host.data.prepare("r", [Change(None, item("x", b"abc"))], lambda _: [b"abd"])
        assert self.one(host, "x") is None

    def test_prepare_can_be_repeated(self, host: Host):
        host.data.prepare("r", [Change(None, item("x", b"abc"))], lambda _: [b"abc"])
        (step,) = host.data.prepare("r", [Change(None, item("x", b"abc"))], lambda _: [b"abc"])
        host.data.act(step)
        assert self.content(host) == b"abc"

    def test_act_replaces_and_undo_restores(self, host: Host):
        step = self.replace(host)
        host.data.act(step)
        assert self.content(host) == b"new"
        assert host.data.undo(step) is Undone.RESTORED
        assert self.content(host) == b"old"

    def test_act_can_be_repeated(self, host: Host):
        step = self.replace(host)
        host.data.act(step)
        host.data.act(step)
        assert self.content(host) == b"new"
        assert host.data.undo(step) is Undone.RESTORED

    def test_undo_of_what_never_happened_says_so(self, host: Host):
        assert host.data.undo(self.replace(host)) is Undone.NOT_DONE
        assert self.content(host) == b"old"

    def test_undo_can_be_repeated(self, host: Host):
        step = self.replace(host)
        host.data.act(step)
        host.data.undo(step)
        assert host.data.undo(step) is Undone.NOT_DONE
        assert self.content(host) == b"old"

    def test_act_refuses_a_target_that_changed(self, host: Host):
        step = self.replace(host)
        host.write("x", b"mine")
        with pytest.raises(TargetChanged):
            host.data.act(step)
        assert self.content(host) == b"mine"

    def test_act_refuses_to_add_over_something(self, host: Host):
        (step,) = host.data.prepare("r", [Change(None, item("x", b"abc"))], lambda _: [b"abc"])
        host.write("x", b"mine")
        with pytest.raises(TargetChanged):
            host.data.act(step)
        assert host.data.undo(step) is Undone.NOT_DONE
        assert self.content(host) == b"mine"

    def test_act_refuses_a_target_that_is_gone(self, host: Host):
        step = self.replace(host)
        host.delete("x")
        with pytest.raises(TargetChanged):
            host.data.act(step)
        assert self.one(host, "x") is None

    def test_undo_keeps_what_somebody_wrote_since(self, host: Host):
        step = self.replace(host)
        host.data.act(step)
        host.write("x", b"mine")
        assert host.data.undo(step) is Undone.KEPT
        assert host.data.undo(step) is Undone.KEPT
        assert self.content(host) == b"mine"

    def test_undo_keeps_an_added_item_that_somebody_changed(self, host: Host):
        (step,) = host.data.prepare("r", [Change(None, item("x", b"abc"))], lambda _: [b"abc"])
        host.data.act(step)
        host.write("x", b"mine")
        assert host.data.undo(step) is Undone.KEPT
        assert self.content(host) == b"mine"

    def test_an_added_item_goes_again(self, host: Host):
        (step,) = host.data.prepare("r", [Change(None, item("x", b"abc"))], lambda _: [b"abc"])
        host.data.act(step)
        assert host.data.undo(step) is Undone.RESTORED
        assert self.one(host, "x") is None

    def test_a_removed_item_comes_back(self, host: Host):
        host.write("x", b"abc")
        (step,) = host.data.prepare("r", [Change(self.one(host, "x"), None)], lambda _: [])
        host.data.act(step)
        assert self.one(host, "x") is None
        assert host.data.undo(step) is Undone.RESTORED
        assert self.content(host) == b"abc"

    def test_a_removed_item_does_not_come_back_over_a_new_one(self, host: Host):
        host.write("x", b"abc")
        (step,) = host.data.prepare("r", [Change(self.one(host, "x"), None)], lambda _: [])
        host.data.act(step)
        host.write("x", b"mine")
        assert host.data.undo(step) is Undone.KEPT
        assert self.content(host) == b"mine"

    def test_attributes_change_and_return(self, host: Host):
        host.write("x", b"abc")
        before = self.one(host, "x")
        (step,) = host.data.prepare("r", [Change(before, item("x", b"abc", 0o600))], lambda _: [])
        host.data.act(step)
        assert self.one(host, "x") == item("x", b"abc", 0o600)
        assert host.data.undo(step) is Undone.RESTORED
        assert host.data.undo(step) is Undone.NOT_DONE
        assert self.one(host, "x") == before

    def test_a_folder_with_something_in_it_is_not_removed(self, host: Host):
        host.folder("d")
        (step,) = host.data.prepare("r", [Change(self.one(host, "d"), None)], lambda _: [])
        host.write("d/new", b"mine")
        with pytest.raises(TargetChanged):
            host.data.act(step)
        assert host.data.undo(step) is Undone.NOT_DONE
        assert self.content(host, "d/new") == b"mine"

    def test_settle_without_contents_leaves_undo_possible(self, host: Host):
        step = self.replace(host)
        host.data.act(step)
        host.data.settle("r", [step], None)
        assert host.data.undo(step) is Undone.RESTORED

    def test_settle_hands_over_what_was_displaced_and_can_be_repeated(self, host: Host):
        step, contents = self.replace(host), DictContents()
        host.data.act(step)
        host.data.settle("r", [step], contents)
        host.data.settle("r", [step], contents)
        assert contents.held[digest_of(b"old")] == b"old"
        assert self.content(host) == b"new"

    def test_discard_can_be_repeated_and_touches_nothing_live(self, host: Host):
        self.replace(host)
        host.data.discard("r")
        host.data.discard("r")
        assert self.content(host) == b"old"


class TestRealFiles(HostDataContract):
    @pytest.fixture
    def host(self, tmp_path: Path) -> RealHost:
        return RealHost(tmp_path)


class TestMemory(HostDataContract):
    @pytest.fixture
    def host(self) -> MemoryHost:
        return MemoryHost()
