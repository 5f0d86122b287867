"""A link that breaks is resumed inside an item; what cannot be resumed is said; our own edits are nobody's lie."""

import io
import random

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import HostUnreachable, PeerLied, TargetChanged
from pbxsync_worker.core.model.host import Catalogue, GroupKind, Host
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.store import open_store
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.peer.download import KNOWN_FROM
from pbxsync_worker.peer.identity import own_identity
from tests.fakes.clock import HandClock
from tests.fakes.inventories import InventoryMemory
from tests.fakes.link import (
    DATASET,
    DirectLink,
    MemoryData,
    WsgiTransport,
    added,
    app_for,
    link_over,
    nothing_protected,
    peer_of,
    replaced,
)

LARGE = random.Random(2).randbytes(600_000)
OLD = LARGE[:300_000] + b"another middle" + LARGE[300_020:]


@pytest.fixture
def data():
    held = MemoryData()
    for number in range(5):
        held.file(b"ASTETCDIR/%d.conf" % number, b"content %d" % number)
    held.file(b"ASTSPOOLDIR/large.wav", LARGE)
    return held


@pytest.fixture
def source(tmp_path):
    return own_identity(tmp_path / "source", Disk())


@pytest.fixture
def target(tmp_path):
    return own_identity(tmp_path / "target", Disk())


@pytest.fixture
def store(tmp_path, source, target):
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", HandClock())
    store.hosts.set_me(Host(source.id, "source", ""))
    store.hosts.save(peer_of(target, "target"))
    yield store
    store.database.close()


@pytest.fixture
def transport_to(store, source, target, data):
    def transport_to(*breaks, cut=1000, memory=None):
        app = app_for(source, store, data, memory or InventoryMemory(), asks=lambda: target.certificate)
        return WsgiTransport(app, cut=cut, breaks=breaks)

    return transport_to


def taken(link, data, *names):
    return {change.name: b"".join(content) for change, content in link.fetch([added(data.items[n]) for n in names])}


@pytest.mark.parametrize("stop", [0, 6, 500, 100_000, 300_000, 599_000])
def test_a_broken_link_is_resumed_inside_an_item(transport_to, data, stop):
    transport = transport_to(stop)
    names = [*sorted(data.items)]
    assert taken(link_over(transport), data, *names) == data.contents
    assert transport.requests == 2


def test_a_resumed_item_is_not_sent_again(transport_to, data):
    transport = transport_to(500_000)
    taken(link_over(transport), data, b"ASTSPOOLDIR/large.wav")
    assert transport.moved < 600_000 + 70_000


def test_each_further_try_must_be_earned(transport_to, data):
    transport = transport_to(100_000, 0, 0, 0)
    with pytest.raises(HostUnreachable):
        taken(link_over(transport), data, b"ASTSPOOLDIR/large.wav")
    assert transport.requests == 2


def test_many_breaks_are_survived_as_long_as_something_moves(transport_to, data):
    transport = transport_to(150_000, 150_000, 150_000, 150_000)
    assert taken(link_over(transport), data, b"ASTSPOOLDIR/large.wav") == {b"ASTSPOOLDIR/large.wav": LARGE}


def test_a_break_within_a_delta_is_resumed_with_the_whole(transport_to, data):
    before = MemoryData().file(b"ASTSPOOLDIR/large.wav", OLD)
    noise = random.Random(9).randbytes(200_000)
    after = data.file(before.name, OLD[:400_000] + noise + OLD[400_000:])
    transport = transport_to(100_000)
    link = link_over(transport, base=lambda _: io.BytesIO(OLD))
    got = [b"".join(content) for _, content in link.fetch([replaced(before, after)])]
    assert got == [data.contents[before.name]]
    assert transport.requests == 2


def test_a_base_that_was_edited_here_meanwhile_is_no_lie(transport_to, data):
    before = MemoryData().file(b"ASTSPOOLDIR/large.wav", OLD)
    versions = [OLD, OLD[:1000] + b"edited while it travelled" + OLD[1025:], b"edited again"]
    link = link_over(transport_to(), base=lambda _: io.BytesIO(versions.pop(0) if len(versions) > 1 else versions[0]))
    ((_, content),) = [next(link.fetch([replaced(before, data.items[before.name])]))]
    with pytest.raises(TargetChanged):
        b"".join(content)


def test_a_source_that_forgot_gives_the_whole_again(transport_to, data):
    known = link_over(transport_to()).pull(DATASET, None).inventory
    data.file(b"ASTETCDIR/0.conf", b"changed")
    transport = transport_to()
    pulled = link_over(transport).pull(DATASET, known)
    assert pulled.inventory.items == data.items
    assert transport.paths == ["/v1/pull", "/v1/pull"]


def test_a_source_that_has_the_catalogue_needs_no_definition(transport_to, data, store, source):
    known = link_over(transport_to()).pull(DATASET, None).inventory
    document = document_of(
        Catalogue("g", "", GroupKind.FARM, source.id, 1, (Host(source.id, "s", ""),), datasets=(DATASET,))
    )
    store.catalogues.save(Signed(document, source.id, source.sign(document)))
    transport = transport_to()
    assert link_over(transport).pull(DATASET, known).same
    assert transport.paths == ["/v1/pull"]


def test_a_same_that_is_not_allowed_here_any_more_is_refused(transport_to, data):
    memory = InventoryMemory()
    known = link_over(transport_to(memory=memory)).pull(DATASET, None).inventory
    link = link_over(transport_to(memory=memory), protected=lambda name: name.endswith(b"3.conf"))
    with pytest.raises(PeerLied, match="protected"):
        link.pull(DATASET, known)


def test_the_memory_forgets_the_oldest_first():
    memory = InventoryMemory(items=3)
    inventories = []
    for number in range(3):
        held = MemoryData()
        held.file(b"ASTETCDIR/a%d" % number, b"")
        held.file(b"ASTETCDIR/b%d" % number, b"")
        inventories.append(held.inventory(DATASET))
        memory.remember(inventories[-1])
    assert memory.remembered(inventories[0].root) is None
    assert memory.remembered(inventories[2].root) is inventories[2]


def test_the_fake_breaks_and_lies_as_told(data):
    names = sorted(data.items)
    with pytest.raises(HostUnreachable):
        taken(DirectLink(data, break_after=2), data, *names)
    with pytest.raises(PeerLied):
        taken(DirectLink(data, lies=frozenset(names[:1])), data, *names)
    assert not nothing_protected(b"")


HUGE_NAME = b"ASTSPOOLDIR/huge.wav"
HUGE = random.Random(11).randbytes(KNOWN_FROM)


def step_on(link, data, known, base):
    """Pull, take what changed, and return the inventory with the bytes that it cost to take it."""
    pulled = link.pull(DATASET, known).inventory
    name = HUGE_NAME
    before = link.traffic()[1]
    ((_, content),) = [(one, b"".join(pieces)) for one, pieces in link.fetch([replaced(base, pulled.items[name])])]
    assert content == data.contents[name]
    return pulled, link.traffic()[1] - before


@pytest.fixture
def changing(transport_to, data):
    """A large file that changed in part once: the source has signed it since."""
    name, memory = HUGE_NAME, InventoryMemory()
    first, second = data.file(name, HUGE), HUGE[:300_000] + b"inserted" + HUGE[300_000:]
    transport = transport_to(memory=memory)
    started = link_over(transport).pull(DATASET, None).inventory
    data.file(name, second)
    known, cost = step_on(link_over(transport, base=lambda _: io.BytesIO(HUGE)), data, started, first)
    step_on(link_over(transport, base=lambda _: io.BytesIO(HUGE)), data, started, first)  # waits for the signature
    return transport, known, second, cost


def test_a_file_that_changes_again_is_not_described_again(changing, data):
    transport, known, second, cost = changing
    base = data.items[HUGE_NAME]
    data.file(base.name, b"at the head" + second)
    _, again = step_on(link_over(transport, base=lambda _: io.BytesIO(second)), data, known, base)
    assert again < 600 < cost


def test_a_source_that_forgot_what_it_had_is_told(changing, transport_to, data):
    _, known, second, _ = changing
    base = data.items[HUGE_NAME]
    data.file(base.name, second[:300_000] + b"within" + second[300_000:])
    memory = InventoryMemory()
    memory.remember(known)
    transport = transport_to(memory=memory)
    step_on(link_over(transport, base=lambda _: io.BytesIO(second)), data, known, base)
    assert transport.paths[-2:] == ["/v1/fetch", "/v1/fetch"]


@pytest.mark.parametrize("grown", [b"at the head" + HUGE, HUGE + b"at the end"], ids=["head", "end"])
def test_a_file_that_only_grew_is_described_by_nobody(transport_to, data, grown):
    first, transport = data.file(HUGE_NAME, HUGE), transport_to(memory=InventoryMemory())
    started = link_over(transport).pull(DATASET, None).inventory
    data.file(HUGE_NAME, grown)
    _, cost = step_on(link_over(transport, base=lambda _: io.BytesIO(HUGE)), data, started, first)
    assert (cost < 600, transport.paths.count("/v1/fetch")) == (True, 1)


def test_a_further_replica_costs_the_source_no_reading(changing, data):
    transport, known, second, _ = changing
    base = data.items[HUGE_NAME]
    data.file(base.name, b"at the head" + second)
    for _ in range(2):  # the second one waits until what the first one needed is put away
        step_on(link_over(transport, base=lambda _: io.BytesIO(second)), data, known, base)
    opened: list[Item] = []
    data.open = opened.append
    step_on(link_over(transport, base=lambda _: io.BytesIO(second)), data, known, base)
    assert opened == []
