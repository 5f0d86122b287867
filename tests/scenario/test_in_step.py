"""A good run makes B as A is; a second one does nothing at all."""

import os

import pytest

from pbxsync_worker.core.model.dataset import Dataset, FileSet, Place
from pbxsync_worker.core.model.run import Mode, State
from tests.scenario.world import World, fingerprint, write

DIALPLAN = "[default]\nexten => 1,1,Answer()\n"


def test_a_sync_makes_both_hosts_equal_and_says_what_was_reloaded(world):
    write(world.a / "etc/extensions.conf", DIALPLAN)
    write(world.a / "spool/voicemail/default/100/unavail.wav", b"\x00\x01" * 999)
    run = world.sync()
    assert run.state is State.COMMITTED
    assert fingerprint(world.a) == {
        name.replace(b"b".hex(), b"a".hex(), 1): one for name, one in fingerprint(world.b).items()
    }
    assert world.pbx.reloaded == list(world.store.runs.result(run.id).reloaded) != []


def test_the_timeline_tells_every_state_of_a_run(world):
    write(world.a / "etc/extensions.conf", DIALPLAN)
    moves = world.store.runs.moves(world.sync().id)
    assert [move.after for move in moves] == [
        State.REQUESTED,
        State.SCANNING,
        State.PLANNED,
        State.STAGED,
        State.APPLYING,
        State.VERIFYING,
        State.COMMITTED,
    ]


def test_a_second_run_is_unchanged_writes_nothing_reloads_nothing_and_asks_once(world):
    write(world.a / "etc/extensions.conf", DIALPLAN)
    world.sync()
    times = {path: path.lstat().st_mtime_ns for path in [world.b, *world.b.rglob("*")]}
    acts, asked, called = world.disk.count, world.link.requests, len(world.pbx.calls)
    assert world.sync().state is State.UNCHANGED
    assert set(world.disk.labels[acts:]) == {"store"}
    assert world.link.requests == asked + 1
    assert world.pbx.calls[called:] == []
    assert {path: path.lstat().st_mtime_ns for path in [world.b, *world.b.rglob("*")]} == times


def test_only_what_changed_is_brought(world):
    for number in range(5):
        write(world.a / f"etc/file{number}.conf", f"[{number}]\n" * 100)
    world.sync()
    moved = world.link.moved
    write(world.a / "etc/file3.conf", "[three]\n")
    assert world.sync().state is State.COMMITTED
    assert world.link.moved - moved == len("[three]\n")


def test_a_content_that_is_here_already_is_not_brought_again(world):
    write(world.a / "etc/one.conf", "[same]\n" * 99)
    world.sync()
    moved = world.link.moved
    (world.a / "etc/one.conf").rename(world.a / "etc/two.conf")
    assert world.sync().state is State.COMMITTED
    assert world.link.moved == moved
    assert not (world.b / "etc/one.conf").exists()


def test_hosts_that_are_equal_already_are_in_step_from_the_first_run(world):
    for side in (world.a, world.b):
        write(side / "etc/extensions.conf", DIALPLAN)
        write(side / "etc/rest.conf", "[rest]\n")
    assert world.sync().state is State.UNCHANGED
    (world.a / "etc/extensions.conf").unlink()
    assert world.sync().state is State.COMMITTED
    assert not (world.b / "etc/extensions.conf").exists()


@pytest.mark.parametrize("name", [b"na\nme.conf", b"\xff\xfe", b"-rf", b"$(reboot)", "é".encode(), b"..."])
def test_any_name_travels_byte_by_byte(world, name):
    path = os.fsencode(world.a / "etc") + b"/" + name
    with open(path, "wb") as file:  # noqa: PTH123 - the name is bytes
        file.write(b"content")
    assert world.sync().state is State.COMMITTED
    assert name in os.listdir(os.fsencode(world.b / "etc"))  # noqa: PTH208 - the name is bytes


@pytest.mark.parametrize(
    ("set_up", "change"),
    [
        (lambda p: p.write_text("1"), lambda p: (p.unlink(), p.mkdir(), (p / "in").write_text("2"))),
        (
            lambda p: (p.mkdir(), (p / "in").write_text("2")),
            lambda p: ((p / "in").unlink(), p.rmdir(), p.write_text("1")),
        ),
        (lambda p: p.write_text("1"), lambda p: (p.unlink(), p.symlink_to("/etc/passwd"))),
        (lambda p: p.symlink_to("x"), lambda p: (p.unlink(), p.write_text("1"))),
        (lambda p: p.symlink_to("x"), lambda p: (p.unlink(), p.mkdir())),
        (lambda p: p.mkdir(), lambda p: (p.rmdir(), p.symlink_to("x"))),
        (lambda p: p.symlink_to("x"), lambda p: (p.unlink(), p.symlink_to("y"))),
    ],
)
def test_a_change_of_kind_is_a_change_like_any_other(world, set_up, change):
    set_up(world.a / "etc/thing")
    assert world.sync().state is State.COMMITTED
    change(world.a / "etc/thing")
    assert world.sync().state is State.COMMITTED
    before, after = fingerprint(world.a / "etc"), fingerprint(world.b / "etc")
    assert before == after


def test_a_preview_shows_the_plan_with_diffs_and_changes_nothing(world):
    write(world.b / "etc/extensions.conf", "[default]\n")
    write(world.a / "etc/extensions.conf", DIALPLAN)
    before = fingerprint(world.b)
    run = world.sync(Mode.PLAN)
    saved = world.store.runs.plan(run.id)
    assert run.state is State.PREVIEWED
    assert saved is not None
    assert "+exten => 1,1,Answer()" in saved.diffs["ASTETCDIR/extensions.conf"]
    assert fingerprint(world.b) == before


def test_what_was_shown_is_what_is_applied(world):
    write(world.a / "etc/extensions.conf", DIALPLAN)
    shown = world.store.runs.plan(world.sync(Mode.PLAN).id)
    run = world.sync(expect_plan=shown.digest)
    assert run.state is State.COMMITTED
    assert world.store.runs.plan(run.id).plan == shown.plan


def test_another_plan_than_the_one_shown_is_refused(world):
    write(world.a / "etc/extensions.conf", DIALPLAN)
    shown = world.store.runs.plan(world.sync(Mode.PLAN).id)
    write(world.a / "etc/extensions.conf", DIALPLAN + "; more\n")
    run = world.sync(expect_plan=shown.digest)
    assert (run.state, run.error) == (State.FAILED, "plan-differs")
    assert not (world.b / "etc/extensions.conf").exists()


def test_protected_and_excluded_items_stay_as_each_host_has_them(world):
    for side, text in ((world.a, "a"), (world.b, "b")):
        for name in ("manager.conf", "old.bak", "keys/host.key"):
            write(side / "etc" / name, text)
    write(world.a / "etc/extensions.conf", DIALPLAN)
    assert world.sync().state is State.COMMITTED
    for name in ("manager.conf", "old.bak", "keys/host.key"):
        assert (world.b / "etc" / name).read_text() == "b"


def test_deletes_follow_the_policy_of_each_file_set(world):
    for name in ("etc/brought.conf", "spool/voicemail/brought", "varlib/moh/brought.wav"):
        write(world.a / name, "x")
    world.sync()
    for name in ("etc/own.conf", "spool/voicemail/own", "varlib/moh/own.wav"):
        write(world.b / name, "own")
    for name in ("etc/brought.conf", "spool/voicemail/brought", "varlib/moh/brought.wav"):
        (world.a / name).unlink()
    write(world.a / "etc/rest.conf", "[rest]\n")
    assert world.sync().state is State.COMMITTED
    left = {str(path.relative_to(world.b)) for path in world.b.rglob("*") if path.is_file()} - {"db/astdb.sqlite3"}
    assert left == {"etc/own.conf", "etc/rest.conf", "varlib/moh/own.wav", "varlib/moh/brought.wav"}


def test_a_folder_that_holds_only_what_does_not_travel_is_no_obstacle(tmp_path):
    greetings = FileSet(Place.SPOOL, "voicemail", ("*/*/unavail.*",))
    world = World(tmp_path, dataset=Dataset("greetings", "Greetings", (greetings,))).settle_in()
    write(world.a / "spool/voicemail/default/100/unavail.wav", b"hello")
    message = write(world.b / "spool/voicemail/default/100/INBOX/msg0000.wav", b"a message")
    message.parents[1].chmod(0o700)
    before = fingerprint(world.b)
    run = world.sync()
    assert run.state is State.COMMITTED, run.sentence
    assert (message.parents[1] / "unavail.wav").read_bytes() == b"hello"
    assert message.parents[1].stat().st_mode == (world.a / "spool/voicemail/default/100").stat().st_mode
    assert world.sync().state is State.UNCHANGED
    world.rollback(run, "before")
    assert message.read_bytes() == b"a message"
    assert before.keys() == fingerprint(world.b).keys()
    world.close()
