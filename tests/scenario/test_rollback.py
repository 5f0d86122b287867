"""Back to any kept state, by an ordinary run whose source is B's own past."""

import pytest

from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.run import State
from tests.fakes.pbx import FakePbx
from tests.scenario.world import World, fingerprint, write


@pytest.fixture
def history(world):
    """Three committed runs; returns (world, [(run, tree before, tree after)])."""
    told = []
    for number in range(3):
        write(world.a / "etc/extensions.conf", f"[default]\nexten => {number},1,Answer()\n" * (number + 1))
        write(world.a / f"etc/added{number}.conf", f"[{number}]\n")
        if number:
            (world.a / f"etc/added{number - 1}.conf").unlink()
        before = fingerprint(world.b)
        run = world.sync()
        assert run.state is State.COMMITTED
        told.append((run, before, fingerprint(world.b)))
    return world, told


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("side", ["before", "after"])
def test_every_kept_state_can_be_returned_to(history, number, side):
    world, told = history
    run, before, after = told[number]
    ended = world.rollback(run, side)
    assert ended.state is (State.UNCHANGED if (number, side) == (2, "after") else State.COMMITTED)
    assert fingerprint(world.b) == (before if side == "before" else after)


def test_a_return_can_be_returned_from(history):
    world, told = history
    back = world.rollback(told[0][0], "after")
    assert world.rollback(back, "before").state is State.COMMITTED
    assert fingerprint(world.b) == told[2][2]


def test_a_return_reloads_and_proves_health_like_any_run(history):
    world, told = history
    reloads = len(world.pbx.reloaded)
    world.rollback(told[0][0], "after")
    assert len(world.pbx.reloaded) > reloads
    assert world.pbx.calls[-1] == "verify"


def test_a_return_that_is_unhealthy_is_undone_too(history):
    world, told = history
    bad = FakePbx(finds=((Finding(Level.FATAL, "x", "dead"),), ()))
    other = World(world.root, world.disk, bad, clock=world.clock)
    assert other.rollback(told[0][0], "after").state is State.ROLLED_BACK
    assert fingerprint(other.b) == told[2][2]
    other.close()


def test_after_a_return_the_next_sync_brings_the_newest_state_again(history):
    world, told = history
    world.rollback(told[0][0], "after")
    assert world.sync().state is State.COMMITTED
    assert fingerprint(world.b) == told[2][2]
    assert world.sync().state is State.UNCHANGED


def test_what_people_made_meanwhile_stays(history):
    world, told = history
    write(world.b / "etc/own.conf", "[own]\n")
    write(world.b / "etc/added2.conf", "[edited]\n")
    run = world.rollback(told[0][0], "after")
    assert run.state is State.COMMITTED
    assert (world.b / "etc/own.conf").read_text() == "[own]\n"
    assert (world.b / "etc/added2.conf").read_text() == "[edited]\n"
    assert {one.name for one in world.store.runs.plan(run.id).plan.kept} >= {b"ASTETCDIR/added2.conf"}


def test_only_the_newest_states_are_kept_and_the_rest_is_forgotten_with_its_contents(history):
    world, told = history
    for number in range(5):
        write(world.a / "etc/extensions.conf", f"[late]\nexten => {number},1,Answer()\n")
        assert world.sync().state is State.COMMITTED
    assert len({one.run for one in world.store.inventories.kept()}) == 4
    with pytest.raises(NotFound):
        world.rollback(told[0][0], "after")
    held = [path.read_bytes() for path in (world.root / "b-home/contents").rglob("*") if path.is_file()]
    assert not [content for content in held if b"exten => 1," in content and b"late" not in content]


def test_a_state_whose_content_was_lost_is_refused_and_nothing_changes(history):
    world, told = history
    for path in (world.root / "b-home/contents").rglob("*"):
        if path.is_file():
            path.unlink()
    run = world.rollback(told[0][0], "after")
    assert (run.state, run.error) == (State.FAILED, "content-gone")
    assert fingerprint(world.b) == told[2][2]


def test_a_state_whose_content_was_damaged_is_refused_and_nothing_changes(history):
    world, told = history
    for path in (world.root / "b-home/contents").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-1] + b"#")
    run = world.rollback(told[0][0], "after")
    assert run.state is State.FAILED
    assert fingerprint(world.b) == told[2][2]
