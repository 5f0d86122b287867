"""What an earlier run left of a content is not sent again, proven by the source; what is no beginning costs nothing."""

import io
import random

import pytest

from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.model.errors import HostUnreachable, PeerLied, SourceChanged
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.sent import Way
from pbxsync_worker.peer.client import HttpsPeerLink, Trust
from pbxsync_worker.peer.exchange import Exchange
from pbxsync_worker.peer.messages import End, Form, Head, Tail, Undefined
from pbxsync_worker.peer.wire import write
from tests.fakes.clock import HandClock
from tests.fakes.link import DELTAS, PLACES, STREAMS, ScriptedTransport, added, no_base, nothing_protected, replaced
from tests.unit.datasets.support import files_data
from tests.unit.peer.test_client import LARGE, OLD, data, source, store, target, transport_to

__all__ = ["data", "source", "store", "target", "transport_to"]

NAME = b"ASTSPOOLDIR/large.wav"
SMALL = [b"ASTETCDIR/%d.conf" % number for number in range(5)]


class Left:
    """What is here of contents; each can be opened so often."""

    def __init__(self, times=99, **contents):
        self.contents = {bytes.fromhex(digest[1:]): content for digest, content in contents.items()}
        self.times = times

    def __call__(self):
        return {digest: lambda content=content: self.open(content) for digest, content in self.contents.items()}

    def open(self, content):
        self.times -= 1
        return io.BytesIO(content) if self.times >= 0 else None


def left(content, of=LARGE, times=99):
    return Left(times, **{f"d{digest_of(of).hex()}": content})


def going_on(transport, begun, base=no_base, line=None):
    exchange = Exchange("source", transport, STREAMS)
    return HttpsPeerLink(exchange, Trust(PLACES, nothing_protected), DELTAS, base, HandClock(), lambda: line, begun)


def taken(link, data, *names):
    return {change.name: b"".join(content) for change, content in link.fetch([added(data.items[n]) for n in names])}


@pytest.mark.parametrize("here", [1, 100_000, 400_000, 599_999, 600_000])
def test_only_the_rest_of_a_content_is_sent(transport_to, data, here):
    transport = transport_to()
    assert taken(going_on(transport, left(LARGE[:here])), data, *SMALL, NAME) == data.contents
    assert transport.moved < 600_000 - here + 3000


@pytest.mark.parametrize("here", [b"x", LARGE[1:300_000], LARGE[:-1] + b"x", b"\0" * 600_000, LARGE + b"x"])
def test_what_is_not_its_beginning_is_not_used(transport_to, data, here):
    assert taken(going_on(transport_to(), left(here)), data, *SMALL, NAME) == data.contents


def test_the_link_may_break_within_the_rest(transport_to, data):
    transport = transport_to(200_000, 100_000)
    assert taken(going_on(transport, left(LARGE[:300_000])), data, *SMALL, NAME) == data.contents
    assert (transport.requests, transport.moved < 310_000 + 2 * 70_000) == (3, True)


def test_what_goes_before_it_is_used_is_fetched(transport_to, data):
    transport = transport_to()
    assert taken(going_on(transport, left(LARGE[:300_000], times=1)), data, NAME, *SMALL) == data.contents
    assert transport.requests == 2


def test_beside_an_older_version_only_what_differs_comes(transport_to, data):
    transport = transport_to()
    link = going_on(transport, left(LARGE[:100_000]), base=lambda _: io.BytesIO(OLD))
    change = replaced(type(data)().file(NAME, OLD), data.items[NAME])
    assert [b"".join(content) for _, content in link.fetch([change])] == [LARGE]
    assert transport.moved < 20_000


def test_the_rest_of_speech_is_told_by_sample(transport_to, data):
    walk = random.Random(3)
    levels = [0]
    for _ in range(200_000):
        levels.append(max(-9000, min(9000, levels[-1] + walk.randrange(-200, 201))))
    speech = b"".join(one.to_bytes(2, "little", signed=True) for one in levels)
    item = data.file(b"ASTSPOOLDIR/speech.sln", speech)
    link = going_on(transport_to(), left(speech[:100_001], of=speech), line=100_000.0)
    assert [b"".join(content) for _, content in link.fetch([added(item)])] == [speech]
    assert [one.way for one in link.ledger.told().ways] == [Way.SAMPLES]


def test_a_rest_that_was_not_asked_for_is_a_lie(data):
    answer = b"".join(write([Head(Form.REST), Head(Form.WHOLE), LARGE, Tail(whole=True), End(1)], STREAMS))
    with pytest.raises(PeerLied, match="not asked for"):
        taken(going_on(ScriptedTransport(answer), Left()), data, NAME)


def test_a_wrong_rest_is_a_lie(data):
    answer = write([Head(Form.REST), Head(Form.WHOLE), b"x" * 300_000, Tail(whole=True), End(1)], STREAMS)
    link = going_on(ScriptedTransport(b"".join(answer)), left(LARGE[:300_000]))
    with pytest.raises(PeerLied, match="does not match"):
        taken(link, data, NAME)


def test_a_content_that_changed_at_the_source_is_told_so(transport_to, data):
    change = added(data.items[NAME])
    data.file(NAME, LARGE[:300_000])
    link = going_on(transport_to(), left(LARGE[:100_000]))
    with pytest.raises(SourceChanged):
        [b"".join(content) for _, content in link.fetch([change])]


def test_a_source_that_cannot_prove_a_beginning_sends_the_whole(data):
    whole = write([Head(Form.WHOLE), LARGE, Tail(whole=True), End(1)], STREAMS)
    transport = ScriptedTransport(b"".join(write([Undefined()], STREAMS)), b"".join(whole))
    assert taken(going_on(transport, left(LARGE[:300_000])), data, NAME) == {NAME: LARGE}
    assert transport.requests == 2


def test_a_run_goes_on_where_the_one_before_was_cut(tmp_path, transport_to, data):
    here = files_data(tmp_path, places={Place.ETC: tmp_path / "etc", Place.SPOOL: tmp_path / "spool"})
    (tmp_path / "spool").mkdir()
    changes = [added(data.items[name]) for name in (*SMALL, NAME)]

    def prepared(run, transport):
        stream = going_on(transport, here.begun).fetch(changes)
        return here.prepare(run, changes, lambda _: next(stream)[1])

    cut = transport_to(400_000, 0, 0)
    with pytest.raises(HostUnreachable):
        prepared("r1", cut)
    transport = transport_to()
    for step in prepared("r2", transport):
        here.act(step)
    assert (tmp_path / "spool/large.wav").read_bytes() == LARGE
    assert transport.moved < 210_000 + 65_536
