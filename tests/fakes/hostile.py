"""What a hostile source answers: inventories, contents and deltas that no honest host sends."""

import struct
from dataclasses import replace

import brotli
import msgspec
import zstandard

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.inventory import Inventory, digest_of
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from pbxsync_worker.core.model.run import Mode
from pbxsync_worker.peer.messages import (
    KINDS,
    Ask,
    Changed,
    End,
    Form,
    Gone,
    Head,
    Rows,
    Same,
    Small,
    Smalls,
    Tail,
    Undefined,
    Whole,
    row_of,
)
from pbxsync_worker.peer.wire import write
from tests.fakes.link import (
    STREAMS,
    folder,
    item_with,
)

VICTIM = b"ASTETCDIR/pjsip.conf"
CONTENT = b"x" * 100_000


def stream(*messages, codec="none"):
    return b"".join(write(messages, STREAMS, codec))


def framed(kind, value):
    number = next(number for number, one in KINDS.items() if one is kind)
    payload = msgspec.msgpack.encode(value)
    return struct.pack(">IB", len(payload) + 1, number) + payload


def inventory(*items):
    """Return the answer of a source that says it has these items, honest in everything else."""
    whole = Inventory.of(items)
    return stream(Whole(whole.root), Rows(tuple(map(row_of, items))), End(len(items)))


def row(name=b"ASTETCDIR/x.conf", kind="file", size=1, content=None, mode=0o640, owner="asterisk", xattrs=None):
    """Return an inventory whose only row is written by hand."""
    value = [name, kind, size, digest_of(b"x") if content is None else content, mode, owner, owner, 5, xattrs]
    return b"PBXS\x01\x00" + framed(Whole, [b"r" * 32]) + framed(Rows, [[value]]) + framed(End, [1])


def named(name):
    return inventory(item_with(name, b"x"))


def having(**attributes):
    item = item_with(b"ASTETCDIR/x.conf", b"x")
    return inventory(item.with_attributes(replace(item.attributes, **attributes)))


def bomb(compressed, codec):
    return b"PBXS\x01" + bytes((codec,)) + compressed


def small(name, content, kind=ItemKind.KEY):
    return Small(0, name, kind, (content,))


def brought(name, content, kind=ItemKind.KEY):
    """Return an inventory of one small item that comes with its content, honest in everything else."""
    whole = Inventory.of([Item(name, kind, len(content), digest_of(content))])
    return stream(Whole(whole.root), Smalls((small(name, content, kind),)), End(1))


def twisted(*smalls):
    """Return an inventory of small items that are told in an impossible way."""
    return stream(Whole(b"r" * 32), Smalls(smalls), End(len(smalls)))


KEY = b"ASTDB/CF/2001"
PAGES = tuple(small(b"ASTDB/CF/%d" % number, b"\0" * 4096) for number in range(4097))
ZEROS = b"\0" * 2**24
HOSTILE_INVENTORIES = {
    # names
    "traversal": named(b"ASTETCDIR/../../shadow"),
    "traversal at the end": named(b"ASTETCDIR/custom/.."),
    "traversal in the middle": named(b"ASTETCDIR/a/../../../etc/passwd"),
    "only dots": named(b"ASTETCDIR/.."),
    "dot": named(b"ASTETCDIR/./x"),
    "the place itself": named(b"ASTETCDIR"),
    "the place and a slash": named(b"ASTETCDIR/"),
    "absolute": named(b"/etc/shadow"),
    "absolute below a place": named(b"ASTETCDIR//etc/shadow"),
    "no place": named(b"etc/shadow"),
    "another place": named(b"ASTLOGDIR/full"),
    "a place in small letters": named(b"astetcdir/x"),
    "a place out of reach": named(b"ASTDATADIR/sounds/x"),
    "proc": named(b"ASTETCDIR/../proc/self/fd/3"),
    "NUL": named(b"ASTETCDIR/x\0.conf"),
    "trailing slash": named(b"ASTETCDIR/x/"),
    "a name of 256 bytes": named(b"ASTETCDIR/" + b"n" * 256),
    "a path of 4096 bytes": named(b"ASTETCDIR/" + b"n" * 4086),
    "a path of 4097 bytes": row(b"ASTETCDIR/" + b"n" * 4087),
    "too deep": named(b"ASTETCDIR/" + b"d/" * 100 + b"x"),
    "an empty name": row(b""),
    "a text for a name": row("ASTETCDIR/x"),
    "our staging": named(b"ASTETCDIR/.pbxsync-stage/x"),
    # protected
    "manager.conf": named(b"ASTETCDIR/manager.conf"),
    "asterisk.conf": named(b"ASTETCDIR/asterisk.conf"),
    "keys": named(b"ASTETCDIR/keys/asterisk.key"),
    "a call file": named(b"ASTSPOOLDIR/outgoing/evil.call"),
    "an incron command": named(b"ASTSPOOLDIR/incron/sysadmin.evil"),
    "authorized_keys": named(b"ASTVARLIBDIR/.ssh/authorized_keys"),
    "gnupg": named(b"ASTVARLIBDIR/.gnupg/gpg.conf"),
    "a program of FreePBX": named(b"ASTVARLIBDIR/bin/fwconsole"),
    "astdb": named(b"ASTVARLIBDIR/astdb.sqlite3"),
    # kinds and attributes
    "a device": row(kind="device"),
    "a FIFO": row(kind="fifo"),
    "a socket": row(kind="socket"),
    "a hard link": row(kind="hardlink"),
    "setuid": having(mode=0o4755),
    "setgid": having(mode=0o2755),
    "sticky": having(mode=0o1644),
    "a setuid folder": inventory(folder(b"ASTETCDIR/d").with_attributes(Attributes(0o4755, "a", "a"))),
    "a mode beyond all bits": row(mode=0o100644),
    "a negative mode": row(mode=-1),
    "a capability": having(xattrs=((b"security.capability", b"\1\0\0\2"),)),
    "a trusted attribute": having(xattrs=((b"trusted.overlay.opaque", b"y"),)),
    "large attributes": having(xattrs=tuple((b"user.%d" % n, b"v" * 60_000) for n in range(2))),
    "an owner with a colon": having(owner="root:x:0"),
    "an owner with a newline": having(owner="root\n"),
    "an empty group": having(group=""),
    "a size of 2^63": row(size=2**63),
    # sizes and digests
    "a negative size": row(size=-1),
    "a size of 2^60": row(size=2**60),
    "an empty digest": row(content=b""),
    "a short digest": row(content=b"d" * 16),
    "a long digest": row(content=b"d" * 33),
    "a folder with content": inventory(Item(b"ASTETCDIR/d", ItemKind.DIRECTORY, 1, b"d" * 32)),
    "a link without target": inventory(Item(b"ASTETCDIR/l", ItemKind.SYMLINK, 0, digest_of(b""))),
    "a link of 5000 bytes": inventory(Item(b"ASTETCDIR/l", ItemKind.SYMLINK, 5000, b"d" * 32)),
    # relations
    "a file below a link": inventory(
        item_with(b"ASTETCDIR/l", b"/etc", ItemKind.SYMLINK, 0o777), item_with(b"ASTETCDIR/l/passwd", b"x")
    ),
    "a file far below a link": inventory(
        item_with(b"ASTETCDIR/l", b"/", ItemKind.SYMLINK, 0o777), item_with(b"ASTETCDIR/l/etc/passwd", b"x")
    ),
    "a file below a file": inventory(item_with(b"ASTETCDIR/f", b"x"), item_with(b"ASTETCDIR/f/g", b"x")),
    "one name twice": stream(
        Whole(b"r" * 32), Rows((row_of(item_with(VICTIM, b"1")), row_of(item_with(VICTIM, b"2")))), End(2)
    ),
    # the protocol
    # what comes along with its content
    "a file that comes along": brought(VICTIM, b"x", ItemKind.FILE),
    "a link that comes along": brought(VICTIM, b"/etc/shadow", ItemKind.SYMLINK),
    "a key that is not in the dataset": brought(KEY, b"x"),
    "a row that is not in the dataset": brought(b"SQL/asterisk/ampusers/admin", b"x", ItemKind.ROW),
    "a row with a traversal": brought(b"SQL/asterisk/../../etc", b"x", ItemKind.ROW),
    "another content than the root says": stream(
        Whole(Inventory.of([Item(KEY, ItemKind.KEY, 1, digest_of(b"x"))]).root),
        Smalls((small(KEY, b"y"),)),
        End(1),
    ),
    "one key twice": stream(Whole(b"r" * 32), Smalls((PAGES[0], PAGES[0])), End(2)),
    "5000 bytes along": b"PBXS\x01\x00"
    + framed(Whole, [b"r" * 32])
    + framed(Smalls, [[[0, KEY, "key", [b"x" * 5000]]]]),
    "5000 bytes in pieces along": twisted(Small(0, KEY, ItemKind.KEY, (b"x" * 2500, b"x" * 2500))),
    "a name many times along": twisted(Small(0, b"ASTDB/CF/" + b"2" * 200, ItemKind.KEY, (0,) * 64)),
    "a part that the name has not": twisted(Small(0, KEY, ItemKind.KEY, (1,))),
    "a negative part": b"PBXS\x01\x00" + framed(Whole, [b"r" * 32]) + framed(Smalls, [[[0, KEY, "key", [-1]]]]),
    "a name that begins like none": twisted(Small(1, KEY, ItemKind.KEY, (b"x",))),
    "a name that grows": twisted(small(b"ASTDB/" + b"k" * 4000, b"x"), Small(4000, b"k" * 4000, ItemKind.KEY, (b"x",))),
    "more along than allowed": stream(
        Whole(b"r" * 32), *(Smalls(PAGES[at : at + 500]) for at in range(0, 4097, 500)), End(4097), codec="zstd"
    ),
    "another root": stream(Whole(b"r" * 32), Rows((row_of(item_with(VICTIM, b"x")),)), End(1)),
    "a wrong count": stream(Whole(Inventory({}).root), End(7)),
    "no end": stream(Whole(Inventory({}).root)),
    "something after the end": stream(Whole(Inventory({}).root), End(0), End(0)),
    "changes of what was never given": stream(Changed(b"r" * 32), Gone((VICTIM,)), End(1)),
    "the same as nothing": stream(Same(b"r" * 32)),
    "undefined for ever": stream(Undefined()),
    "an order instead of an answer": stream(Ask("r", "g", "j", b"", Mode.APPLY, "me")),
    "content instead of an answer": stream(b"raw"),
    "nothing at all": b"",
    "a web page": b"<html>",
    "a later version": b"PBXS\x02\x00",
    "an unknown compression": b"PBXS\x01\x07",
    "an unknown message": b"PBXS\x01\x00" + struct.pack(">IB", 1, 200),
    "a frame of 4 GiB": b"PBXS\x01\x00" + struct.pack(">IB", 2**32 - 1, 1),
    "an array of 4 billion": b"PBXS\x01\x00" + struct.pack(">IB", 6, 5) + b"\xdd\xff\xff\xff\xff",
    "a nest of arrays": b"PBXS\x01\x00" + struct.pack(">IB", 100_001, 5) + b"\x91" * 100_000,
    "2000 rows in one message": b"PBXS\x01\x00" + framed(Whole, [b"r" * 32]) + framed(Rows, [[[b"x"]] * 2000]),
    "a cut frame": stream(Whole(b"r" * 32))[:-3],
    "zeros by zstd": bomb(zstandard.compress(ZEROS), 1),
    "zeros by brotli": bomb(brotli.compress(ZEROS, quality=5), 2),
    "a cut zstd stream": stream(Whole(b"r" * 32), codec="zstd")[:-2],
    "garbage for zstd": bomb(b"garbage", 1),
    "garbage for brotli": bomb(b"garbage", 2),
}

GOOD = item_with(VICTIM, CONTENT)
WANTED = (Change(None, GOOD),)


def copies(*commands):
    return struct.pack(">I", 0x72730236) + b"".join(commands) + b"\0"


HOSTILE_CONTENTS = {
    "wrong bytes": stream(Head(Form.WHOLE), b"y" * 100_000, Tail(whole=True), End(1)),
    "too few bytes": stream(Head(Form.WHOLE), CONTENT[:-1], Tail(whole=True), End(1)),
    "one byte too many": stream(Head(Form.WHOLE), CONTENT + b"x", Tail(whole=True), End(1)),
    "bytes without end": stream(Head(Form.WHOLE), *[CONTENT] * 50, codec="zstd"),
    "zeros by zstd": bomb(zstandard.compress(ZEROS * 8), 1),
    "content without a head": stream(CONTENT, Tail(whole=True), End(1)),
    "a head in the middle": stream(Head(Form.WHOLE), CONTENT[:10], Head(Form.WHOLE)),
    "no tail": stream(Head(Form.WHOLE), CONTENT, End(1)),
    "no end": stream(Head(Form.WHOLE), CONTENT, Tail(whole=True)),
    "another item after the last": stream(
        Head(Form.WHOLE), CONTENT, Tail(whole=True), Head(Form.WHOLE), CONTENT, Tail(whole=True), End(1)
    ),
    "something after the end": stream(Head(Form.WHOLE), CONTENT, Tail(whole=True), End(1), b"more"),
    "a delta nobody asked for": stream(Head(Form.DELTA), copies(), Tail(whole=True), End(1)),
    "an unknown form": b"PBXS\x01\x00" + framed(Head, ["shell"]),
    "only an end": stream(End(1)),
    "an inventory instead": inventory(GOOD),
    "a cut stream": stream(Head(Form.WHOLE), CONTENT, Tail(whole=True), End(1))[:-4],
}
HOSTILE_DELTAS = {
    "far behind the base": copies(b"\x4f\x00\x00\x00\x00\x7f\xff\xff\xff\x10\x00"),
    "before the base": copies(b"\x54" + b"\xff" * 8 + b"\x10"),
    "the same block for ever": copies(*[b"\x45\x00\xff"] * 10_000),
    "no delta at all": b"garbage",
    "an unknown command": copies(b"\xff"),
    "cut": struct.pack(">I", 0x72730236) + b"\x42\xff\xff",
    "another content": copies(b"\x45\x00\xff"),
    "empty": b"",
}
