"""What a host says of itself: what both have alike does not travel, and nothing impossible is believed."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.dataset import Dataset, FamilySet, TableSet
from pbxsync_worker.core.model.errors import Invalid, PeerLied, PeerRefused
from pbxsync_worker.core.model.facts import Column, HostFacts, ModuleFacts, Setting, TableFacts
from pbxsync_worker.core.model.host import Host, Policy, Right
from pbxsync_worker.core.model.inventory import EMPTY
from pbxsync_worker.core.store import open_store
from pbxsync_worker.core.wire import pack
from pbxsync_worker.peer.digests import lasting_of, numbers_of
from pbxsync_worker.peer.facts import MAX_TEXT, telling, told
from pbxsync_worker.peer.identity import own_identity
from pbxsync_worker.peer.messages import AskFacts, Done, Facts, Ping
from tests.fakes.clock import HandClock
from tests.fakes.inventories import InventoryMemory
from tests.fakes.link import DATASET, EVERYTHING, MemoryData, WsgiTransport, app_for, link_over, peer_of

COLUMNS = tuple(Column(f"column{number}", "varchar", 20) for number in range(30))
USERS = TableFacts("asterisk", "users", COLUMNS, frozenset({("column1",), ("column2", "column3")}))
HOST = HostFacts(
    "A",
    freepbx="17.0.19",
    asterisk="22.1",
    modules=(ModuleFacts("core", "17.0.18"),),
    loaded=frozenset({"res_pjsip.so"}),
    tables=(USERS,),
    settings=(Setting("AMPEXTENSIONS", "select", "", "extensions"),),
    clock=1700000000.5,
)
PEOPLE = Dataset("people", "People", families=(FamilySet("CF"),))


def test_facts_arrive_as_they_were_told():
    assert told(telling(HOST, b"another"), HostFacts("B")) == HOST


def test_what_is_nothing_is_not_said():
    assert len(telling(HostFacts("A", clock=1.5), b"").packed) < 30
    nothing_loaded = HostFacts("A", loaded=frozenset(), need_reload=True, clock=1.5)
    assert told(telling(nothing_loaded, b""), HostFacts("B")) == nothing_loaded


def test_what_both_have_alike_does_not_travel():
    ours = replace(HOST, name="B", clock=0.0)
    told_short = telling(HOST, lasting_of(ours))
    assert len(told_short.packed) < len(telling(HOST, b"").packed) / 4
    assert told(told_short, ours) == HOST


def test_next_numbers_travel_only_where_they_differ():
    ours = replace(HOST, name="B", clock=0.0)
    same = telling(HOST, lasting_of(ours), numbers_of(ours))
    assert same.numbered
    assert told(same, ours) == HOST
    more = replace(HOST, tables=(replace(USERS, auto_increment=77),))
    assert told(telling(more, lasting_of(ours), numbers_of(ours)), ours) == more


@pytest.mark.parametrize(
    "other",
    [
        replace(HOST, tables=(replace(USERS, columns=COLUMNS[1:]),)),
        replace(HOST, tables=(replace(USERS, unique=frozenset()),)),
        replace(HOST, modules=()),
        replace(HOST, settings=()),
    ],
)
def test_any_difference_is_told(other):
    assert other.lasting != HOST.lasting
    assert told(telling(other, lasting_of(HOST)), HOST) == other


def test_the_order_in_which_tables_are_found_makes_no_difference():
    both = (USERS, replace(USERS, name="devices"))
    assert replace(HOST, tables=both).lasting == replace(HOST, tables=both[::-1]).lasting


@pytest.mark.parametrize(
    "lie",
    [
        replace(HOST, asterisk="x" * (MAX_TEXT + 1)),
        replace(HOST, languages=frozenset({"x" * (MAX_TEXT + 1)})),
        replace(HOST, languages=frozenset(str(number) for number in range(200_001))),
        replace(HOST, clock=float("nan")),
        replace(HOST, clock=float("inf")),
        replace(HOST, clock=1e300),
    ],
    ids=["long", "long inside", "many", "nan", "infinite", "far"],
)
def test_it_refuses_what_no_honest_host_says(lie):
    with pytest.raises(Invalid):
        told(Facts(pack(lie), alike=False), HOST)


@pytest.mark.parametrize("answer", [Done(), Facts(b"\x93garbage", alike=False), Facts(pack(["A", 5]), alike=False)])
def test_it_refuses_what_are_no_facts(answer):
    with pytest.raises(Invalid):
        told(answer, HOST)


@pytest.fixture
def link_to(tmp_path):
    source, target = own_identity(tmp_path / "source", Disk()), own_identity(tmp_path / "target", Disk())
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", HandClock())
    store.hosts.set_me(Host(source.id, "source", ""))

    def link_to(facts=HOST, policy=EVERYTHING):
        store.hosts.save(peer_of(target, "target", policy=policy))
        app = app_for(
            source, store, MemoryData(), InventoryMemory(), asks=lambda: target.certificate, facts=lambda *_: facts
        )
        return link_over(WsgiTransport(app))

    yield link_to
    store.database.close()


def test_a_source_is_called_as_this_host_knows_it(link_to):
    assert link_to().facts(PEOPLE, HostFacts("B")) == replace(HOST, name="source")


def test_a_definition_travels_only_where_the_source_lacks_it(link_to):
    link = link_to()
    link.facts(PEOPLE, HOST)
    assert link.traffic()[0] == 2
    link.facts(PEOPLE, HOST)
    assert link.traffic()[0] == 3


def test_it_refuses_a_dataset_that_is_not_open_to_the_peer(link_to):
    link = link_to(policy=Policy(frozenset({Right.READ}), places=("ASTDB",)))
    rows = Dataset("rows", "Rows", tables=(TableSet("asterisk", "users", ("extension",)),))
    with pytest.raises(PeerRefused, match="not open"):
        link.facts(rows, HOST)


def test_it_refuses_a_peer_that_may_not_read(link_to):
    with pytest.raises(PeerRefused, match="read"):
        link_to(policy=Policy(frozenset({Right.WRITE}))).facts(PEOPLE, HOST)


def test_a_source_that_says_the_impossible_is_named(link_to):
    with pytest.raises(PeerLied, match="source"):
        link_to(replace(HOST, clock=1e300)).facts(PEOPLE, HOST)


def test_it_refuses_another_question_on_this_path(link_to):
    exchange = link_to()._exchange
    with pytest.raises(PeerRefused, match="AskFacts"):
        exchange.one("/v1/facts", Ping())
    with pytest.raises(PeerRefused, match="digest"):
        exchange.one("/v1/facts", AskFacts(b"\0" * 32, pack(PEOPLE), b"", ()))


class TestTogetherWithThePull:
    @pytest.fixture
    def link(self, link_to):
        link = link_to()
        self.known = link.pull(DATASET, None).inventory
        link.facts(PEOPLE, HOST)
        self.before = link.traffic()[0]
        return link

    def requests(self, link):
        return link.traffic()[0] - self.before

    def test_one_request_is_enough(self, link):
        link.expect(DATASET, self.known)
        assert link.facts(PEOPLE, HOST) == replace(HOST, name="source")
        assert link.pull(DATASET, self.known).same
        assert self.requests(link) == 1

    def test_another_dataset_than_the_expected_one_is_asked_for(self, link):
        link.expect(DATASET, self.known)
        link.facts(PEOPLE, HOST)
        other = replace(DATASET, title="Other")
        assert link.pull(other, self.known).inventory.root == self.known.root
        assert self.requests(link) == 3

    def test_facts_that_are_asked_for_once_more_lose_nothing(self, link):
        link.expect(DATASET, self.known)
        link.facts(PEOPLE, HOST)
        link.facts(PEOPLE, HOST, (("asterisk", "users", "name"),))
        assert link.pull(DATASET, self.known).same
        assert self.requests(link) == 2

    def test_a_source_that_does_not_know_what_is_meant_is_asked_one_by_one(self, link_to):
        link = link_to()
        link.expect(DATASET, EMPTY)
        assert link.facts(PEOPLE, HOST) == replace(HOST, name="source")
        assert link.pull(DATASET, EMPTY).same
        assert link.traffic()[0] == 5
