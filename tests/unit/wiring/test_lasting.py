"""From task to task a worker keeps what may live on, and nothing of it where what it stands on has changed."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.host import Host, Peer, PeerState, Policy
from pbxsync_worker.core.settings import load
from pbxsync_worker.core.store import open_store
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.peer.connection import Address
from pbxsync_worker.peer.identity import own_identity
from pbxsync_worker.wiring.lasting import Lasting
from tests.fakes.clock import HandClock
from tests.unit.core.values import A, B, catalogue


@pytest.fixture
def settings(tmp_path):
    home = tmp_path / "home"
    (home / "keys").mkdir(parents=True)
    made = load({"PBXSYNC_HOME": str(home)})
    own_identity(made.keys, Disk())
    open_store(made.store, HandClock()).database.close()
    return [replace(made, freepbx_conf=tmp_path / "freepbx.conf")]


@pytest.fixture
def lasting(settings):
    kept = Lasting(lambda: settings[0])
    yield kept
    kept.fresh().store.database.close()


def test_the_next_task_gets_what_may_live_on_and_the_rest_anew(lasting):
    first = lasting.fresh()
    kept, anew = (first.store, first.contents, first.identity), (first.rows, first.host)
    second = lasting.fresh()
    assert second is not first
    assert (second.store, second.contents, second.identity) == kept
    assert second.rows is not anew[0]
    assert second.host is not anew[1]


def test_other_settings_are_another_installation(lasting, settings):
    first = lasting.fresh()
    contents = first.contents
    settings[0] = replace(settings[0], keep_states=3)
    second = lasting.fresh()
    assert second.settings.keep_states == 3
    assert second.contents is not contents


@pytest.mark.parametrize("name", ["freepbx.conf", "home/keys/host.key"])
def test_a_file_below_that_changed_is_another_installation(lasting, tmp_path, name):
    lasting.fresh()
    path = tmp_path / name
    contents = lasting.fresh().contents
    path.write_text("something")
    assert lasting.fresh().contents is not contents


def test_another_store_in_its_place_is_opened(lasting, settings):
    first = lasting.fresh()
    first.store.hosts.peers()
    first.store.database.close()
    home = settings[0].home
    (home / "store.sqlite").rename(home / "old.sqlite")
    open_store(settings[0].store, HandClock()).database.close()
    second = lasting.fresh()
    assert second.store is not first.store
    assert second.store.hosts.peers() == ()


def test_a_host_that_is_not_paired_is_not_wanted(lasting):
    here = lasting.fresh()
    assert not lasting.wants(Address("west", "west:1", "a" * 64, here.identity))


def test_hosts_of_its_jobs_that_are_away_cost_a_worker_nothing(lasting, settings):
    here = lasting.fresh()
    here.store.hosts.set_me(Host(A, "me", ""))
    here.store.hosts.save(Peer(Host(B, "b", "127.0.0.1:1"), b"", PeerState.PAIRED, Policy()))
    document = document_of(catalogue())
    here.store.catalogues.save(Signed(document, A, b""))
    lasting.warm()
    assert lasting.wants(here.way_to(here.store.hosts.by_id(B)))


def test_settings_that_cannot_be_read_do_not_end_the_keeper_of_lines():
    def broken():
        raise Invalid(what="Settings", problems="on purpose")

    Lasting(broken).warm()
