"""What people do on B is shown, never silently lost, and an undo never overwrites it."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.host import Policy, Right
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.model.sentence import as_text
from tests.fakes.disk import BreakingDisk, Cut, PowerCut
from tests.fakes.link import DirectLink
from tests.fakes.pbx import FakePbx
from tests.scenario.world import POLICY, World, fingerprint, write

FATAL = Finding(Level.FATAL, "endpoints", "none are left")


@pytest.fixture
def pair(world):
    """A pair in step."""
    for number in range(10):
        write(world.a / f"etc/file{number}.conf", f"[{number}]\n")
    assert world.sync().state is State.COMMITTED
    return world


class MeddlingPbx(FakePbx):
    """A PBX beside which somebody edits files while it reloads."""

    def meddle(self, *edits):
        self.edits = edits
        return self

    def reload(self, reloads):
        for edit in self.edits:
            edit()
        self.edits = ()
        return super().reload(reloads)


class MeddlingLink(DirectLink):
    """A link during whose fetch somebody edits files on the target."""

    def meddle(self, edit):
        self.edit = edit
        return self

    def fetch(self, wanted):
        self.edit()
        yield from super().fetch(wanted)


def test_a_local_edit_is_shown_in_the_plan_and_overwritten_by_the_primary(pair):
    write(pair.b / "etc/file1.conf", "[edited here]\n")
    run = pair.sync()
    (change,) = pair.store.runs.plan(run.id).plan.changes
    assert (change.name, change.local_edit) == (b"ASTETCDIR/file1.conf", True)
    assert (run.state, (pair.b / "etc/file1.conf").read_text()) == (State.COMMITTED, "[1]\n")


def test_what_was_overwritten_can_be_had_back(pair):
    write(pair.b / "etc/file1.conf", "[edited here]\n")
    run = pair.sync()
    assert pair.rollback(run, "before").state is State.COMMITTED
    assert (pair.b / "etc/file1.conf").read_text() == "[edited here]\n"


def test_an_item_that_only_this_host_has_stays(pair):
    write(pair.b / "etc/own.conf", "[own]\n")
    write(pair.a / "etc/new.conf", "[new]\n")
    pair.sync()
    assert (pair.b / "etc/own.conf").read_text() == "[own]\n"


def test_a_folder_with_something_of_this_hosts_own_stays_and_that_is_said(pair):
    write(pair.b / "etc/thing/own.conf", "[own]\n")
    write(pair.a / "etc/thing", "a file there")
    run = pair.sync()
    assert run.state is State.UNCHANGED
    assert "ASTETCDIR/thing, which stays as it is here: holds something that stays" in as_text(run.sentence)
    assert (pair.b / "etc/thing/own.conf").read_text() == "[own]\n"


def test_a_deleted_item_comes_back_from_the_primary_and_says_that_it_was_deleted_here(pair):
    (pair.b / "etc/file1.conf").unlink()
    run = pair.sync()
    (change,) = pair.store.runs.plan(run.id).plan.changes
    assert (change.before, change.local_edit) == (None, True)
    assert (pair.b / "etc/file1.conf").read_text() == "[1]\n"


def test_a_change_between_the_apply_and_its_undo_is_kept_and_reported(pair):
    for number in (1, 2):
        write(pair.a / f"etc/file{number}.conf", "[bad]\n")
    pbx = MeddlingPbx(finds=((FATAL,), ())).meddle(lambda: write(pair.b / "etc/file1.conf", "[saved by ana]\n"))
    world = World(pair.root, pair.disk, pbx, clock=pair.clock)
    run = world.sync()
    assert run.state is State.ROLLED_BACK
    assert "kept what was changed since: ASTETCDIR/file1.conf" in as_text(run.sentence)
    assert (pair.b / "etc/file1.conf").read_text() == "[saved by ana]\n"
    assert (pair.b / "etc/file2.conf").read_text() == "[2]\n"
    world.close()


def test_an_original_under_a_kept_change_is_not_lost_either(pair):
    write(pair.a / "etc/file1.conf", "[bad]\n")
    pbx = MeddlingPbx(finds=((FATAL,), ())).meddle(lambda: write(pair.b / "etc/file1.conf", "[saved by ana]\n"))
    world = World(pair.root, pair.disk, pbx, clock=pair.clock)
    world.sync()
    folders = (world.root / "b-home/kept", world.root / "b-home/contents")
    held = [path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert any(b"[1]\n" in data for data in held)
    world.close()


def test_a_file_that_was_put_into_a_new_folder_survives_its_undo(pair):
    write(pair.a / "etc/new/file.conf", "[bad]\n")
    pbx = MeddlingPbx(finds=((FATAL,), ())).meddle(lambda: write(pair.b / "etc/new/mine.conf", "[mine]\n"))
    world = World(pair.root, pair.disk, pbx, clock=pair.clock)
    run = world.sync()
    assert run.state is State.ROLLED_BACK
    assert (pair.b / "etc/new/mine.conf").read_text() == "[mine]\n"
    assert not (pair.b / "etc/new/file.conf").exists()
    assert "ASTETCDIR/new" in as_text(run.sentence)
    world.close()


@pytest.mark.parametrize("edit", ["write", "unlink", "folder"])
def test_a_target_that_changed_after_the_plan_stops_the_run_and_loses_nothing(pair, edit):
    write(pair.a / "etc/file1.conf", "[new]\n")
    write(pair.a / "etc/file2.conf", "[new]\n")
    path = pair.b / "etc/file2.conf"

    def meddle() -> None:
        path.unlink()
        if edit == "write":
            write(path, "[saved by ana]\n")
        if edit == "folder":
            write(path / "inside", "[saved by ana]\n")

    pair.link = MeddlingLink(pair.source).meddle(meddle)
    run = pair.sync()
    assert (run.state, run.error) == (State.ROLLED_BACK, "target-changed")
    assert (pair.b / "etc/file1.conf").read_text() == "[1]\n"
    assert path.exists() == (edit != "unlink")
    found = path / "inside" if edit == "folder" else path
    assert edit == "unlink" or found.read_text() == "[saved by ana]\n"


def test_a_new_item_never_replaces_what_somebody_made_meanwhile(pair):
    write(pair.a / "etc/new.conf", "[new]\n")
    pair.link = MeddlingLink(pair.source).meddle(lambda: write(pair.b / "etc/new.conf", "[saved by ana]\n"))
    assert pair.sync().error == "target-changed"
    assert (pair.b / "etc/new.conf").read_text() == "[saved by ana]\n"


def test_an_emptied_source_is_held_until_that_plan_is_approved(pair):
    for path in (pair.a / "etc").iterdir():
        path.unlink()
    before = fingerprint(pair.b)
    held = pair.sync()
    assert (held.state, held.error) == (State.HELD, "brake")
    assert fingerprint(pair.b) == before
    digest = pair.store.runs.plan(held.id).digest
    assert pair.sync(approved=True, expect_plan=digest).state is State.COMMITTED
    assert list((pair.b / "etc").iterdir()) == []


def test_too_many_deletes_are_held(pair):
    for number in range(7):
        (pair.a / f"etc/file{number}.conf").unlink()
    held = pair.sync()
    assert held.state is State.HELD
    assert "7 of 10 items would be removed" in as_text(held.sentence)


def test_an_approval_is_for_that_plan_only(pair):
    for number in range(7):
        (pair.a / f"etc/file{number}.conf").unlink()
    digest = pair.store.runs.plan(pair.sync().id).digest
    (pair.a / "etc/file7.conf").unlink()
    run = pair.sync(approved=True, expect_plan=digest)
    assert (run.state, run.error) == (State.FAILED, "plan-differs")


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (replace(POLICY, rights=frozenset({Right.READ})), "may not write to this host"),
        (replace(POLICY, places=("ASTETCDIR", "ASTDB")), "ASTSPOOLDIR"),
        (replace(POLICY, reloads=("res_pjsip",)), "may not cause a reload"),
        (Policy(), "may not write"),
    ],
)
def test_what_the_local_policy_does_not_allow_is_refused(pair, policy, said):
    pair.set_policy(policy)
    write(pair.a / "etc/extensions.conf", "[new]\n")
    before = fingerprint(pair.b)
    run = pair.sync()
    assert (run.state, run.error) == (State.FAILED, "not-allowed")
    assert said in as_text(run.sentence)
    assert fingerprint(pair.b) == before


def test_a_run_that_was_cancelled_before_it_started_never_starts(pair):
    write(pair.a / "etc/file1.conf", "[new]\n")
    run = pair.request()
    pair.store.runs.cancel(run.id, "ana")
    ended = pair.execute(run)
    assert (ended.state, as_text(ended.sentence)) == (State.CANCELLED, "Cancelled by ana")


class Cancelling(BreakingDisk):
    """A disk that lets somebody cancel the run right before one act."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self._cancel_at = at
        self.world: World | None = None

    def effect(self, label, act):
        if self.count + 1 == self._cancel_at and self.world is not None:
            run = self.world.store.runs.find(limit=1)[0]
            self.world.store.runs.cancel(run.id, "ana")
        return super().effect(label, act)


def test_a_run_that_is_cancelled_at_any_act_ends_wholly_old_or_wholly_new(pair):
    ends = set()
    for at in range(1, 75, 2):
        write(pair.a / "etc/file1.conf", f"[new {at}]\n" * at)
        before = fingerprint(pair.b)
        disk = Cancelling(at)
        disk.world = world = World(pair.root, disk, clock=pair.clock)
        run = world.sync()
        world.close()
        assert (fingerprint(pair.b) == before) == (run.state in {State.CANCELLED, State.ROLLED_BACK})
        ends.add((run.state, run.error))
    assert ends == {(State.CANCELLED, "cancelled"), (State.ROLLED_BACK, "cancelled"), (State.COMMITTED, "")}


def test_a_worker_that_was_replaced_can_do_no_more(pair):
    write(pair.a / "etc/file1.conf", "[new]\n")
    disk = BreakingDisk(12, Cut.BEFORE)
    world = World(pair.root, disk, clock=pair.clock)
    with pytest.raises(PowerCut):
        world.sync()
    world.close()
    later = World(pair.root, clock=pair.clock)
    assert later.sync().state is State.COMMITTED
    assert later.store.runs.unfinished() == ()
    later.close()
