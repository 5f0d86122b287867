"""The journal: whole or not at all, one commit record, and torn records that never were."""

import pytest

from pbxsync_worker.apply.journal import FileJournal
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import Bug, Invalid
from pbxsync_worker.core.model.plan import Reload
from pbxsync_worker.core.model.ports import Written
from pbxsync_worker.core.model.step import Step
from tests.fakes.disk import BreakingDisk, Cut, PowerCut
from tests.unit.core.values import directory, file

STEPS = (
    Step(0, Change(None, directory(b"ASTETCDIR/d")), b"etc/.pbxsync-stage/r/0", (1, 2)),
    Step(1, Change(file(b"ASTETCDIR/\xff\n", b"old"), file(b"ASTETCDIR/\xff\n", b"new")), b"etc/1", (2**40, 2**63)),
    Step(2, Change(file(b"ASTETCDIR/z", mode=0o600), None), b"etc/2"),
)
RELOADS = (Reload("pbx_config.so", "extensions.conf"), Reload("res_musiconhold.so", "moh", optional=True))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "journal"


@pytest.fixture
def journal(folder):
    return FileJournal(folder, Disk())


def begun(journal: FileJournal, run: str = "r1") -> FileJournal:
    journal.begin(Written(run, STEPS, RELOADS))
    return journal


def test_what_was_begun_is_read_as_it_was_written(journal):
    assert begun(journal).unfinished() == (Written("r1", STEPS, RELOADS, committed=False),)


def test_a_committed_run_is_known_as_committed(journal):
    begun(journal).commit("r1")
    assert [one.committed for one in journal.unfinished()] == [True]


def test_a_commit_may_be_repeated(journal):
    begun(journal)
    journal.commit("r1")
    journal.commit("r1")
    assert [one.committed for one in journal.unfinished()] == [True]


def test_a_closed_run_is_forgotten_and_closing_may_be_repeated(journal):
    begun(journal).close("r1")
    journal.close("r1")
    assert journal.unfinished() == ()


def test_runs_do_not_disturb_one_another(journal):
    begun(begun(journal, "r1"), "r2").commit("r2")
    assert [(one.run, one.committed) for one in journal.unfinished()] == [("r1", False), ("r2", True)]


def test_without_a_folder_nothing_is_unfinished(journal):
    assert journal.unfinished() == ()


def test_a_run_that_never_began_cannot_be_committed(journal, folder):
    folder.mkdir()
    with pytest.raises(FileNotFoundError):
        journal.commit("r1")


def test_a_run_without_steps_has_a_journal_too(journal):
    journal.begin(Written("r1", (), ()))
    assert journal.unfinished() == (Written("r1", (), (), committed=False),)


def test_a_commit_torn_at_any_byte_never_was(journal, folder):
    path = folder / "r1.journal"
    begun(journal)
    before = path.read_bytes()
    journal.commit("r1")
    whole = path.read_bytes()
    for size in range(len(before), len(whole)):
        path.write_bytes(whole[:size])
        assert [one.committed for one in journal.unfinished()] == [False], size


def test_a_commit_record_with_any_byte_wrong_never_was(journal, folder):
    path = folder / "r1.journal"
    begun(journal)
    start = len(path.read_bytes())
    journal.commit("r1")
    whole = path.read_bytes()
    for at in range(start, len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert [one.committed for one in journal.unfinished()] == [False], at


def test_what_follows_a_torn_commit_counts_no_more(journal, folder):
    begun(journal)
    with (folder / "r1.journal").open("ab") as file_:
        file_.write(b"\0\0\0\x09torn")
    journal.commit("r1")
    assert [one.committed for one in journal.unfinished()] == [False]


def test_a_beginning_torn_at_any_byte_is_a_broken_promise_and_never_a_committed_run(journal, folder):
    path = folder / "r1.journal"
    begun(journal)
    journal.commit("r1")
    whole = path.read_bytes()
    first = 20 + int.from_bytes(whole[:4], "big")
    for size in range(first):
        path.write_bytes(whole[:size])
        with pytest.raises(Bug, match="no whole first record"):
            journal.unfinished()


def test_a_first_record_of_another_shape_is_refused(journal, folder):
    folder.mkdir()
    begun(journal)
    whole = (folder / "r1.journal").read_bytes()
    journal.commit("r1")
    commit_alone = (folder / "r1.journal").read_bytes()[len(whole) :]
    (folder / "r1.journal").write_bytes(commit_alone)
    with pytest.raises(Invalid):
        journal.unfinished()


def test_a_power_cut_at_any_act_of_the_beginning_leaves_no_journal_or_a_whole_one(tmp_path):
    counting = BreakingDisk()
    FileJournal(tmp_path / "count", counting).begin(Written("r1", STEPS, RELOADS))
    for cut in Cut:
        for at in range(1, counting.count + 1):
            folder = tmp_path / f"{cut}{at}"
            with pytest.raises(PowerCut):
                FileJournal(folder, BreakingDisk(at, cut)).begin(Written("r1", STEPS, RELOADS))
            after = FileJournal(folder, Disk())
            assert after.unfinished() in ((), (Written("r1", STEPS, RELOADS, committed=False),))
            after.close("r1")
            assert list(folder.iterdir()) == []


def test_a_power_cut_at_any_act_of_the_commit_leaves_it_done_or_undone(tmp_path):
    states = set()
    for cut in Cut:
        for at in (1, 2):
            folder = tmp_path / f"{cut}{at}"
            FileJournal(folder, Disk()).begin(Written("r1", STEPS, RELOADS))
            with pytest.raises(PowerCut):
                FileJournal(folder, BreakingDisk(at, cut)).commit("r1")
            (found,) = FileJournal(folder, Disk()).unfinished()
            states.add(found.committed)
            assert found.steps == STEPS
    assert states == {False, True}


def test_nobody_else_can_read_a_journal(journal, folder):
    begun(journal)
    assert (folder / "r1.journal").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
