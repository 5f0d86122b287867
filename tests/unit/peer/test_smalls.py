"""What small items share with each other and with their names is left out, and comes back bit by bit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.peer.messages import Small, Smalls
from pbxsync_worker.peer.smalls import items_of, smalls_of

LETTERS = st.text("2001ab,/-", max_size=20).map(str.encode)


def row(name, content):
    return Item(name, ItemKind.ROW, len(content), digest_of(content))


def there_and_back(held):
    items = [row(name, content) for name, content in sorted(held.items())]
    told = smalls_of(items, [held[item.name] for item in items])
    return [pair for message in told for pair in items_of(message)]


@given(st.dictionaries(LETTERS.map(lambda end: b"SQL/x/" + end + b"!"), LETTERS, max_size=8))
def test_everything_comes_back(held):
    assert there_and_back(held) == [(row(name, held[name]), held[name]) for name in sorted(held)]


def test_a_key_that_the_row_holds_is_told_once():
    name, content = b"SQL/asterisk/sip/2001,secret", b"id:2001 keyword:secret data:x"
    (message,) = smalls_of([row(name, content)], [content])
    assert message.items[0].pieces == (b"id:", 1, b" keyword:", 2, b" data:x")


def test_names_are_told_by_what_is_new_in_them():
    held = {b"SQL/asterisk/sip/2001,allow": b"a", b"SQL/asterisk/sip/2001,avpf": b"b"}
    (message,) = smalls_of([row(name, content) for name, content in held.items()], held.values())
    assert [(one.shared, one.rest) for one in message.items] == [(0, b"SQL/asterisk/sip/2001,allow"), (23, b"vpf")]


def test_a_content_with_its_key_a_hundred_times_comes_back():
    assert there_and_back({b"SQL/a/b/2001": b"2001" * 100})[0][1] == b"2001" * 100


@pytest.mark.parametrize(
    "told",
    [
        Small(1, b"x", ItemKind.ROW, ()),
        Small(0, b"SQL/a/b/2001", ItemKind.ROW, (2,)),
        Small(0, b"SQL/a/b/2001", ItemKind.ROW, (b"x" * 4096, b"x")),
        Small(0, b"ASTETCDIR/a/b", ItemKind.FILE, (b"x",)),
    ],
)
def test_it_refuses_what_cannot_be(told):
    with pytest.raises(Invalid):
        list(items_of(Smalls((told,))))
