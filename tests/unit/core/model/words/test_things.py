"""What belongs together is one thing; what comes with an extension is part of it."""

from pbxsync_worker.core.model.change import ChangeKind
from pbxsync_worker.core.model.words.things import fold, gather, name_them
from tests.unit.core.model.words.seen import box, extension, key, row


def folded(*seen):
    things, _ = gather(seen)
    name_them(things, {})
    fold(things)
    return things


def test_a_new_extension_takes_its_mailbox_account_and_state_in():
    assert list(folded(*extension("2301", "Ann"))) == [("extension", "2301")]


def test_a_mailbox_that_goes_is_not_part_of_an_extension_that_comes():
    things = folded(row("users/1", None, {"name": "A"}), box("1", {"name": "A"}, None))
    assert list(things) == [("extension", "1"), ("mailbox", "1")]


def test_a_detail_alone_makes_nothing_new():
    things = folded(key("AMPUSER/1/cidname", None, "Ann"))
    assert (things["extension", "1"].act, things["extension", "1"].title) == (ChangeKind.REPLACE, "Ann")


def test_a_key_that_is_a_thing_of_its_own_comes_and_goes():
    things = folded(key("blacklist/555", None, "1"), key("blacklist/556", "1", None))
    assert [one.act for one in things.values()] == [ChangeKind.ADD, ChangeKind.REMOVE]
