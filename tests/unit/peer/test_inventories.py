"""Small items come along with an inventory; what is large, or moved meanwhile, is told and fetched later."""

import pytest

from pbxsync_worker.core.model.errors import Invalid, SourceChanged
from pbxsync_worker.core.model.inventory import EMPTY, Inventory, digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.peer.inventories import MAX_CARRIED, answer, received
from pbxsync_worker.peer.messages import Changed, End, Gone, Message, Rows, Small, Smalls, Whole


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
    messages = list(answer(now, had, data, room))
    return messages, received(messages[0], iter(messages[1:]), had)


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
