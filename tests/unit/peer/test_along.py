"""Edited files come along as patches; where this host has something else, or a patch lies, nothing wrong arrives."""

import io
from collections.abc import Sequence

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import PeerLied
from pbxsync_worker.core.model.host import Host
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.store import open_store
from pbxsync_worker.peer.bases import Bases
from pbxsync_worker.peer.identity import own_identity
from pbxsync_worker.peer.messages import Along, Changed, End, Message, Rows, row_of
from pbxsync_worker.peer.wire import write
from tests.fakes.clock import HandClock
from tests.fakes.inventories import InventoryMemory
from tests.fakes.link import (
    DATASET,
    DELTAS,
    STREAMS,
    MemoryData,
    ScriptedTransport,
    WsgiTransport,
    app_for,
    item_with,
    link_over,
    peer_of,
    replaced,
)

NAME = b"ASTETCDIR/extensions_additional.conf"
OLD = b"".join(b"exten => %d,1,Dial(PJSIP/%d)\n" % (number, number) for number in range(5000))
NEW = OLD.replace(b"=> 777,", b"=> 7777,").replace(b"=> 4000,", b"=> 4001,")


@pytest.fixture
def data():
    held = MemoryData()
    held.file(NAME, OLD)
    held.file(b"ASTSPOOLDIR/a.txt", b"other")
    return held


@pytest.fixture
def transport(tmp_path, data):
    source, target = own_identity(tmp_path / "source", Disk()), own_identity(tmp_path / "target", Disk())
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", HandClock())
    store.hosts.set_me(Host(source.id, "source", ""))
    store.hosts.save(peer_of(target, "target"))
    yield WsgiTransport(app_for(source, store, data, InventoryMemory(), asks=lambda: target.certificate))
    store.database.close()


def edited(transport, data, here: bytes):
    """Edit the file at the source and fetch it; return what arrives, the paths asked for, and the bytes moved."""
    link = link_over(transport, base=lambda _: io.BytesIO(here))
    known = link.pull(DATASET, None).inventory
    for _ in range(2):  # what it remembers of one look it does in turn, before it answers the look after the next
        link.pull(DATASET, known)
    data.file(NAME, NEW)
    asked, moved = len(transport.paths), transport.moved
    now = link.pull(DATASET, known).inventory
    before = item_with(NAME, here)
    ((_, content),) = [(change, b"".join(parts)) for change, parts in link.fetch([replaced(before, now.items[NAME])])]
    return content, transport.paths[asked:], transport.moved - moved


def test_an_edited_file_costs_one_request_and_a_few_bytes(transport, data):
    content, paths, moved = edited(transport, data, OLD)
    assert content == NEW
    assert paths == ["/v1/pull"]
    assert moved < 600


def test_a_file_that_is_another_one_here_is_fetched(transport, data):
    content, paths, _ = edited(transport, data, OLD + b"; our own line\n")
    assert content == NEW
    assert paths == ["/v1/pull", "/v1/fetch"]


def answering(*along: Message | bytes) -> ScriptedTransport:
    now = Inventory.of([item_with(NAME, NEW)])
    messages: Sequence[Message | bytes] = [Changed(now.root), Rows((row_of(now.items[NAME]),)), *along, End(1)]
    return ScriptedTransport(b"".join(write(messages, STREAMS)))


@pytest.mark.parametrize("patch", [DELTAS.patch_against(OLD, NEW[::-1]), b"no patch at all", b""])
def test_a_patch_that_makes_something_else_is_a_lie(patch):
    known = Inventory.of([item_with(NAME, OLD)])
    link = link_over(answering(Along(0, patch=True, data=patch)), base=lambda _: io.BytesIO(OLD))
    link.pull(DATASET, known)
    with pytest.raises(PeerLied, match="source"):
        list(link.fetch([replaced(known.items[NAME], item_with(NAME, NEW))]))


def test_contents_are_held_within_their_room(data):
    bases = Bases(room=3000)
    held = [data.file(b"ASTETCDIR/%d.conf" % number, b"%d" % number * 5000) for number in range(200)]
    bases.learn(held, data)
    assert bases.get(held[0]) is None
    assert bases.get(held[-1]) == data.contents[held[-1].name]


def test_only_what_is_edited_is_read_for_it(data):
    bases = Bases()
    bases.learn(data.items.values(), data)
    assert bases.get(data.items[b"ASTSPOOLDIR/a.txt"]) is None
    assert bases.get(data.items[NAME]) == OLD


def test_a_file_that_is_another_by_now_is_not_held(data):
    bases, item = Bases(), data.items[NAME]
    data.file(NAME, NEW)
    bases.learn([item], data)
    assert bases.get(item) is None
