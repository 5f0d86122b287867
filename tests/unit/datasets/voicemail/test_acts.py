"""BoxData: acts, undos, what people and Asterisk write meanwhile, and a cut at every act."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import TargetChanged, Unsupported
from pbxsync_worker.core.model.step import Step, Undone
from tests.contract.test_host_data import DictContents
from tests.fakes.disk import BreakingDisk, Cut, PowerCut
from tests.unit.datasets.voicemail.hosts import DATA, NEW, OLD, VALUES, Host, acted, box, content, prepared, taken_back


def test_prepare_changes_nothing_live_and_can_be_repeated(host):
    prepared(host)
    prepared(host)
    assert host.conf.read_text() == OLD


def test_prepare_refuses_a_box_that_changed(host):
    host.change("2001=1111", "2001=5555")
    with pytest.raises(TargetChanged):
        prepared(host)
    assert host.leftovers() == []


def test_prepare_refuses_a_file_that_is_a_link(host):
    host.conf.rename(host.root / "etc/real.conf")
    host.conf.symlink_to("real.conf")
    with pytest.raises(Unsupported, match="is a link"):
        prepared(host)
    assert (host.root / "etc/real.conf").read_text() == OLD


def test_one_exchange_brings_all_boxes_and_keeps_everything_else(host):
    steps = prepared(host)
    before = host.conf.stat()
    host.data.act(steps[0])
    assert host.conf.read_text() == NEW
    after = host.conf.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    for step in steps[1:]:
        host.data.act(step)
    assert host.conf.stat().st_ino == after.st_ino


def test_acts_and_undos_can_be_repeated(host):
    steps = acted(host)
    for step in steps:
        host.data.act(step)
    assert taken_back(host, steps) == [Undone.RESTORED] * 4
    assert taken_back(host, steps) == [Undone.NOT_DONE] * 4
    assert host.conf.read_text() == OLD


def test_what_never_happened_is_not_undone(host):
    assert taken_back(host, prepared(host)) == [Undone.NOT_DONE] * 4
    assert host.conf.read_text() == OLD


def test_a_pin_changed_by_phone_before_the_act_is_refused(host):
    steps = prepared(host)
    host.change("2001=1111", "2001=5555")
    with pytest.raises(TargetChanged):
        host.data.act(steps[1])
    assert "2001=5555" in host.conf.read_text()
    assert "2004" not in host.conf.read_text()


def test_a_pin_of_another_box_changed_meanwhile_stays(host):
    steps = prepared(host)
    host.change("2002 => 2222", "2002 => 7777")
    for step in steps:
        host.data.act(step)
    assert host.conf.read_text() == NEW.replace("2222", "7777")
    assert set(taken_back(host, steps)) == {Undone.RESTORED}
    assert host.data.inventory(DATA).items == Host(host.root).data.inventory(DATA).items
    assert "2002 => 7777" in host.conf.read_text()
    assert "2001=1111" in host.conf.read_text()


def test_an_undo_keeps_a_pin_changed_since(host):
    steps = acted(host)
    host.change("2001=9999", "2001=5555")
    assert taken_back(host, steps) == [*[Undone.RESTORED] * 3, Undone.KEPT]
    text = host.conf.read_text()
    assert "2001=5555" in text
    assert "2003=3333" in text
    assert "2004" not in text


def test_an_undo_does_not_bring_back_what_somebody_removed_since(host):
    steps = acted(host)
    host.change("2001=9999,Ann,ann@example.com,,attach=yes\n", "")
    assert taken_back(host, steps)[-1] is Undone.KEPT
    assert "2001" not in host.conf.read_text()


def test_an_undo_that_a_comment_prevents_says_so(host):
    steps = acted(host)
    host.change("2001=9999", ";-- x --; 2001=9999")
    assert set(taken_back(host, steps)) == {Undone.KEPT}


def test_somebody_who_writes_just_before_the_exchange_loses_nothing(host):
    """The file changes between our reading it and the exchange, which sees it and is done again."""

    class Late(Disk):
        done = False

        def exchange(self, *names: object) -> None:
            if not self.done:
                self.done = True
                late.change("2002 => 2222", "2002 => 7777")
            super().exchange(*names)  # type: ignore[arg-type]

    late = Host(host.root, disk=Late())
    for step in prepared(late):
        late.data.act(step)
    assert late.conf.read_text() == NEW.replace("2222", "7777")


def test_a_file_that_asterisk_wrote_back_is_seen_when_settling(host):
    steps = acted(host)
    host.conf.write_text(OLD)
    with pytest.raises(TargetChanged):
        host.data.settle("r", steps, None)


def test_a_pin_changed_after_the_acts_is_no_reason_to_fail(host):
    steps = acted(host)
    host.change("2001=9999", "2001=5555")
    host.data.settle("r", steps, None)


def test_settling_hands_over_the_values_and_never_the_file(host):
    steps, contents = acted(host), DictContents()
    host.data.settle("r", steps, None)
    host.data.settle("r", steps, contents)
    host.data.settle("r", steps, contents)
    assert set(contents.held.values()) == {
        *(value.encode() for value in VALUES.values()),
        b"1111,Ann,ann@example.com,,attach=yes",
        b"3333,Carl",
    }
    assert (host.conf.read_text(), host.leftovers()) == (NEW, [])


def test_after_settling_without_contents_everything_can_be_undone_by_another_process(host):
    steps = acted(host)
    host.data.settle("r", steps, None)
    assert set(taken_back(Host(host.root), steps)) == {Undone.RESTORED}
    assert host.conf.read_text() == OLD


def test_the_first_boxes_make_the_file_and_an_undo_takes_it_away(tmp_path):
    host = Host(tmp_path)
    (step,) = host.data.prepare("r", [Change(None, box("sales/1"))], content)
    host.data.act(step)
    assert host.conf.read_text() == "[sales]\n1=1,Shop\n"
    assert host.data.undo(step) is Undone.RESTORED
    assert not host.conf.exists()


def test_a_journal_without_its_staging_was_undone(host):
    steps = acted(host)
    taken_back(host, steps)
    host.data.discard("r")
    assert host.leftovers() == []
    other = Host(host.root)
    assert set(taken_back(other, steps)) == {Undone.NOT_DONE}
    with pytest.raises(TargetChanged):
        other.data.act(steps[0])


def test_bytes_that_are_no_text_stay(host):
    host.conf.write_bytes(OLD.encode().replace(b"Bob", b"B\xf3b"))
    steps = acted(host)
    assert host.conf.read_bytes() == NEW.encode().replace(b"Bob", b"B\xf3b")
    taken_back(host, steps)
    assert host.conf.read_bytes() == OLD.encode().replace(b"Bob", b"B\xf3b")


def test_cut_at_every_act_it_is_taken_back(tmp_path):
    """Within the run, and within its taking back."""
    whole = cut_and_taken_back(tmp_path / "whole", 0, Cut.BEFORE)
    assert "exchange" in whole.labels
    for at in range(1, whole.count + 1):
        for cut in Cut:
            cut_and_taken_back(tmp_path / f"{at}{cut}", at, cut)


def test_cut_at_every_act_after_the_commit_it_is_kept(tmp_path):
    whole = cut_and_kept(tmp_path / "whole", 0, Cut.BEFORE)
    for at in range(1, whole.count + 1):
        for cut in Cut:
            cut_and_kept(tmp_path / f"{at}{cut}", at, cut)


def cut_and_taken_back(folder: Path, at: int, cut: Cut) -> BreakingDisk:
    """Do a run and take it back until the power goes, then take it back as recovery does."""
    journal: list[Step] = []

    def story(host: Host) -> None:
        journal.extend(prepared(host))
        for step in journal:
            host.data.act(step)
        take_back(host, journal)

    disk = played(folder, BreakingDisk(at, cut), story)
    host = Host(folder)
    take_back(host, journal)
    assert (host.conf.read_text(), host.leftovers()) == (OLD, [])
    return disk


def cut_and_kept(folder: Path, at: int, cut: Cut) -> BreakingDisk:
    """Commit a run, then settle it until the power goes, then settle it as recovery does."""
    folder.mkdir()
    (folder / "etc").mkdir()
    (folder / "etc/voicemail.conf").write_text(OLD)
    host = Host(folder)
    steps = acted(host)
    host.data.settle("r", steps, None)
    disk = BreakingDisk(at, cut)
    with suppress(PowerCut):
        Host(folder, disk=disk).data.settle("r", steps, DictContents())
    host = Host(folder)
    host.data.settle("r", steps, DictContents())
    assert (host.conf.read_text(), host.leftovers()) == (NEW, [])
    return disk


def played(folder: Path, disk: BreakingDisk, story: Callable[[Host], None]) -> BreakingDisk:
    folder.mkdir()
    host = Host(folder, disk=disk)
    host.conf.write_text(OLD)
    with suppress(PowerCut):
        story(host)
    return disk


def take_back(host: Host, steps: list[Step]) -> None:
    assert Undone.KEPT not in taken_back(host, steps)
    assert host.conf.read_text() == OLD
    host.data.settle("r", steps, None)
    host.data.discard("r")


def test_the_staging_is_for_nobody_else(host):
    prepared(host)
    (staged,) = (host.root / "home/staging").iterdir()
    assert staged.stat().st_mode & 0o077 == 0
