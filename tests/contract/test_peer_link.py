"""What every PeerLink promises: over TLS to a real service, through the messages in one process, and the fake."""

import random

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import SourceChanged
from pbxsync_worker.core.model.host import Host, Right
from pbxsync_worker.core.model.item import ItemKind
from pbxsync_worker.core.store import open_store
from pbxsync_worker.peer.connection import Address, Connection
from pbxsync_worker.peer.identity import own_identity
from tests.fakes.clock import HandClock
from tests.fakes.inventories import InventoryMemory
from tests.fakes.link import (
    DATASET,
    EVERYTHING,
    DirectLink,
    MemoryData,
    WsgiTransport,
    added,
    app_for,
    bases,
    folder,
    link_over,
    peer_of,
    replaced,
    without,
)
from tests.fakes.peer_service import RealHost

OLD = random.Random(5).randbytes(400_000)
NEW = OLD[:150_000] + b"changed" + OLD[150_100:]
BASES = {b"ASTSPOOLDIR/voicemail/greeting.wav": OLD}


def small_host() -> MemoryData:
    data = MemoryData()
    data.put(folder(b"ASTETCDIR/custom"))
    data.file(b"ASTETCDIR/pjsip.conf", b"[3001]\ntype=endpoint\n")
    data.file(b"ASTETCDIR/empty.conf", b"")
    data.file(b"ASTETCDIR/custom/bad\xff\nname.conf", b"odd")
    data.link(b"ASTETCDIR/current.conf", b"custom/x.conf")
    data.file(b"ASTSPOOLDIR/voicemail/greeting.wav", OLD)
    return data


class PeerLinkContract:
    """Fixtures give `data`, what the source has, and `link` onto it; `published` makes a change of it visible."""

    def published(self, data: MemoryData) -> None:
        """The data is the service's own object unless a process lies between."""

    def contents(self, link, wanted):
        return [(change.name, b"".join(content)) for change, content in link.fetch(wanted)]

    def test_the_first_pull_gives_the_whole_inventory(self, link, data):
        pulled = link.pull(DATASET, None)
        assert pulled.inventory.items == data.items
        assert not pulled.same

    def test_a_second_pull_of_the_same_is_one_request_and_says_so(self, link):
        first = link.pull(DATASET, None)
        requests, before = link.traffic()
        again = link.pull(DATASET, first.inventory)
        assert again.same
        assert again.inventory.root == first.inventory.root
        assert link.traffic()[0] == requests + 1
        assert link.traffic()[1] - before < 3000

    def test_a_changed_source_tells_what_it_has_now(self, link, data):
        first = link.pull(DATASET, None)
        data.file(b"ASTETCDIR/pjsip.conf", b"[3002]\n")
        data.file(b"ASTETCDIR/new.conf", b"new")
        data.remove(b"ASTETCDIR/current.conf")
        self.published(data)
        pulled = link.pull(DATASET, first.inventory)
        assert pulled.inventory.items == data.items
        assert not pulled.same

    def test_an_inventory_the_source_never_gave_is_no_obstacle(self, link, data):
        other = MemoryData()
        other.file(b"ASTETCDIR/other.conf", b"other")
        assert link.pull(DATASET, other.inventory(DATASET)).inventory.items == data.items

    def test_contents_come_in_the_order_asked_for(self, link):
        items = link.pull(DATASET, None).inventory.items
        wanted = [added(items[name]) for name in sorted(items, reverse=True)]
        got = self.contents(link, wanted)
        assert [name for name, _ in got] == sorted(items, reverse=True)
        assert dict(got)[b"ASTETCDIR/pjsip.conf"] == b"[3001]\ntype=endpoint\n"
        assert dict(got)[b"ASTETCDIR/current.conf"] == b"custom/x.conf"
        assert dict(got)[b"ASTETCDIR/empty.conf"] == b""
        assert dict(got)[b"ASTETCDIR/custom"] == b""
        assert dict(got)[b"ASTSPOOLDIR/voicemail/greeting.wav"] == OLD

    def test_a_content_may_be_left_unread(self, link):
        items = link.pull(DATASET, None).inventory.items
        files = [item for item in items.values() if item.kind is ItemKind.FILE]
        assert [change.after for change, _ in link.fetch([added(item) for item in files])] == files

    def test_a_content_that_is_another_by_now_is_a_changed_source(self, link, data):
        items = link.pull(DATASET, None).inventory.items
        data.file(b"ASTETCDIR/pjsip.conf", b"edited")
        self.published(data)
        link.pull(DATASET, None)
        with pytest.raises(SourceChanged):
            self.contents(link, [added(items[b"ASTETCDIR/pjsip.conf"])])

    def test_a_changed_large_file_arrives_whole(self, link, data):
        before = data.items[b"ASTSPOOLDIR/voicemail/greeting.wav"]
        after = data.file(before.name, NEW)
        self.published(data)
        link.pull(DATASET, None)
        assert self.contents(link, [replaced(before, after)]) == [(before.name, NEW)]

    def test_nothing_wanted_is_nothing_asked(self, link):
        assert self.contents(link, []) == []

    def test_what_was_not_asked_for_is_left_out(self, link, data):
        wanted: list[Change] = [added(data.items[b"ASTETCDIR/pjsip.conf"])]
        self.published(data)
        link.pull(DATASET, None)
        assert len(self.contents(link, wanted)) == 1


class TestDirectLink(PeerLinkContract):
    @pytest.fixture
    def data(self):
        return small_host()

    @pytest.fixture
    def link(self, data):
        return DirectLink(data)


class TestLinkInOneProcess(PeerLinkContract):
    @pytest.fixture
    def data(self):
        return small_host()

    @pytest.fixture
    def transport(self, data, tmp_path):
        source = own_identity(tmp_path / "source", Disk())
        target = own_identity(tmp_path / "target", Disk())
        store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", HandClock())
        store.hosts.set_me(Host(source.id, "source", ""))
        store.hosts.save(peer_of(target, "target", policy=without(EVERYTHING, Right.WRITE)))
        app = app_for(source, store, data, InventoryMemory(), asks=lambda: target.certificate)
        yield WsgiTransport(app, cut=777)
        store.database.close()

    @pytest.fixture
    def link(self, transport):
        return link_over(transport, base=bases(BASES))

    def test_a_changed_large_file_costs_a_delta_only(self, link, data):
        before = data.items[b"ASTSPOOLDIR/voicemail/greeting.wav"]
        after = data.file(before.name, NEW)
        self.contents(link, [replaced(before, after)])
        assert link.traffic()[1] < len(NEW) // 10

    def test_one_changed_file_costs_less_than_the_inventory(self, link, data):
        for number in range(500):
            data.file(b"ASTETCDIR/file%d.conf" % number, b"%d" % number)
        first = link.pull(DATASET, None)
        whole = link.traffic()[1]
        data.file(b"ASTETCDIR/file7.conf", b"changed")
        link.pull(DATASET, first.inventory)
        assert link.traffic()[1] - whole < 600 < whole


@pytest.mark.integration
class TestHttpsPeerLink(PeerLinkContract):
    @pytest.fixture
    def data(self):
        return small_host()

    @pytest.fixture
    def source(self, data, tmp_path):
        host = RealHost(tmp_path / "source", "source")
        host.give(data)
        self.source_host = host
        yield host
        host.close()

    @pytest.fixture
    def link(self, source, tmp_path):
        target = own_identity(tmp_path / "target", Disk())
        source.store.hosts.save(peer_of(target, "target", policy=without(EVERYTHING, Right.WRITE)))
        source.start()
        address = Address("source", source.me.address, source.identity.id, target)
        made = link_over(Connection(address, source.clock), base=bases(BASES))
        yield made
        made.close()

    def published(self, data):
        self.source_host.give(data)
