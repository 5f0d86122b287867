"""The ends of a run, and recovery from wherever it was cut off: repeatable, and never in doubt after the commit."""

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import AsteriskSilent, Cancelled
from pbxsync_worker.core.model.plan import Reload
from pbxsync_worker.core.model.ports import Written
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.sync.finish import keep, take_back
from pbxsync_worker.sync.recover import recover
from tests.unit.core.values import file, run
from tests.unit.sync.parts import parts

NAME = b"ASTETCDIR/a.conf"
RELOADS = (Reload("pbx_config.so", "a.conf"),)


@pytest.fixture
def host(tmp_path):
    return parts(tmp_path).host


@pytest.fixture
def steps(host):
    """Stage the replacement of one file; nothing is live yet."""
    old, new = host.data.put(NAME, b"old", mode=None), file(NAME, b"new")
    return host.data.prepare("r1", [Change(old, new)], lambda _: [b"new"])


def live(host):
    return host.data.things[NAME].data


def test_a_kept_run_is_settled_remembered_and_forgotten_by_the_journal(host, steps):
    host.journal.begin(Written("r1", steps, RELOADS))
    host.data.act(steps[0])
    ended = keep(run("r1", State.VERIFYING), host, steps, "well")
    assert (ended.state, ended.sentence, live(host)) == (State.COMMITTED, "well", b"new")
    assert (host.memory.remembered, host.journal.unfinished(), host.data.stage) == (["remember r1"], (), {})
    assert host.contents.has(file(NAME, b"old").content)


def test_a_run_taken_back_has_the_old_file_and_says_why(host, steps):
    host.data.act(steps[0])
    ended = take_back(run("r1", State.VERIFYING), host, Written("r1", steps, RELOADS), Cancelled(who="ann"))
    assert (ended.state, ended.error, live(host)) == (State.ROLLED_BACK, "cancelled", b"old")
    assert as_text(ended.sentence) == "Cancelled by ann - undone, the host is as it was"
    assert (host.memory.moves, host.pbx.reloaded) == ([State.ROLLING_BACK, State.ROLLED_BACK], ["pbx_config.so"])


def test_what_asterisk_never_saw_is_not_reloaded_again(host, steps):
    host.data.act(steps[0])
    take_back(run("r1", State.APPLYING), host, Written("r1", steps, RELOADS), None)
    assert (live(host), host.pbx.calls) == (b"old", [])


def test_a_run_cut_off_while_rolling_back_goes_on_without_a_second_move(host, steps):
    host.data.act(steps[0])
    host.data.undo(steps[0])
    ended = take_back(
        run("r1", State.ROLLING_BACK, error="unhealthy", sentence="sick"), host, Written("r1", steps, RELOADS), None
    )
    assert (host.memory.moves, ended.error, live(host)) == ([State.ROLLED_BACK], "unhealthy", b"old")
    assert host.pbx.reloaded == ["pbx_config.so"]


def test_what_somebody_changed_meanwhile_stays_and_is_named(host, steps):
    host.data.act(steps[0])
    host.data.put(NAME, b"by hand")
    ended = take_back(run("r1", State.VERIFYING), host, Written("r1", steps, ()), None)
    assert live(host) == b"by hand"
    assert as_text(ended.sentence) == "the run was cut off - undone, but kept what was changed since: ASTETCDIR/a.conf"


def test_of_many_things_that_stay_a_few_are_named_and_all_counted(host, steps):
    names = tuple(b"SQL/asterisk/users/%d" % number for number in range(7))
    host.data.act(steps[0])
    host.data.put(NAME, b"by hand")
    host.data.stayed = lambda _: names
    ended = take_back(run("r1", State.VERIFYING), host, Written("r1", steps, ()), None)
    told = ", ".join(name.decode() for name in names[:5])
    assert as_text(ended.sentence).endswith(f"kept what was changed since: {told} and 2 more")


@pytest.mark.parametrize("broken", [{"hangs": True}, {"refuses": frozenset({"pbx_config.so"})}])
def test_an_asterisk_that_does_not_take_the_old_files_back_is_told(host, steps, broken):
    host.data.act(steps[0])
    for name, value in broken.items():
        setattr(host.pbx, name, value)
    ended = take_back(run("r1", State.VERIFYING), host, Written("r1", steps, RELOADS), AsteriskSilent(reason="x"))
    assert (ended.state, live(host)) == (State.ROLLED_BACK, b"old")
    assert "Asterisk must be restarted" in as_text(ended.sentence)


@pytest.mark.parametrize("state", [State.SCANNING, State.PLANNED, State.STAGED])
def test_recovery_of_a_run_that_changed_nothing_only_cleans_up(host, steps, state):
    (ended,) = recover(host, [run("r1", state)])
    assert (ended.state, ended.error) == (State.FAILED, "interrupted")
    assert (live(host), host.data.stage, host.pbx.calls) == (b"old", {}, [])


@pytest.mark.parametrize("acted", [False, True])
def test_recovery_of_a_run_without_a_commit_takes_it_back(host, steps, acted):
    host.journal.begin(Written("r1", steps, RELOADS))
    if acted:
        host.data.act(steps[0])
    (ended,) = recover(host, [run("r1", State.APPLYING)])
    assert (ended.state, ended.error, live(host)) == (State.ROLLED_BACK, "interrupted", b"old")
    assert (host.journal.unfinished(), host.data.stage) == ((), {})


def test_recovery_before_the_journal_was_in_place_has_nothing_to_undo(host, steps):
    (ended,) = recover(host, [run("r1", State.APPLYING)])
    assert (ended.state, live(host), host.data.stage) == (State.ROLLED_BACK, b"old", {})


def test_recovery_after_the_commit_completes_the_run(host, steps):
    host.journal.begin(Written("r1", steps, RELOADS))
    host.data.act(steps[0])
    host.journal.commit("r1")
    (ended,) = recover(host, [run("r1", State.VERIFYING)])
    assert (ended.state, live(host), host.journal.unfinished()) == (State.COMMITTED, b"new", ())
    assert host.memory.remembered == ["remember r1"]


def test_recovery_says_what_broke_a_run_off(host, steps):
    (ended,) = recover(host, [run("r1", State.STAGED)], Cancelled(who="ann"))
    assert (ended.error, as_text(ended.sentence)) == ("cancelled", "Cancelled by ann")


@pytest.mark.parametrize("committed", [True, False])
def test_the_journal_of_a_run_that_had_ended_is_forgotten_with_what_it_staged(host, steps, committed):
    host.journal.begin(Written("r1", steps, RELOADS))
    if committed:
        host.data.act(steps[0])
        host.journal.commit("r1")
    assert recover(host, []) == ()
    assert (host.journal.unfinished(), host.data.stage, host.memory.moves) == ((), {}, [])
    assert live(host) == (b"new" if committed else b"old")


def test_recovery_with_nothing_to_do_does_nothing(host):
    assert recover(host, []) == ()
    assert (host.memory.moves, host.pbx.calls) == ([], [])
