"""Records travel through the real messages of two hosts, and only from the host that wrote them."""

from dataclasses import dataclass, replace

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import COLLECT, Dataset, FileSet, Place
from pbxsync_worker.core.model.errors import PeerLied
from pbxsync_worker.core.model.host import Host, Policy, Right
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.run import Mode, Run, State
from pbxsync_worker.core.store import open_store
from pbxsync_worker.datasets.many import ManyData, Offering
from pbxsync_worker.delta.compare import compare
from pbxsync_worker.peer.client import HttpsPeerLink, Trust
from pbxsync_worker.peer.exchange import Exchange
from pbxsync_worker.peer.identity import own_identity
from pbxsync_worker.sync.parts import Parts
from pbxsync_worker.sync.run import run_once
from scripts.lab.mariadb import MariaDb, NoMariaDb
from tests.fakes.clock import HandClock
from tests.fakes.inventories import InventoryMemory
from tests.fakes.link import DELTAS, EVERYTHING, STREAMS, WsgiTransport, app_for, nothing_protected, peer_of
from tests.integration.collected_hosts import CALLS, CDR, Hosts, RecordsHost
from tests.integration.mysql_hosts import DictContents
from tests.unit.datasets.support import files_data
from tests.unit.sync.parts import Notes, Source, parts

pytestmark = pytest.mark.integration

WHAT = Dataset("both", "Both", (FileSet(Place.ETC),), tables=(CDR,))


@pytest.fixture
def hosts(tmp_path):
    server = MariaDb(tmp_path / "db")
    try:
        server.start()
    except NoMariaDb as error:
        pytest.skip(str(error))
    both = RecordsHost(server, tmp_path, "a"), RecordsHost(server, tmp_path, "b")
    both[0].call("1")
    both[1].call("9")
    yield both
    for host in both:
        host.close()
    server.close()


@pytest.fixture
def transport(hosts, tmp_path):
    """Give the way into the source's peer service."""
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", HandClock())
    me, other = own_identity(tmp_path / "a", Disk()), own_identity(tmp_path / "b", Disk())
    store.hosts.set_me(Host(me.id, "a", ""))
    store.hosts.save(peer_of(other, "b", policy=EVERYTHING))
    data = Offering(ManyData({COLLECT: hosts[0].data}, files_data(tmp_path / "files")))
    app = app_for(me, store, data, InventoryMemory(), asks=lambda: other.certificate)
    yield WsgiTransport(app, cut=100)
    store.database.close()


def link_to(transport, origin: str, places: tuple[str, ...] = Policy().places) -> HttpsPeerLink:
    trust = Trust(places, nothing_protected, origin)
    return HttpsPeerLink(Exchange("a", transport, STREAMS), trust, DELTAS, lambda _: None, HandClock())


def run(hosts: Hosts, link: HttpsPeerLink, name: str, known: Inventory | None = None) -> Inventory:
    """Bring what is missing; return what the source had."""
    data = hosts[1].data
    ours, pulled = data.inventory(WHAT), link.pull(WHAT, known)
    offered = {key: item for key, item in pulled.inventory.items.items() if key.startswith(COLLECT)}
    theirs = {key: data.settable(item, ours.items.get(key)) for key, item in offered.items()}
    changes = compare(WHAT, None, ours, Inventory(theirs)).changes
    stream = link.fetch(changes)

    def content(change: Change):
        found, pieces = next(stream)
        assert found == change
        return pieces

    steps = data.prepare(name, changes, content)
    for step in steps:
        data.act(step)
    data.settle(name, steps, DictContents())
    return pulled.inventory


def test_records_arrive_through_the_messages_of_two_hosts(hosts, transport):
    link = link_to(transport, hosts[0].id)
    known = run(hosts, link, "r1")
    assert hosts[1].calls() == ["1", "9"]
    hosts[0].call("2")
    before = link.traffic()
    run(hosts, link, "r2", known)
    assert hosts[1].calls() == ["1", "2", "9"]
    requests, moved = (now - was for now, was in zip(link.traffic(), before, strict=True))
    print(f"one new record: {requests} requests, {moved} bytes")
    assert requests == 2
    assert moved < 4000


def test_what_the_source_collected_from_others_does_not_leave_it(hosts, transport):
    known = run(hosts, link_to(transport, hosts[0].id), "r1")
    assert not [name for name in known.items if hosts[1].id.encode() in name]


@pytest.mark.parametrize("origin", ["", "c" * 64])
def test_records_of_another_origin_than_the_source_are_refused(hosts, transport, origin):
    with pytest.raises(PeerLied, match="not part of the dataset"):
        link_to(transport, origin).pull(WHAT, None)


def test_a_place_that_is_not_open_brings_no_records(hosts, transport):
    with pytest.raises(PeerLied, match="not part of the dataset"):
        link_to(transport, hosts[0].id, ("ASTETCDIR",)).pull(CALLS, None)


@dataclass
class Remembers(Notes):
    """A Memory with a baseline: what was expected of the last run that was kept."""

    due: tuple[Inventory, Inventory] | None = None
    had: tuple[Inventory, Inventory] | None = None

    def expect(self, run: Run, before: Inventory, after: Inventory, theirs: Inventory) -> None:
        self.due = (after, theirs)

    def remember(self, run: Run) -> None:
        self.had = self.due

    def baseline(self, run: Run) -> tuple[Inventory, Inventory] | None:
        return self.had


def test_the_story_of_a_run_brings_them_and_finds_nothing_to_do_after_it(hosts, transport, tmp_path):
    usual = parts(tmp_path / "target")
    data = ManyData({COLLECT: hosts[1].data}, files_data(tmp_path / "other"))
    host = replace(usual.host, data=data, memory=Remembers())
    policy = Policy(frozenset({Right.WRITE}))
    made = Parts(host, link_to(transport, hosts[0].id), CALLS, policy)
    states = []
    for number in range(3):
        ended = run_once(Run(f"r{number}", "farm", "job", "a", "b", Mode.APPLY, State.REQUESTED), made)
        states.append(ended.state)
        if number == 1:
            hosts[0].call("2")
    assert states == [State.COMMITTED, State.UNCHANGED, State.COMMITTED]
    assert hosts[1].calls() == ["1", "2", "9"]
    back = replace(Run("back", "farm", "job", "a", "b", Mode.APPLY, State.REQUESTED), goal="r0:before")
    past = replace(made, link=Source(inventory=Inventory({})))
    assert run_once(back, past).state is State.UNCHANGED
    assert hosts[1].calls() == ["1", "2", "9"]
