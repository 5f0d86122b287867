"""A conversation cut at every byte, and with every single bit turned: what arrives is right, or nothing does."""

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import HostUnreachable, PbxSyncError
from pbxsync_worker.core.model.host import Host
from pbxsync_worker.core.store import open_store
from pbxsync_worker.peer.identity import own_identity
from pbxsync_worker.peer.messages import End, Form, Head, Rows, Tail, Whole, row_of
from pbxsync_worker.peer.wire import write
from tests.fakes.clock import HandClock
from tests.fakes.inventories import InventoryMemory
from tests.fakes.link import (
    DATASET,
    STREAMS,
    MemoryData,
    ScriptedTransport,
    WsgiTransport,
    added,
    app_for,
    folder,
    link_over,
    peer_of,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def data():
    held = MemoryData()
    held.put(folder(b"ASTETCDIR/custom"))
    held.file(b"ASTETCDIR/a.conf", b"[general]\nbind=1\n")
    held.file(b"ASTETCDIR/custom/b.conf", b"[b]\n")
    held.link(b"ASTETCDIR/c.conf", b"a.conf")
    return held


@pytest.fixture
def app(tmp_path, data):
    source, target = own_identity(tmp_path / "source", Disk()), own_identity(tmp_path / "target", Disk())
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", HandClock())
    store.hosts.set_me(Host(source.id, "source", ""))
    store.hosts.save(peer_of(target, "target"))
    yield app_for(source, store, data, InventoryMemory(), asks=lambda: target.certificate)
    store.database.close()


def contents(link, data):
    wanted = [added(item) for item in data.items.values()]
    return {change.name: b"".join(content) for change, content in link.fetch(wanted)}


def test_a_conversation_cut_at_every_byte_gives_the_whole_or_says_so(app, data):
    whole = WsgiTransport(app)
    link_over(whole).pull(DATASET, None)
    size = whole.moved
    cuts = 0
    for stop in range(size):
        link = link_over(WsgiTransport(app, breaks=(stop, stop)))
        try:
            assert link.pull(DATASET, None).inventory.items == data.items
        except HostUnreachable:
            cuts += 1
        assert contents(link, data) == data.contents
    assert cuts > 100


def flipped(sent):
    for at in range(len(sent)):
        for bit in range(8):
            yield sent[:at] + bytes((sent[at] ^ 1 << bit,)) + sent[at + 1 :]


@pytest.mark.parametrize("codec", ["none", "zstd"])
def test_every_single_turned_bit_of_an_inventory_is_noticed(data, codec):
    inventory = data.inventory(DATASET)
    rows = Rows(tuple(row_of(item) for item in data.items.values()))
    sent = b"".join(write([Whole(inventory.root), rows, End(len(rows.rows))], STREAMS, codec))
    for damaged in flipped(sent):
        try:
            got = link_over(ScriptedTransport(damaged)).pull(DATASET, None)
        except PbxSyncError:
            continue
        # A bit that only says how the stream was packed may turn without changing what it says.
        assert got.inventory.items == data.items


@pytest.mark.parametrize("codec", ["none", "zstd"])
def test_every_single_turned_bit_of_a_content_is_noticed(data, codec):
    item = data.items[b"ASTETCDIR/a.conf"]
    messages = [Head(Form.WHOLE), data.contents[item.name], Tail(whole=True), End(1)]
    for damaged in flipped(b"".join(write(messages, STREAMS, codec))):
        link = link_over(ScriptedTransport(damaged))
        try:
            got = [b"".join(content) for _, content in link.fetch([added(item)])]
        except PbxSyncError:
            continue
        assert got == [data.contents[item.name]]
