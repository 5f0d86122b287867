"""Small items come along with an inventory; what is large, or moved meanwhile, is told and fetched later."""

import pytest

from pbxsync_worker.core.model.errors import Invalid, SourceChanged
from pbxsync_worker.core.model.inventory import EMPTY, Inventory, digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.peer.along import Giving
from pbxsync_worker.peer.bases import Bases
from pbxsync_worker.peer.inventories import MAX_CARRIED, answer, received
from pbxsync_worker.peer.messages import (
    MAX_ALONG,
    Again,
    Along,
    Changed,
    End,
    Gone,
    Message,
    Moves,
    Rows,
    Small,
    Smalls,
    Whole,
    row_of,
)
from tests.fakes.link import DELTAS, MemoryData, folder, item_with


class Keys:
    """A source of keys, by name."""

    def __init__(self, values):
        self.values = values

    def open(self, item):
        value = self.values.get(item.name)
        if value is None or digest_of(value) != item.content:
            raise SourceChanged(name=item.text)
        yield value


def key(number, value, kind=ItemKind.KEY):
    return Item(b"ASTDB/CF/%d" % number, kind, len(value), digest_of(value))


VALUES = {b"ASTDB/CF/%d" % number: b"600%d" % number for number in range(1200)}
ALL = Inventory.of(key(number, b"600%d" % number) for number in range(1200))


def told(now, had, data, room=MAX_CARRIED):
    messages = list(answer(now, had, Giving(data, Bases(), DELTAS), room))
    heard = received(messages[0], iter(messages[1:]), had)
    return messages, (heard.inventory, heard.carried)


def test_keys_come_with_their_values_and_without_digests():
    messages, (inventory, carried) = told(ALL, None, Keys(VALUES))
    assert [type(one) for one in messages] == [Whole, Smalls, Smalls, Smalls, End]
    assert inventory.items == ALL.items
    assert carried == {digest_of(value): value for value in VALUES.values()}


def test_only_changed_keys_come():
    now = Inventory({**ALL.items, b"ASTDB/CF/7": key(7, b"new")})
    messages, (inventory, carried) = told(now, ALL, Keys({**VALUES, b"ASTDB/CF/7": b"new"}))
    assert messages[1] == Smalls((Small(0, b"ASTDB/CF/7", ItemKind.KEY, (b"new",)),))
    assert (inventory.root, carried) == (now.root, {digest_of(b"new"): b"new"})


def test_what_is_no_more_is_told_as_gone():
    now = Inventory({name: item for name, item in ALL.items.items() if name != b"ASTDB/CF/7"})
    messages, (inventory, _) = told(now, ALL, Keys(VALUES))
    assert messages == [Changed(now.root), Gone((b"ASTDB/CF/7",)), End(1)]
    assert inventory.root == now.root


def test_a_key_that_is_another_by_now_is_told_as_it_was():
    one = Inventory.of([key(1, b"old")])
    messages, (inventory, carried) = told(one, None, Keys({b"ASTDB/CF/1": b"new"}))
    assert [type(one) for one in messages] == [Whole, Rows, End]
    assert (inventory.items, carried) == (one.items, {})


def test_files_and_long_values_are_told_by_digest():
    large, file = key(1, b"x" * 4097), key(2, b"x", ItemKind.FILE)
    messages, (_, carried) = told(Inventory.of([large, file]), None, Keys({}))
    assert [type(one) for one in messages] == [Whole, Rows, End]
    assert carried == {}


def test_beyond_the_room_the_rest_is_told_by_digest():
    messages, (inventory, carried) = told(ALL, None, Keys(VALUES), 100)
    assert sum(map(len, carried.values())) <= 100
    assert any(isinstance(one, Rows) for one in messages)
    assert inventory.root == ALL.root


@pytest.mark.parametrize("kind", [ItemKind.FILE, ItemKind.SYMLINK, ItemKind.DIRECTORY])
def test_it_refuses_another_kind_that_comes_along(kind):
    told: list[Message | bytes] = [Smalls((Small(0, b"ASTETCDIR/x", kind, (b"x",)),)), End(1)]
    with pytest.raises(Invalid, match="does not come along"):
        received(Whole(EMPTY.root), iter(told), None)


PATHS = [b"ASTSPOOLDIR/monitor/%d.wav" % number for number in range(300)]
NEW_PATHS = [b"ASTSPOOLDIR/archive/%d.wav" % number for number in range(300)]


def recordings(paths):
    return Inventory.of(item_with(path, b"recording %d" % number) for number, path in enumerate(paths))


def test_items_under_new_names_are_told_by_the_old_ones():
    had, now = recordings(PATHS), recordings(NEW_PATHS)
    messages, (inventory, _) = told(now, had, MemoryData())
    assert [type(one) for one in messages] == [Changed, Gone, Moves, End]
    assert inventory.items == now.items


def test_a_move_that_changed_anything_is_told_as_a_row():
    had, now = Inventory.of([item_with(b"ASTETCDIR/a", b"x")]), Inventory.of([item_with(b"ASTETCDIR/b", b"x", mode=1)])
    messages, (inventory, _) = told(now, had, MemoryData())
    assert [type(one) for one in messages] == [Changed, Gone, Rows, End]
    assert inventory.items == now.items


def test_a_content_that_is_the_same_is_not_told_again():
    had = Inventory.of([item_with(b"ASTETCDIR/a", b"x", mode=1), folder(b"ASTETCDIR/f")])
    now = Inventory.of([item_with(b"ASTETCDIR/a", b"x", mode=2), folder(b"ASTETCDIR/g")])
    messages, (inventory, carried) = told(now, had, MemoryData())
    (rows,) = [one for one in messages if isinstance(one, Rows)]
    assert rows.rows[0].content == b""
    assert (inventory.items, carried) == (now.items, {})


def test_small_new_files_come_along_whole():
    data = MemoryData()
    now = Inventory.of([data.file(b"ASTETCDIR/new", b"text"), data.file(b"ASTETCDIR/empty", b"")])
    _, (inventory, carried) = told(now, EMPTY, data)
    assert (inventory.items, [*carried.values()]) == (now.items, [b"text"])


def test_a_large_edited_file_comes_as_a_patch_where_its_base_is_held():
    data, bases = MemoryData(), Bases()
    text = b"".join(b"line %d of many\n" % number for number in range(5000))
    had = Inventory.of([data.file(b"ASTETCDIR/large", text)])
    bases.learn(had.items.values(), data)
    now = Inventory.of([data.file(b"ASTETCDIR/large", text.replace(b" 77 ", b" another "))])
    messages = list(answer(now, had, Giving(data, bases, DELTAS)))
    assert sum(len(one.data) for one in messages if isinstance(one, Along)) < 100
    heard = received(messages[0], iter(messages[1:]), had)
    (patch,) = heard.patches.values()
    (item,) = now.items.values()
    assert DELTAS.rebuilt(text, patch.data, item.size) == data.contents[item.name]


def test_a_large_edited_file_whose_base_is_not_held_is_fetched_later():
    data = MemoryData()
    had = Inventory.of([data.file(b"ASTETCDIR/large", b"x" * 5000)])
    now = Inventory.of([data.file(b"ASTETCDIR/large", b"y" * 5000)])
    messages, _ = told(now, had, data)
    assert [type(one) for one in messages] == [Changed, Rows, End]


def test_a_file_that_is_another_by_now_does_not_come_along():
    data = MemoryData()
    now = Inventory.of([data.file(b"ASTETCDIR/new", b"text")])
    data.file(b"ASTETCDIR/new", b"newer")
    messages, _ = told(now, EMPTY, data)
    assert [type(one) for one in messages] == [Changed, Rows, End]


def test_no_more_than_the_room_comes_along():
    data = MemoryData()
    now = Inventory.of(data.file(b"ASTETCDIR/%d" % number, b"%4000d" % number) for number in range(100))
    messages, _ = told(now, EMPTY, data)
    assert 100_000 < sum(len(one.data) for one in messages if isinstance(one, Along)) <= MAX_ALONG


KNOWN = item_with(b"ASTETCDIR/known", b"x")
OTHER = item_with(b"ASTETCDIR/other", b"y")
LIES: dict[str, list[Message | bytes]] = {
    "a move of what is not gone": [Moves((Again(0, 0, b"ASTETCDIR/x"),)), End(1)],
    "a content of what is not known": [Rows((row_of(Item(b"ASTETCDIR/x", ItemKind.FILE, 0, b"")),)), End(1)],
    "a content of another kind": [Rows((row_of(Item(KNOWN.name, ItemKind.SYMLINK, 0, b"")),)), End(1)],
    "a content without a row": [Along(0, patch=False, data=b"x"), End(0)],
    "another content": [Rows((row_of(OTHER),)), Along(0, patch=False, data=b"z"), End(1)],
    "a patch of nothing": [Rows((row_of(OTHER),)), Along(0, patch=True, data=b"z"), End(1)],
    "more than the room": [
        Rows((row_of(item_with(b"ASTETCDIR/z", b"z" * MAX_ALONG)),)),
        Along(0, patch=False, data=b"z" * MAX_ALONG),
        Along(0, patch=False, data=b"z" * MAX_ALONG),
        End(1),
    ],
    "something gone twice": [Gone((KNOWN.name, KNOWN.name)), End(2)],
}


@pytest.mark.parametrize("case", LIES)
def test_it_refuses(case):
    with pytest.raises(Invalid):
        received(Changed(b""), iter(LIES[case]), Inventory.of([KNOWN]))
