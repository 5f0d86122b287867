"""A hostile source, and a hostile host that asks: nothing outside the allowed places is touched, and it is named."""

import hashlib
import logging
import os
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, FileSet, Place
from pbxsync_worker.core.model.errors import PbxSyncError, PeerLied, PeerRefused
from pbxsync_worker.core.model.host import Host, PeerState, Right
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.protected import ALWAYS
from pbxsync_worker.core.model.run import Mode
from pbxsync_worker.core.store import open_store
from pbxsync_worker.core.wire import pack
from pbxsync_worker.datasets.files import FilesData
from pbxsync_worker.peer.digests import dataset_digest
from pbxsync_worker.peer.exchange import Exchange
from pbxsync_worker.peer.identity import own_identity
from pbxsync_worker.peer.messages import (
    Ask,
    Cancel,
    End,
    Fetch,
    Follow,
    Form,
    Give,
    Head,
    Hello,
    Join,
    Ping,
    Pull,
    Refused,
    Tail,
    Wait,
    Want,
    row_of,
)
from tests.fakes.clock import HandClock
from tests.fakes.hostile import (
    CONTENT,
    GOOD,
    HOSTILE_CONTENTS,
    HOSTILE_DELTAS,
    HOSTILE_INVENTORIES,
    VICTIM,
    WANTED,
    stream,
)
from tests.fakes.inventories import InventoryMemory
from tests.fakes.link import (
    EVERYTHING,
    PLACES,
    STREAMS,
    MemoryData,
    ScriptedTransport,
    WsgiTransport,
    app_for,
    item_with,
    link_over,
    peer_of,
    without,
)

pytestmark = pytest.mark.integration
PROTECTED = matcher(ALWAYS)
FILES = Dataset("files", "Files", tuple(FileSet(place) for place in (Place.ETC, Place.SPOOL, Place.VARLIB)))


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
    "a run without a catalogue": ("/v1/run", [Ask("r", "g", "j", b"", Mode.APPLY, "me")]),
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
