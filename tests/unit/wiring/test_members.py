"""Catalogues reach the members that were away when they were changed."""

from contextlib import contextmanager

import pytest

from pbxsync_worker.core.model.errors import HostUnreachable
from pbxsync_worker.core.model.host import Catalogue, GroupKind, Host
from pbxsync_worker.core.model.report import LineState
from pbxsync_worker.core.model.wish import Promote, SaveCatalogue
from pbxsync_worker.wiring.grant import grant
from pbxsync_worker.wiring.members import AT_ONCE, EVERY, Members
from tests.fakes.clock import HandClock
from tests.unit.core.values import B


class Taking:
    """Hosts that take catalogues, or are away."""

    def __init__(self) -> None:
        self.away = True
        self.taken: list[object] = []

    @contextmanager
    def control(self, peer):
        if self.away:
            raise HostUnreachable(host=peer.host.name, reason="away")
        self._name = peer.host.name
        yield self

    def give_catalogue(self, signed) -> None:
        self.taken.append((self._name, signed.catalogue.version))


@pytest.fixture
def others(here):
    """One other host that is in reach by the store and refuses to be called."""
    taking = Taking()
    here.control, here.clock = taking.control, HandClock()
    here.knows(B)
    return taking


def save(here, *others: Host) -> Catalogue:
    me = here.store.hosts.me()
    made = Catalogue("office", "Office", GroupKind.FARM, me.id, 1, (me, *others))
    grant(here, SaveCatalogue(made), "ann")
    for host in others:
        here.store.lines.save(host.id, LineState("reachable"))
    return made


def test_a_member_gets_it_as_soon_as_it_is_in_reach_and_only_once(here, others):
    save(here, here.knows(B))
    others.away, members = False, Members(here)
    members.step()
    members.step()
    assert others.taken == [("host-b", 1)]


def test_one_that_does_not_take_it_is_asked_again_after_a_while_only(here, others):
    save(here, here.knows(B))
    members = Members(here)
    members.step()
    others.away = False
    members.step()
    assert others.taken == []
    here.clock.move(60)
    members.step()
    assert others.taken == [("host-b", 1)]


def test_one_that_is_out_of_reach_is_not_called(here, others):
    save(here, here.knows(B))
    here.store.lines.save(B, LineState("unreachable"))
    others.away = False
    Members(here).step()
    assert others.taken == []


def test_the_host_that_handed_over_tells_it_as_well(here, others):
    save(here, here.knows(B))
    grant(here, Promote("office", B, 1), "ann")
    others.away = False
    Members(here).step()
    assert others.taken == [("host-b", here.store.catalogues.current("office").version)]


def test_many_members_are_told_some_at_a_time(here, others):
    hosts = [here.knows(f"{number:064x}") for number in range(AT_ONCE + 1)]
    save(here, *hosts)
    others.away, members = False, Members(here)
    members.step()
    assert (len(others.taken), EVERY > 0) == (AT_ONCE, True)
