"""Contents that were given to others."""

import tracemalloc

from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.peer.bases import Bases


def of(content: bytes) -> Item:
    return Item(b"ASTETCDIR/extensions.conf", ItemKind.FILE, len(content), digest_of(content))


def test_what_is_held_comes_back():
    bases = Bases()
    bases.put(of(b"content"), b"content")
    assert bases.get(of(b"content")) == b"content"
    assert bases.get(of(b"other")) is None


def test_what_was_not_used_for_longest_goes():
    bases = Bases(room=60)
    for content in (b"one", b"two", b"three", b"four", b"five", b"six"):
        bases.put(of(content), content)
    assert bases.get(of(b"one")) is None
    assert bases.get(of(b"six")) == b"six"


def test_no_more_memory_is_held_than_is_counted():
    tracemalloc.start()
    try:
        bases, content = Bases(), b"exten => 2001,1,Dial(PJSIP/2001)\n" * 30_000
        bases.put(of(content), content)
        before = tracemalloc.get_traced_memory()[0]
        for number in range(10):
            other = content + b"%d" % number
            bases.put(of(other), other)
            del other
        held = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert held < len(content)
