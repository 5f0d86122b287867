"""A hostile source, and a hostile host that asks: nothing outside the allowed places is touched, and it is named."""

import hashlib
import logging
import os
import struct
from dataclasses import replace
from pathlib import Path

import brotli
import msgspec
import pytest
import zstandard

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, FileSet, Place
from pbxsync_worker.core.model.errors import PbxSyncError, PeerLied, PeerRefused
from pbxsync_worker.core.model.host import Host, PeerState, Right
from pbxsync_worker.core.model.inventory import Inventory, digest_of
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.protected import ALWAYS
from pbxsync_worker.core.model.run import Mode, Run, State
from pbxsync_worker.core.store import open_store
from pbxsync_worker.core.wire import pack
from pbxsync_worker.datasets.files import FilesData
from pbxsync_worker.peer.exchange import Exchange
from pbxsync_worker.peer.identity import own_identity
from pbxsync_worker.peer.inventories import InventoryMemory
from pbxsync_worker.peer.messages import (
    KINDS,
    Ask,
    Cancel,
    Changed,
    End,
    Fetch,
    Follow,
    Form,
    Give,
    Gone,
    Head,
    Hello,
    Join,
    Ping,
    Pull,
    Refused,
    Rows,
    Same,
    Tail,
    Undefined,
    Wait,
    Want,
    Whole,
    dataset_digest,
    row_of,
)
from pbxsync_worker.peer.wire import write
from tests.fakes.clock import HandClock
from tests.fakes.link import (
    EVERYTHING,
    PLACES,
    STREAMS,
    MemoryData,
    ScriptedTransport,
    WsgiTransport,
    app_for,
    folder,
    item_with,
    link_over,
    peer_of,
    without,
)

pytestmark = pytest.mark.integration
PROTECTED = matcher(ALWAYS)
FILES = Dataset("files", "Files", tuple(FileSet(place) for place in (Place.ETC, Place.SPOOL, Place.VARLIB)))
CONTENT = b"x" * 100_000
VICTIM = b"ASTETCDIR/pjsip.conf"


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
    "another root": stream(Whole(b"r" * 32), Rows((row_of(item_with(VICTIM, b"x")),)), End(1)),
    "a wrong count": stream(Whole(Inventory({}).root), End(7)),
    "no end": stream(Whole(Inventory({}).root)),
    "something after the end": stream(Whole(Inventory({}).root), End(0), End(0)),
    "changes of what was never given": stream(Changed(b"r" * 32), Gone((VICTIM,)), End(1)),
    "the same as nothing": stream(Same(b"r" * 32)),
    "undefined for ever": stream(Undefined()),
    "an order instead of an answer": stream(Ask(Run("r", "g", "j", "s", "t", Mode.APPLY, State.REQUESTED))),
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
    "a patch of another time": stream(Head(Form.PATCH), b"p", Tail(whole=True), End(1)),
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


def tree_digest(path):
    running = hashlib.sha256()
    for folder_name, folders, files in os.walk(path):
        folders.sort()
        for name in sorted((*folders, *files)):
            full = Path(folder_name, name)
            status = full.lstat()
            running.update(repr((name, status.st_mode, status.st_size, status.st_mtime_ns)).encode())
            if name in files and not full.is_symlink():
                running.update(full.read_bytes())
    return running.digest()


class Target:
    """The host that is attacked: its live places, and a decoy beside them."""

    def __init__(self, root):
        self.root = root
        self.places = {place: root / "pbx" / place.value for place in Place}
        for path in (*self.places.values(), root / "decoy" / "etc", root / "own"):
            path.mkdir(parents=True)
        (root / "decoy" / "etc" / "passwd").write_text("root:x:0:0\n")
        (self.places[Place.ETC] / "asterisk.conf").write_text("[directories]\n")
        (self.places[Place.ETC] / "extensions.conf").write_text("[default]\n")
        self.data = FilesData(self.places, PROTECTED, root / "own" / "index", root / "own", Disk(), HandClock())

    def digest(self):
        return tree_digest(self.root / "decoy"), tree_digest(self.root / "pbx")

    def apply(self, link, changes):
        """Do what a run does with contents from a link: stage everything, and only then act."""
        arriving = link.fetch(changes)
        try:
            steps = self.data.prepare("run1", changes, lambda _: next(arriving)[1])
            for _ in arriving:
                pass
        except PbxSyncError:
            self.data.discard("run1")
            raise
        for step in steps:
            self.data.act(step)


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def link_to(*answers, base=None):
    places = tuple(place for place in PLACES if place != "ASTDATADIR")
    transport = ScriptedTransport(*answers)
    return link_over(transport, protected=PROTECTED, places=places, host="pbx-evil", **({"base": base} if base else {}))


@pytest.mark.parametrize("case", HOSTILE_INVENTORIES)
def test_a_hostile_inventory_ends_in_an_error_that_names_the_host(case, target, caplog):
    before = target.digest()
    with caplog.at_level(logging.WARNING), pytest.raises(PeerLied, match="pbx-evil"):
        link_to(HOSTILE_INVENTORIES[case]).pull(FILES, None)
    assert any(getattr(record, "peer_name", "") == "pbx-evil" for record in caplog.records)
    assert target.digest() == before


@pytest.mark.parametrize("case", HOSTILE_CONTENTS)
def test_a_hostile_content_changes_nothing(case, target, caplog):
    before = target.digest()
    with caplog.at_level(logging.WARNING), pytest.raises(PeerLied, match="pbx-evil"):
        target.apply(link_to(HOSTILE_CONTENTS[case]), WANTED)
    assert any(getattr(record, "peer_name", "") == "pbx-evil" for record in caplog.records)
    assert target.digest()[0] == before[0]
    assert not (target.places[Place.ETC] / "pjsip.conf").exists()
    assert not list(target.root.rglob("*pjsip*"))


@pytest.mark.parametrize("case", HOSTILE_DELTAS)
def test_a_hostile_delta_changes_nothing(case, target):
    live = target.places[Place.ETC] / "pjsip.conf"
    live.write_bytes(CONTENT[:-5])
    inventory_now = target.data.inventory(FILES)
    before = inventory_now.items[VICTIM]
    shape = target.digest()[0]
    answer = stream(Head(Form.DELTA), HOSTILE_DELTAS[case], Tail(whole=True), End(1))
    link = link_to(answer, base=lambda _: live.open("rb"))
    with pytest.raises(PeerLied, match="pbx-evil"):
        target.apply(link, (Change(before, GOOD),))
    assert live.read_bytes() == CONTENT[:-5]
    assert target.digest()[0] == shape


@pytest.mark.parametrize("name", [b"ASTETCDIR/custom/passwd", b"ASTETCDIR/custom/new", b"ASTETCDIR/custom/a/b"])
def test_a_live_link_on_the_way_is_never_written_through(name, target):
    (target.places[Place.ETC] / "custom").symlink_to(target.root / "decoy" / "etc")
    before = target.digest()[0]
    link = link_to(stream(Head(Form.WHOLE), CONTENT, Tail(whole=True), End(1)))
    with pytest.raises((PbxSyncError, OSError)):
        target.apply(link, (Change(None, item_with(name, CONTENT)),))
    assert target.digest()[0] == before


def test_a_link_that_is_swapped_in_after_staging_is_never_written_through(target):
    custom = target.places[Place.ETC] / "custom"
    custom.mkdir()
    wanted = (Change(None, item_with(b"ASTETCDIR/custom/passwd", CONTENT)),)
    before = target.digest()[0]
    arriving = link_to(stream(Head(Form.WHOLE), CONTENT, Tail(whole=True), End(1))).fetch(wanted)
    steps = target.data.prepare("run1", wanted, lambda _: next(arriving)[1])
    for child in custom.iterdir():
        child.rename(target.root / child.name)
    custom.rmdir()
    custom.symlink_to(target.root / "decoy" / "etc")
    with pytest.raises((PbxSyncError, OSError)):
        target.data.act(steps[0])
    assert target.digest()[0] == before


def test_a_source_that_only_says_it_still_works_is_given_up():
    with pytest.raises(PbxSyncError, match="pbx-evil"):
        link_to(stream(*[Wait()] * 1000)).pull(FILES, None)


def test_what_a_hostile_host_says_cannot_reach_the_terminal():
    with pytest.raises(PeerRefused) as refused:
        link_to(stream(Refused("stop", "\x1b]0;owned\x07\r\n\u202efoo"))).pull(FILES, None)
    assert refused.value.sentence.isprintable()


# The other way round: a paired host that asks for more than it may have.


@pytest.fixture
def service(tmp_path, target):
    me, other = own_identity(tmp_path / "me", Disk()), own_identity(tmp_path / "other", Disk())
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", HandClock())
    store.hosts.set_me(Host(me.id, "pbx-me", ""))
    store.hosts.save(peer_of(other, "pbx-evil", policy=replace(EVERYTHING, places=("ASTETCDIR",))))
    secret = MemoryData()
    for name in (b"ASTETCDIR/manager.conf", b"ASTSPOOLDIR/voicemail/1/msg", b"ASTETCDIR/pjsip.conf"):
        secret.file(name, b"secret of this host")
    app = app_for(me, store, secret, InventoryMemory(), asks=lambda: other.certificate, protected=PROTECTED)
    yield store, other, Exchange("pbx-me", WsgiTransport(app), STREAMS)
    store.database.close()


def pulling(**values):
    definition = pack(Dataset("d", "", (FileSet(**({"place": Place.ETC} | values)),)))
    return Pull(dataset_digest(definition), definition, b"", ("none",))


def wanting(name, signature=b""):
    want = Want(row_of(item_with(name, b"secret of this host")), 0, signature)
    return (Fetch(("none",)), want, End(1))


ME = "0" * 64
HOSTILE_QUESTIONS = {
    "a place that is closed": ("/v1/pull", [pulling(place=Place.SPOOL)]),
    "a file set outside": ("/v1/pull", [pulling(path="../..")]),
    "an absolute file set": ("/v1/pull", [pulling(path="/etc")]),
    "a pattern that is none": ("/v1/pull", [pulling(include=("{",))]),
    "a definition of another digest": ("/v1/pull", [Pull(b"d" * 32, pulling().definition, b"", ())]),
    "a definition that is none": ("/v1/pull", [Pull(b"d" * 32, b"\xc1", b"", ())]),
    "two questions": ("/v1/pull", [pulling(), pulling()]),
    "a protected file": ("/v1/fetch", wanting(b"ASTETCDIR/manager.conf")),
    "a closed place": ("/v1/fetch", wanting(b"ASTSPOOLDIR/voicemail/1/msg")),
    "a traversal": ("/v1/fetch", wanting(b"ASTETCDIR/../ASTSPOOLDIR/voicemail/1/msg")),
    "an absolute name": ("/v1/fetch", wanting(b"/etc/shadow")),
    "a signature with a block of 2 GiB": (
        "/v1/fetch",
        wanting(b"ASTETCDIR/pjsip.conf", signature=struct.pack(">III", 0x72730147, 2**31, 8)),
    ),
    "a wrong count of wants": ("/v1/fetch", [*wanting(b"ASTETCDIR/pjsip.conf")[:2], End(9)]),
    "no fetch at all": ("/v1/fetch", [Ping()]),
    "an unsigned catalogue": ("/v1/catalogue", [Give(b"doc", ME, b"sig")]),
    "a run without a catalogue": ("/v1/run", [Ask(Run("r", "g", "j", ME, ME, Mode.APPLY, State.REQUESTED))]),
    "a run of nobody": ("/v1/follow", [Follow("r", 0, 0.0, plan=True)]),
    "cancelling nothing": ("/v1/cancel", [Cancel("r", "me")]),
    "an unknown route": ("/admin", [Ping()]),
    "pairing by the wrong door": ("/v1/pair", [Ping()]),
    "a forged proof": ("/v1/pair", [Join(b"cert", "pbx", "x:1", b"n", b"m", b"proof", b"sig")]),
    "a large hello": ("/v1/pair/hello", [Hello(), b"x" * 100_000]),
}


@pytest.mark.parametrize("case", HOSTILE_QUESTIONS)
def test_a_hostile_question_is_refused_and_its_host_named(case, service, caplog):
    _, _, exchange = service
    path, messages = HOSTILE_QUESTIONS[case]
    with caplog.at_level(logging.WARNING), pytest.raises(PeerRefused) as refused:
        list(exchange.ask(path, messages, 10**6))
    assert "secret of this host" not in str(refused.value)
    if not path.startswith("/v1/pair") and path != "/admin":
        assert any(getattr(record, "peer_name", "") == "pbx-evil" for record in caplog.records)


@pytest.mark.parametrize("right", [Right.READ, Right.COORDINATE])
def test_a_right_that_was_taken_away_is_gone_with_the_next_question(right, service):
    store, other, exchange = service
    store.hosts.set_policy(other.id, without(EVERYTHING, right))
    path, messages = ("/v1/pull", [pulling()]) if right is Right.READ else ("/v1/follow", [Follow("r", 0, 0.0, False)])
    with pytest.raises(PeerRefused, match="no right to"):
        list(exchange.ask(path, messages, 10**6))


@pytest.mark.parametrize("state", [PeerState.PENDING, PeerState.REVOKED])
def test_a_host_that_is_not_paired_gets_nothing(state, service):
    store, other, exchange = service
    store.hosts.set_state(other.id, state)
    with pytest.raises(PeerRefused, match=state.value):
        list(exchange.ask("/v1/ping", [Ping()], 10**6))


def test_there_are_at_least_sixty_cases():
    assert sum(map(len, (HOSTILE_INVENTORIES, HOSTILE_CONTENTS, HOSTILE_DELTAS, HOSTILE_QUESTIONS))) >= 60
