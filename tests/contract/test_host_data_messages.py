"""What the HostData of voicemail messages promises, on real folders: as test_host_data.py, in terms of messages.

`x` there is the message of a mailbox here; another content of it is another text beside the same sound.
"""

from pathlib import Path

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import PeerLied, SourceChanged, TargetChanged
from pbxsync_worker.core.model.item import Attributes, Item
from pbxsync_worker.core.model.step import Step, Undone
from tests.contract.test_host_data import DictContents
from tests.unit.datasets.messages.hosts import BOX, Host


class MessageHost(Host):
    """People change the one message behind our back; `new` is made by another host."""

    def __init__(self, root: Path) -> None:
        super().__init__(root / "b")
        self.other = Host(root / "a")
        self.other.asterisk.leave(1, flag="new")
        self.inbox = self.asterisk.root / BOX / "INBOX"

    @property
    def new(self) -> Item:
        return self.other.one()

    def write(self, flag: str) -> Item:
        for path in sorted(self.inbox.glob("*")) if self.inbox.is_dir() else []:
            path.unlink()
        self.asterisk.leave(1, flag=flag)
        return self.one()

    def state(self) -> Item | None:
        return next(iter(self.items.values()), None)

    def bring(self, before: Item | None, after: Item | None) -> Step:
        (step,) = self.prepare(self.other, Change(before, after))
        return step


class TestMessages:
    @pytest.fixture
    def host(self, tmp_path: Path) -> MessageHost:
        return MessageHost(tmp_path)

    @pytest.fixture
    def old(self, host: MessageHost) -> Item:
        return host.write("old")

    def test_open_gives_what_the_inventory_named(self, host: MessageHost, old: Item):
        assert len(b"".join(host.data.open(old))) == old.size

    def test_open_refuses_another_version(self, host: MessageHost, old: Item):
        host.write("mine")
        with pytest.raises(SourceChanged):
            b"".join(host.data.open(old))

    def test_prepare_changes_nothing_live(self, host: MessageHost, old: Item):
        host.bring(old, host.new)
        assert host.state() == old

    def test_prepare_refuses_a_content_that_was_not_announced(self, host: MessageHost):
        content = b"".join(host.other.data.open(host.new))
        with pytest.raises(PeerLied):
            host.data.prepare("r", [Change(None, host.new)], lambda _: [content[:-1] + b"?"])
        assert (host.state(), host.leftovers()) == (None, [])

    @pytest.mark.parametrize("cut", [0, 1, 2, 40, -1])
    def test_prepare_refuses_a_content_that_ends_early(self, host: MessageHost, cut: int):
        content = b"".join(host.other.data.open(host.new))
        with pytest.raises(PeerLied):
            host.data.prepare("r", [Change(None, host.new)], lambda _: [content[:cut]])

    def test_prepare_can_be_repeated(self, host: MessageHost):
        host.bring(None, host.new)
        host.data.act(host.bring(None, host.new))
        assert host.state() == host.new

    def test_act_replaces_and_undo_restores(self, host: MessageHost, old: Item):
        step = host.bring(old, host.new)
        host.data.act(step)
        assert host.state() == host.new
        assert host.data.undo(step) is Undone.RESTORED
        assert host.state() == old

    def test_act_can_be_repeated(self, host: MessageHost, old: Item):
        step = host.bring(old, host.new)
        host.data.act(step)
        host.data.act(step)
        assert host.state() == host.new
        assert host.data.undo(step) is Undone.RESTORED

    def test_undo_of_what_never_happened_says_so(self, host: MessageHost, old: Item):
        assert host.data.undo(host.bring(old, host.new)) is Undone.NOT_DONE
        assert host.state() == old

    def test_undo_can_be_repeated(self, host: MessageHost, old: Item):
        step = host.bring(old, host.new)
        host.data.act(step)
        host.data.undo(step)
        assert host.data.undo(step) is Undone.NOT_DONE
        assert host.state() == old

    def test_undo_after_the_staging_is_gone_says_what_is_there(self, host: MessageHost, old: Item):
        step = host.bring(old, host.new)
        host.data.discard("r")
        assert host.data.undo(step) is Undone.NOT_DONE
        host.write("mine")
        assert host.data.undo(step) is Undone.KEPT

    def test_act_refuses_a_target_that_changed(self, host: MessageHost, old: Item):
        step = host.bring(old, host.new)
        mine = host.write("mine")
        with pytest.raises(TargetChanged):
            host.data.act(step)
        assert host.state() == mine

    def test_act_refuses_to_add_over_something(self, host: MessageHost):
        step = host.bring(None, host.new)
        mine = host.write("mine")
        with pytest.raises(TargetChanged):
            host.data.act(step)
        assert host.data.undo(step) is Undone.NOT_DONE
        assert host.state() == mine

    def test_undo_keeps_what_somebody_wrote_since(self, host: MessageHost, old: Item):
        step = host.bring(old, host.new)
        host.data.act(step)
        mine = host.write("mine")
        assert host.data.undo(step) is Undone.KEPT
        assert host.data.undo(step) is Undone.KEPT
        assert host.state() == mine

    def test_undo_keeps_an_added_message_into_which_somebody_wrote(self, host: MessageHost):
        step = host.bring(None, host.new)
        host.data.act(step)
        (host.inbox / "msg0000.txt").write_bytes((host.inbox / "msg0000.txt").read_bytes() + b"flag=Urgent\n")
        assert host.data.undo(step) is Undone.KEPT
        assert len(host.items) == 1

    def test_an_added_message_goes_again(self, host: MessageHost):
        step = host.bring(None, host.new)
        host.data.act(step)
        assert host.data.undo(step) is Undone.RESTORED
        assert host.state() is None

    def test_a_removed_message_comes_back(self, host: MessageHost, old: Item):
        step = host.bring(old, None)
        host.data.act(step)
        host.data.act(step)
        assert host.state() is None
        assert host.data.undo(step) is Undone.RESTORED
        assert host.state() == old
        assert host.data.undo(step) is Undone.NOT_DONE

    def test_a_removed_message_does_not_come_back_over_a_new_one(self, host: MessageHost, old: Item):
        step = host.bring(old, None)
        host.data.act(step)
        mine = host.write("mine")
        assert host.data.undo(step) is Undone.KEPT
        assert host.state() == mine

    def test_a_folder_changes_and_returns(self, host: MessageHost, old: Item):
        moved = old.with_attributes(Attributes(xattrs=((b"user.folder", b"Old"),)))
        step = host.bring(old, moved)
        host.data.act(step)
        host.data.act(step)
        assert host.state() == moved
        assert host.data.undo(step) is Undone.RESTORED
        assert host.data.undo(step) is Undone.NOT_DONE
        assert host.state() == old

    def test_settle_without_contents_leaves_undo_possible(self, host: MessageHost, old: Item):
        step = host.bring(old, host.new)
        host.data.act(step)
        host.data.settle("r", [step], None)
        assert host.data.undo(step) is Undone.RESTORED

    def test_settle_hands_over_what_was_displaced_and_can_be_repeated(self, host: MessageHost, old: Item):
        before, contents = b"".join(host.data.open(old)), DictContents()
        step = host.bring(old, host.new)
        host.data.act(step)
        host.data.settle("r", [step], contents)
        host.data.settle("r", [step], contents)
        assert contents.held[old.content] == before
        assert host.state() == host.new

    def test_discard_can_be_repeated_and_touches_nothing_live(self, host: MessageHost, old: Item):
        host.bring(old, host.new)
        host.data.discard("r")
        host.data.discard("r")
        assert (host.state(), host.leftovers()) == (old, [])
