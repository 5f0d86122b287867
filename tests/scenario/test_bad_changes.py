"""When a change is bad, B returns by itself to where it was and says why."""

import errno
import os
import shutil

import pytest

from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.model.sentence import as_text
from tests.fakes.disk import BreakingDisk
from tests.fakes.link import DirectLink
from tests.fakes.pbx import HEALTHY, FakePbx, down
from tests.scenario.world import World, fingerprint, write

FATAL = Finding(Level.FATAL, "endpoints", "300 were there, 0 are left")
DIALPLAN = "[default]\nexten => 1,1,Answer()\n"


class ForgetfulPbx(FakePbx):
    """A PBX that stops to answer once it was told to reload; `returns` heals it."""

    returns: bool = False

    def reload(self, reloads):
        done = super().reload(reloads)
        self.hangs = not self.returns
        self.returns = True
        return done


def with_pbx(world: World, pbx: FakePbx) -> World:
    return World(world.root, world.disk, pbx, clock=world.clock)


@pytest.fixture
def changed(world):
    """A pair in step, and then a change on A."""
    write(world.a / "etc/extensions.conf", DIALPLAN)
    write(world.a / "etc/gone.conf", "[gone]\n")
    world.sync()
    write(world.a / "etc/extensions.conf", DIALPLAN + "; bad\n")
    (world.a / "etc/gone.conf").unlink()
    write(world.a / "etc/new/file.conf", "[new]\n")
    return world


def test_an_unhealthy_pbx_takes_the_change_back_with_the_reason(changed):
    before = fingerprint(changed.b)
    world = with_pbx(changed, FakePbx(finds=((FATAL,), ())))
    run = world.sync()
    assert (run.state, run.error) == (State.ROLLED_BACK, "unhealthy")
    assert "300 were there, 0 are left" in as_text(run.sentence)
    assert fingerprint(world.b) == before
    assert world.pbx.calls.count("reload") == 2
    assert world.sync().state is State.COMMITTED
    world.close()


def test_a_reload_that_is_refused_takes_the_change_back(changed):
    before = fingerprint(changed.b)
    world = with_pbx(changed, FakePbx(refuses=frozenset(changed.pbx.reloaded)))
    run = world.sync()
    assert (run.state, run.error) == (State.ROLLED_BACK, "reload-failed")
    assert fingerprint(world.b) == before
    assert "Asterisk must be restarted" in as_text(run.sentence)
    world.close()


def test_an_asterisk_that_says_success_to_everything_is_not_believed(changed):
    before = fingerprint(changed.b)
    world = with_pbx(changed, FakePbx(says_yes=True))
    assert world.sync().state is State.ROLLED_BACK
    assert fingerprint(world.b) == before
    world.close()


def test_an_asterisk_that_hangs_after_the_reload_takes_the_change_back(changed):
    before = fingerprint(changed.b)
    world = with_pbx(changed, ForgetfulPbx())
    run = world.sync()
    assert (run.state, run.error) == (State.ROLLED_BACK, "unhealthy")
    assert fingerprint(world.b) == before
    world.close()


def test_an_asterisk_that_is_silent_from_the_start_is_not_touched(changed):
    before = fingerprint(changed.b)
    world = with_pbx(changed, FakePbx(hangs=True))
    run = world.sync()
    assert (run.state, run.error) == (State.FAILED, "asterisk-silent")
    assert fingerprint(world.b) == before
    world.close()


def test_while_asterisk_is_down_files_are_applied_and_that_is_said(changed):
    world = with_pbx(changed, down())
    run = world.sync()
    assert run.state is State.COMMITTED
    assert world.pbx.reloaded == []
    assert (world.b / "etc/new/file.conf").exists()
    assert any("down" in one.sentence for one in world.store.runs.result(run.id).findings)
    world.close()


def test_an_asterisk_that_dies_of_the_change_takes_it_back(changed):
    before = fingerprint(changed.b)
    world = with_pbx(changed, FakePbx(state=HEALTHY, finds=((Finding(Level.FATAL, "AMI", "it is down now"),), ())))
    assert world.sync().state is State.ROLLED_BACK
    assert fingerprint(world.b) == before
    world.close()


def test_what_the_static_check_finds_is_never_applied(changed):
    before, acts = fingerprint(changed.b), changed.disk.count
    world = with_pbx(changed, FakePbx(bad_files=(Finding(Level.FATAL, "extensions.conf:3", "[ is never closed"),)))
    run = world.sync()
    assert (run.state, run.error) == (State.FAILED, "static-check")
    assert "extensions.conf:3" in as_text(run.sentence)
    assert fingerprint(world.b) == before
    assert set(world.disk.labels[acts:]) == {"store"}
    world.close()


def test_a_warning_does_not_stop_a_run(changed):
    world = with_pbx(changed, FakePbx(bad_files=(Finding(Level.WARNING, "x", "odd"),)))
    run = world.sync()
    assert run.state is State.COMMITTED
    assert [one.sentence for one in world.store.runs.result(run.id).findings] == ["odd"]
    world.close()


@pytest.mark.parametrize("link", [{"break_after": 0}, {"break_after": 1}])
def test_a_link_that_breaks_changes_nothing(changed, link):
    before = fingerprint(changed.b)
    changed.link = DirectLink(changed.source, **link)
    run = changed.sync()
    assert (run.state, run.error) == (State.FAILED, "host-unreachable")
    assert fingerprint(changed.b) == before
    changed.link = None
    assert changed.sync().state is State.COMMITTED


def test_a_source_that_lies_about_a_content_changes_nothing(changed):
    before = fingerprint(changed.b)
    changed.link = DirectLink(changed.source, lies=frozenset({b"ASTETCDIR/new/file.conf"}))
    run = changed.sync()
    assert (run.state, run.error) == (State.FAILED, "peer-lied")
    assert fingerprint(changed.b) == before


class OneFault(BreakingDisk):
    """A disk on which one act fails."""

    def __init__(self, fails_at: int, number: int) -> None:
        super().__init__()
        self._fails_at = fails_at
        self._number = number

    def effect(self, label, act):
        if self.count + 1 == self._fails_at:
            self.labels.append(label)
            raise OSError(self._number, os.strerror(self._number), label)
        return super().effect(label, act)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_at_any_act_leaves_the_host_old_or_new(changed, number, tmp_path_factory):
    old = fingerprint(changed.b)
    changed.close()
    cases = tmp_path_factory.mktemp("cases")
    acts = 0
    for at in range(1, 400, 3):
        shutil.copytree(changed.root, cases / f"{at}", symlinks=True)
        world = World(cases / f"{at}", OneFault(at, number))
        run = world.sync()
        after, unfinished, acts = fingerprint(world.b), world.store.runs.unfinished(), world.disk.count
        world.close()
        assert unfinished == ()
        assert (after != old) == (run.state is State.COMMITTED), (at, run.sentence)
        if at > acts:
            break
    assert at > acts
