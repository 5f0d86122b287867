"""What several replicas want is read once; each gets all of it, and never what was of another moment."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import HostUnreachable, SourceChanged
from pbxsync_worker.core.model.host import Host, Right
from pbxsync_worker.core.store import open_store
from pbxsync_worker.peer.identity import own_identity
from pbxsync_worker.peer.sharing import KEPT, Asked, Sharing
from pbxsync_worker.peer.wire import Last
from tests.fakes.clock import HandClock
from tests.fakes.inventories import InventoryMemory
from tests.fakes.link import EVERYTHING, MemoryData, WsgiTransport, added, app_for, link_over, peer_of, without

CONTENTS = {b"ASTSPOOLDIR/%d" % n: random.Random(n).randbytes(300_000) for n in range(3)}


class CountingData(MemoryData):
    """Counts how often each item is opened, and how many bytes are read."""

    def __init__(self):
        super().__init__()
        self.opened: Counter[bytes] = Counter()

    def open(self, item):
        self.opened[item.name] += 1
        return super().open(item)


class Farm:
    """A source and its replicas."""

    def __init__(self, folder, store, shared, count):
        self.clock = HandClock()
        self.data = CountingData()
        for name, content in CONTENTS.items():
            self.data.file(name, content)
        self.peers = [peer_of(own_identity(folder / f"r{n}", Disk()), f"r{n}") for n in range(count)]
        for peer in self.peers:
            store.hosts.save(peer)
        self.store = store
        self.asking = None
        me = own_identity(folder / "me", Disk())
        self.app = app_for(
            me, store, self.data, InventoryMemory(), asks=lambda: self.asking, shared=shared, clock=self.clock
        )

    def link(self, number, line=None):
        self.asking = self.peers[number].certificate
        return link_over(WsgiTransport(self.app), line=line)

    def got(self, number, line=None, names=None):
        wanted = [added(item) for item in self.data.items.values() if names is None or item.name in names]
        return {one.name: b"".join(content) for one, content in self.link(number, line).fetch(wanted)}


@pytest.fixture
def farm(tmp_path):
    stores = []

    def farm(count=3, *, shared=True):
        store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", HandClock())
        stores.append(store)
        store.hosts.set_me(Host("0" * 64, "source", ""))
        return Farm(tmp_path, store, tmp_path if shared else None, count)

    yield farm
    for store in stores:
        store.database.close()


def test_three_replicas_cost_the_source_one_reading(farm):
    one = farm()
    assert [one.got(number) for number in range(3)] == [CONTENTS] * 3
    assert set(one.data.opened.values()) == {1}


def test_each_costs_one_where_nothing_is_shared(farm):
    one = farm(shared=False)
    assert [one.got(number) for number in range(3)] == [CONTENTS] * 3
    assert set(one.data.opened.values()) == {3}


def test_for_a_single_replica_nothing_is_kept(farm):
    one = farm(1)
    one.got(0)
    one.got(0)
    assert set(one.data.opened.values()) == {2}


def test_who_wants_something_else_gets_that(farm):
    one = farm()
    one.got(0)
    some = set(list(CONTENTS)[:2])
    assert one.got(1, names=some) == {name: CONTENTS[name] for name in some}


def test_after_some_minutes_it_is_read_again(farm):
    one = farm()
    one.got(0)
    one.clock.sleep(KEPT + 1)
    assert one.got(1) == CONTENTS
    assert set(one.data.opened.values()) == {2}


def test_one_with_a_much_slower_line_gets_what_fits_that(farm):
    one = farm()
    one.got(0, 1e9)
    before = one.data.opened.total()
    assert one.got(1, 1.1e9) == CONTENTS
    assert one.data.opened.total() == before
    assert one.got(2, 1e4) == CONTENTS
    assert one.data.opened.total() >= before + len(CONTENTS)


def test_what_changed_meanwhile_is_not_kept(farm):
    one = farm()
    name = next(iter(CONTENTS))
    right = one.data.contents.pop(name)
    with pytest.raises(SourceChanged):
        one.got(0)
    one.data.contents[name] = right
    assert one.got(1) == CONTENTS


def test_who_may_not_read_gets_nothing_of_it(farm):
    one = farm()
    one.got(0)
    one.store.hosts.save(replace(one.peers[1], policy=without(EVERYTHING, Right.READ)))
    with pytest.raises(Exception, match="right"):
        one.got(1)


def test_who_may_read_other_places_only_gets_nothing_of_it(farm):
    one = farm()
    one.got(0)
    one.store.hosts.save(replace(one.peers[1], policy=replace(EVERYTHING, places=("ASTETCDIR",))))
    with pytest.raises(Exception, match="not open"):
        one.got(1)


def pieces(*some):
    return lambda watch: [*watch(iter(some[:-1])), Last(some[-1])]


@pytest.fixture
def sharing(tmp_path):
    return Sharing(tmp_path, HandClock(), room=100)


def test_a_slow_one_holds_up_nobody(sharing):
    made = []

    def make(_):
        for piece in (b"a", b"b", Last(b"c")):
            made.append(piece)
            yield piece

    slow = iter(sharing.body(Asked(b"x", 10), make))
    assert next(slow) == b"a"
    assert b"".join(sharing.body(Asked(b"x", 10), make)) == b"abc"
    assert b"".join(slow) == b"bc"
    assert made == [b"a", b"b", b"c"]


def test_the_oldest_goes_where_there_is_no_more_room(sharing):
    for name in (b"x", b"y", b"z"):
        assert b"".join(sharing.body(Asked(name, 50), pieces(name * 40))) == name * 40
    assert b"".join(sharing.body(Asked(b"z", 50), pieces(b"other"))) == b"z" * 40
    assert b"".join(sharing.body(Asked(b"x", 50), pieces(b"other"))) == b"other"


def test_what_is_read_does_not_go_and_a_larger_one_is_not_kept(sharing):
    reading = iter(sharing.body(Asked(b"x", 60), pieces(b"first", b"x")))
    next(reading)
    for text in (b"one", b"two"):
        assert b"".join(sharing.body(Asked(b"y", 60), pieces(text))) == text
    assert b"".join(reading) == b"x"


def test_what_broke_while_it_was_made_is_made_anew(sharing):
    def breaking(_):
        yield b"a"
        raise HostUnreachable(host="", reason="gone")

    with pytest.raises(HostUnreachable):
        list(sharing.body(Asked(b"x", 10), breaking))
    assert b"".join(sharing.body(Asked(b"x", 10), pieces(b"whole"))) == b"whole"
