"""What B cannot do is refused before anything is written."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.locks import held
from pbxsync_worker.core.model.errors import Fenced
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.ports import Pulled
from pbxsync_worker.core.model.run import State
from pbxsync_worker.jobs import execute_on
from tests.fakes.link import DirectLink
from tests.scenario.world import fingerprint, write


class ChangedLink(DirectLink):
    """A link whose source says something else of every item."""

    def saying(self, **values):
        self.values = values
        return self

    def pull(self, dataset, known):
        pulled = super().pull(dataset, None)
        items = [replace(item, **self.values) for item in pulled.inventory.items.values() if item.size]
        return Pulled(Inventory.of([*pulled.inventory.items.values(), *items]), same=False)


@pytest.fixture
def waiting(world):
    """A pair with a change on its way."""
    write(world.a / "spool/voicemail/default/100/unavail.wav", b"\x00\x01" * 99)
    return world


def test_without_space_nothing_is_written(waiting):
    before, acts = fingerprint(waiting.b), waiting.disk.count
    waiting.link = ChangedLink(waiting.source).saying(size=2**60)
    run = waiting.sync()
    assert (run.state, run.error) == (State.FAILED, "no-space")
    assert fingerprint(waiting.b) == before
    assert "create" not in waiting.disk.labels[acts:]


@pytest.mark.parametrize(
    "values",
    [
        {"name": b"ASTSPOOLDIR/../etc/passwd"},
        {"name": b"/etc/passwd"},
        {"name": b"ASTSPOOLDIR/voicemail//x"},
        {"name": b"ASTSPOOLDIR/voicemail/\x00"},
        {"name": b"NOWHERE/x"},
        {"size": -1},
        {"content": b"short"},
    ],
)
def test_an_item_that_no_honest_host_sends_changes_nothing(waiting, values):
    before = fingerprint(waiting.b)
    waiting.link = ChangedLink(waiting.source).saying(**values)
    run = waiting.sync()
    assert run.state is State.FAILED
    assert run.error in {"peer-lied", "not-allowed", "bug"}
    assert fingerprint(waiting.b) == before


@pytest.mark.parametrize("name", [b"ASTETCDIR/manager.conf", b"ASTETCDIR/keys/x", b"ASTDATADIR/x", b"ASTETCDIR/x.bak"])
def test_an_item_that_has_no_place_here_is_left_out_and_told(waiting, name):
    before = fingerprint(waiting.b / "etc", waiting.b / "data")
    waiting.link = ChangedLink(waiting.source).saying(name=name)
    run = waiting.sync()
    assert run.state is State.COMMITTED
    assert fingerprint(waiting.b / "etc", waiting.b / "data") == before
    assert name in {one.name for one in waiting.store.runs.plan(run.id).plan.kept}


def test_a_symbolic_link_on_the_way_is_never_followed(waiting):
    outside = waiting.root / "outside"
    outside.mkdir()
    (waiting.b / "spool" / "voicemail").symlink_to(outside)
    waiting.sync()
    assert list(outside.iterdir()) == []


def test_while_another_process_holds_the_host_a_run_waits(waiting):
    run = waiting.request()
    with held(waiting.root / "b-home" / "run" / "host.lock") as mine:
        assert mine
        assert execute_on(waiting.here, run.id) is None
    assert waiting.store.runs.get(run.id).state is State.REQUESTED
    assert waiting.execute(run).state is State.COMMITTED


def test_executing_a_run_twice_is_executing_it_once(waiting):
    run = waiting.sync()
    acts = waiting.disk.count
    assert waiting.execute(run) == run
    assert waiting.disk.count == acts


class Replacing(DirectLink):
    """A link during whose fetch a newer worker takes the host."""

    def taking(self, store):
        self.store = store
        return self

    def fetch(self, wanted):
        self.store.runs.take(self.store.runs.find(limit=1)[0].id)
        yield from super().fetch(wanted)


def test_a_worker_whose_host_was_taken_stops_before_its_next_move(waiting):
    before = fingerprint(waiting.b)
    waiting.link = Replacing(waiting.source).taking(waiting.store)
    with pytest.raises(Fenced):
        waiting.sync()
    waiting.link = None
    assert waiting.store.runs.find(limit=1)[0].state is not State.COMMITTED
    assert {name: one for name, one in fingerprint(waiting.b).items() if b".pbxsync".hex() not in name} == before
    assert waiting.sync().state is State.COMMITTED
    assert not list(waiting.b.rglob(".pbxsync*"))
