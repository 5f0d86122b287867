"""What changed rows and mailboxes make Asterisk read again."""

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.wiring.freepbx import box_reloads, in_order, row_reloads


def change(name: bytes, kind: ItemKind) -> Change:
    return Change(None, Item(name, kind, 1, b"x"))


BOX = change(b"VOICEMAIL/default/2001", ItemKind.BOX)
ROW = change(b"SQL/asterisk/users/2001", ItemKind.ROW)


def test_mailboxes_need_their_module_and_no_work_of_freepbx():
    assert [one.module for one in box_reloads([BOX])] == ["app_voicemail.so"]
    assert box_reloads([ROW]) == ()


def test_messages_need_asterisk_to_count_again_after_everything_else():
    message = change(b"MESSAGES/default/2001/x", ItemKind.MESSAGE)
    assert [one.module for one in box_reloads([message])] == ["mwi"]
    assert [one.module for one in in_order((*box_reloads([message, BOX]), *row_reloads([ROW])))][-1] == "mwi"


def test_with_rows_it_is_reloaded_once_and_in_its_place():
    wanted = in_order((*row_reloads([ROW]), *box_reloads([BOX])))
    modules = [one.module for one in wanted]
    assert modules.count("app_voicemail.so") == 1
    assert modules.index("app_voicemail.so") < modules.index("res_pjsip.so")
