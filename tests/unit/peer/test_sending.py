"""How contents are sent: by what they are, by how fast the line is, and by what the other host can read."""

import random
from dataclasses import replace

import pytest

from benchmarks.work.audio import Voice
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.facts import HostFacts
from pbxsync_worker.core.model.host import Host, Policy, Right
from pbxsync_worker.core.model.report import LineState
from pbxsync_worker.core.model.sent import Way
from pbxsync_worker.core.store import open_store
from pbxsync_worker.peer.identity import own_identity
from pbxsync_worker.peer.messages import End, Fetch, Form, Head, Pull, Want, row_of
from pbxsync_worker.peer.sending import Sending, line_to, repacks
from pbxsync_worker.peer.serving import Serving
from tests.fakes.clock import HandClock
from tests.fakes.inventories import InventoryMemory
from tests.fakes.link import (
    DELTAS,
    STREAMS,
    MemoryData,
    WsgiTransport,
    added,
    app_for,
    link_over,
    nothing_protected,
    peer_of,
)

NAME = b"ASTSPOOLDIR/voicemail/default/1000/INBOX/msg0000.wav"
SPEECH = Voice("sending").wav(300_000)
NOISE = random.Random(3).randbytes(100_000)
NEW = ("zstd", "brotli", "none", "samples")
SLOW, FAST = 2.5e6, 2.5e8


@pytest.fixture
def peer(tmp_path):
    return peer_of(own_identity(tmp_path / "peer", Disk()), "peer")


@pytest.fixture
def store(tmp_path, peer):
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", HandClock())
    store.hosts.set_me(Host("0" * 64, "source", ""))
    store.hosts.save(peer)
    yield store
    store.database.close()


@pytest.fixture
def data():
    data = MemoryData()
    data.file(NAME, SPEECH)
    data.file(b"ASTETCDIR/noise", NOISE)
    return data


def nobody(*_):
    return HostFacts("")


@pytest.fixture
def coding(store, peer, data):
    def coding(*messages, reads=data):
        return Sending(store, reads, nothing_protected, STREAMS, DELTAS, lambda: 0.0).coding(peer, messages)

    return coding


def forms(store, peer, data, *accept, rate=0):
    serving = Serving(store, data, InventoryMemory(), nothing_protected, DELTAS, nobody)
    wanted = [Want(row_of(item), 0, b"") for item in data.items.values()]
    answer = serving.fetch(peer, [Fetch(accept, rate), *wanted, End(len(wanted))])
    return [message.form for message in answer if isinstance(message, Head)]


def over(store, data, tmp_path, peer, *breaks, line=SLOW):
    app = app_for(own_identity(tmp_path / "me", Disk()), store, data, InventoryMemory(), asks=lambda: peer.certificate)
    transport = WsgiTransport(app, breaks=breaks)
    link = link_over(transport, line=line)
    got = {
        change.name: b"".join(content) for change, content in link.fetch([added(one) for one in data.items.values()])
    }
    return got, transport.moved


def test_speech_over_a_slow_line_is_told_by_sample(store, peer, data):
    assert forms(store, peer, data, *NEW, "line/2500000") == [Form.SAMPLES, Form.WHOLE]


def test_a_fast_line_does_not_wait_for_the_processor(store, peer, data):
    assert forms(store, peer, data, *NEW, "line/250000000") == [Form.WHOLE, Form.WHOLE]


def test_where_nobody_knows_the_line_nothing_is_told_by_sample(store, peer, data):
    assert forms(store, peer, data, *NEW) == [Form.WHOLE, Form.WHOLE]


def test_a_job_that_limits_its_bytes_has_a_slow_line(store, peer, data):
    assert forms(store, peer, data, *NEW, "line/250000000", rate=100_000) == [Form.SAMPLES, Form.WHOLE]


def test_an_older_host_gets_whole_contents(store, peer, data):
    assert forms(store, peer, data, "zstd", "none", rate=100_000) == [Form.WHOLE, Form.WHOLE]


def test_what_this_host_has_measured_counts(store, peer):
    store.lines.save(peer.host.id, LineState(bytes_per_s=SLOW, rtt_ms=150.0))
    assert line_to(store, peer, [Fetch((*NEW, "line/250000000"))]) == SLOW
    assert repacks(SLOW, NEW)


def test_a_far_host_is_not_believed_to_have_a_very_fast_line(store, peer):
    for measured in (None, 1.3e8):
        store.lines.save(peer.host.id, LineState(bytes_per_s=measured, rtt_ms=150.0))
        assert repacks(line_to(store, peer, [Fetch(NEW)]), NEW)
    store.lines.save(peer.host.id, LineState(bytes_per_s=1.3e8, rtt_ms=0.4))
    assert not repacks(line_to(store, peer, [Fetch(NEW)]), NEW)


@pytest.mark.parametrize("word", ["line/", "line/-1", "line/1e3", "line/x", "line/²", "line/0"])
def test_a_speed_that_cannot_be_is_not_known(store, peer, word):
    assert line_to(store, peer, [Fetch((*NEW, word))]) is None


def test_contents_come_whole_and_shorter_over_a_slow_line(store, peer, data, tmp_path):
    data.remove(b"ASTETCDIR/noise")
    slow, short = over(store, data, tmp_path, peer)
    fast, long = over(store, data, tmp_path, peer, line=FAST)
    assert slow == fast == data.contents
    assert short < 0.75 * long


@pytest.mark.parametrize("stop", [6, 10_000, 60_000, 90_001])
def test_speech_is_resumed_where_the_link_broke(store, peer, data, tmp_path, stop):
    assert over(store, data, tmp_path, peer, stop)[0] == data.contents


def test_noise_is_sent_as_it_is(coding, data):
    data.remove(NAME)
    (item,) = data.items.values()
    assert coding(Fetch((*NEW, "line/2500000")), Want(row_of(item), 0, b""), End(1)) == ("none", None)


def test_a_slow_inventory_is_told_in_brotli(coding):
    assert coding(Pull(b"", b"", b"", (*NEW, "line/2500000"))) == ("brotli", 5)
    assert coding(Pull(b"", b"", b"", NEW)) == ("zstd", 3)
    assert coding(Pull(b"", b"", b"", ("zstd", "none"))) == ("zstd", 3)


class Untouchable(MemoryData):
    def open(self, item):
        raise AssertionError(item.text)


def test_no_sample_is_taken_of_what_the_peer_may_not_read(store, peer, data):
    closed = replace(peer, policy=Policy(frozenset(Right), places=()))
    sending = Sending(store, Untouchable(), nothing_protected, STREAMS, DELTAS, lambda: 0.0)
    wanted = Want(row_of(data.items[NAME]), 0, b"")
    assert sending.coding(closed, [Fetch((*NEW, "line/2500000")), wanted, End(1)])[0] in NEW


def test_what_changed_meanwhile_is_no_sample(coding, data):
    wanted = Want(row_of(data.items[NAME]), 0, b"")
    data.file(NAME, SPEECH + b"more")
    assert coding(Fetch((*NEW, "line/2500000")), wanted, End(1)) == ("brotli", 5)


def test_how_each_content_came_is_counted(store, peer, data, tmp_path):
    app = app_for(own_identity(tmp_path / "me", Disk()), store, data, InventoryMemory(), asks=lambda: peer.certificate)
    transport = WsgiTransport(app)
    link = link_over(transport, line=SLOW)
    for _, content in link.fetch([added(one) for one in data.items.values()]):
        b"".join(content)
    told = link.ledger.told()
    assert [(one.way, one.items, one.size) for one in told.ways] == [
        (Way.SAMPLES, 1, len(SPEECH)),
        (Way.WHOLE, 1, len(NOISE)),
    ]
    assert transport.moved - 2000 < sum(one.sent for one in told.ways) <= transport.moved
