"""What a recovery makes of a run, by the moment at which it was cut off: the table of docs/crash-safety.md."""

import shutil

import pytest

from pbxsync_worker.core.model.errors import Bug
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.sync.recover import recover
from tests.fakes.disk import BreakingDisk, Cut, PowerCut
from tests.fakes.pbx import FakePbx
from tests.scenario.world import World, fingerprint, write


@pytest.fixture
def cut_off(world):
    """Return a way to cut the run of one changed file at an act, and what B was before it."""
    write(world.a / "etc/extensions.conf", "[default]\n")
    assert world.sync().state is State.COMMITTED
    write(world.a / "etc/extensions.conf", "[default]\nexten => 1,1,Answer()\n")
    before = fingerprint(world.b)

    def cut_at(label: str, cut: Cut, pbx: FakePbx | None = None) -> World:
        at = acts_of(world).index(label) + 1
        broken = World(world.root, BreakingDisk(at, cut), clock=world.clock)
        with pytest.raises(PowerCut):
            broken.sync()
        broken.close()
        return World(world.root, pbx=pbx or FakePbx(), clock=world.clock)

    return cut_at, before


def acts_of(world: World) -> list[str]:
    """Return the acts of the waiting run, played on a copy."""
    copy = world.root.with_name(world.root.name + "-copy")
    shutil.copytree(world.root, copy, symlinks=True)
    played = World(copy)
    played.sync()
    played.close()
    shutil.rmtree(copy)
    return played.disk.labels


@pytest.mark.parametrize(
    ("label", "cut", "state", "whole"),
    [
        ("create", Cut.BEFORE, State.FAILED, "old"),
        ("write", Cut.HALF, State.FAILED, "old"),
        ("replace", Cut.BEFORE, State.ROLLED_BACK, "old"),
        ("replace", Cut.AFTER, State.ROLLED_BACK, "old"),
        ("exchange", Cut.BEFORE, State.ROLLED_BACK, "old"),
        ("exchange", Cut.AFTER, State.ROLLED_BACK, "old"),
        ("reload", Cut.BEFORE, State.ROLLED_BACK, "old"),
        ("reload", Cut.AFTER, State.ROLLED_BACK, "old"),
        ("append", Cut.BEFORE, State.ROLLED_BACK, "old"),
        ("append", Cut.HALF, State.ROLLED_BACK, "old"),
        ("append", Cut.AFTER, State.COMMITTED, "new"),
    ],
)
def test_the_commit_record_decides(cut_off, label, cut, state, whole):
    cut_at, before = cut_off
    world = cut_at(label, cut)
    (run,) = world.here.recover()
    assert run.state is state
    assert (fingerprint(world.b) == before) == (whole == "old")
    assert (run.error == "interrupted") == (state is not State.COMMITTED)
    world.close()


def test_after_an_undo_asterisk_is_given_its_files_back(cut_off):
    cut_at, _ = cut_off
    world = cut_at("reload", Cut.AFTER)
    world.here.recover()
    assert world.pbx.calls == ["reload"]
    world.close()


def test_nothing_is_reloaded_where_nothing_was_live(cut_off):
    cut_at, _ = cut_off
    world = cut_at("create", Cut.BEFORE)
    world.here.recover()
    assert world.pbx.calls == []
    world.close()


def test_an_asterisk_that_hangs_does_not_stop_a_recovery(cut_off):
    cut_at, before = cut_off
    world = cut_at("reload", Cut.AFTER, FakePbx(hangs=True))
    (run,) = world.here.recover()
    assert run.state is State.ROLLED_BACK
    assert "Asterisk must be restarted" in as_text(run.sentence)
    assert fingerprint(world.b) == before
    world.close()


def test_a_recovery_says_what_broke_the_run_off(cut_off):
    cut_at, _ = cut_off
    world = cut_at("exchange", Cut.AFTER)
    (run,) = world.here.recover(Bug(reason="ValueError: oh"))
    assert run.error == "bug"
    assert "ValueError: oh" in as_text(run.sentence)
    world.close()


def test_recovering_again_finds_nothing_to_do(cut_off):
    cut_at, _ = cut_off
    world = cut_at("exchange", Cut.AFTER)
    world.here.recover()
    acts = world.disk.count
    assert world.here.recover() == ()
    assert world.disk.count == acts
    world.close()


def test_what_people_changed_between_the_cut_and_the_recovery_stays(cut_off):
    cut_at, _ = cut_off
    world = cut_at("reload", Cut.AFTER)
    write(world.b / "etc/extensions.conf", "[saved by ana]\n")
    (run,) = world.here.recover()
    assert run.state is State.ROLLED_BACK
    assert "ASTETCDIR/extensions.conf" in as_text(run.sentence)
    assert (world.b / "etc/extensions.conf").read_text() == "[saved by ana]\n"
    world.close()


def test_a_run_that_only_waits_is_left_to_the_sweeper(world):
    run = world.request()
    assert world.here.recover() == ()
    assert world.store.runs.get(run.id).state is State.REQUESTED


def test_there_is_nothing_to_recover_on_a_new_host(world):
    assert recover(world.here.host, []) == ()
