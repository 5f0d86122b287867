"""What a paired host gets: signs of life while we look, the version it asked for, or the word that it changed."""

from threading import Event

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import HostUnreachable, SourceChanged
from pbxsync_worker.core.model.facts import HostFacts
from pbxsync_worker.core.store import open_store
from pbxsync_worker.core.wire import pack
from pbxsync_worker.peer.digests import dataset_digest
from pbxsync_worker.peer.identity import own_identity
from pbxsync_worker.peer.messages import End, Fetch, Form, Head, Pull, Tail, Wait, Want, Whole, row_of
from pbxsync_worker.peer.serving import Serving
from tests.fakes.clock import HandClock
from tests.fakes.inventories import InventoryMemory
from tests.fakes.link import DATASET, DELTAS, MemoryData, nothing_protected, peer_of


@pytest.fixture
def peer(tmp_path):
    return peer_of(own_identity(tmp_path / "peer", Disk()), "peer")


def nobody(*_):
    return HostFacts("")


@pytest.fixture
def serve(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", HandClock())
    memory = InventoryMemory()
    yield lambda data, facts=nobody: Serving(store, data, memory, nothing_protected, DELTAS, facts, sign_of_life=0.001)
    store.database.close()


class SlowData(MemoryData):
    """Looks only when it is told to go on."""

    def __init__(self):
        super().__init__()
        self.go_on = Event()

    def inventory(self, dataset):
        assert self.go_on.wait(20)
        return super().inventory(dataset)


class MovingData(MemoryData):
    """Changes after its first piece was read."""

    def open(self, item):
        yield self.contents[item.name][:10]
        raise SourceChanged(name=item.text)


def wants(item, offset=0):
    return [Fetch(("none",)), Want(row_of(item), offset, b""), End(1)]


def test_a_peer_that_waits_is_told_that_we_still_look(serve, peer):
    data = SlowData()
    definition = pack(DATASET)
    answer = serve(data).pull(peer, [Pull(dataset_digest(definition), definition, b"", ())])
    assert next(answer) == Wait()
    data.go_on.set()
    assert any(isinstance(message, Whole) for message in answer)


def test_a_process_that_ends_says_so_and_not_that_it_failed(serve, peer):
    ending = serve(MemoryData())
    ending._looking.shutdown()
    definition = pack(DATASET)
    with pytest.raises(HostUnreachable):
        list(ending.pull(peer, [Pull(dataset_digest(definition), definition, b"", ())]))


def test_an_item_that_changes_while_it_is_read_is_told_so_at_its_end(serve, peer):
    data = MovingData()
    item = data.file(b"ASTETCDIR/x", b"x" * 100)
    answer = list(serve(data).fetch(peer, wants(item)))
    assert answer == [Head(Form.WHOLE), b"x" * 10, Tail(whole=False), End(1)]


@pytest.mark.parametrize("offset", [0, 1, 2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20])
def test_a_content_goes_on_from_any_byte(serve, peer, offset):
    data = MemoryData()
    content = bytes(range(256)) * (3 * 2**12)
    item = data.file(b"ASTETCDIR/x", content)
    answer = list(serve(data).fetch(peer, wants(item, offset)))
    assert b"".join(piece for piece in answer if isinstance(piece, bytes)) == content[offset:]
