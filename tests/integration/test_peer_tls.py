"""The peer port as it really is: gunicorn, mutual TLS 1.3, pairing, revocation, runs asked for and followed."""

import socket
import ssl
from contextlib import ExitStack

import pytest

from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import HostUnreachable, Invalid, NotAllowed, PeerLied, PeerRefused
from pbxsync_worker.core.model.host import Catalogue, GroupKind, Host, Job, PeerState, Policy, Right
from pbxsync_worker.core.model.run import Mode, Run, State
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.peer.code import new_code
from pbxsync_worker.peer.connection import Address, Connection, Deadlines
from pbxsync_worker.peer.control import PeerControl
from pbxsync_worker.peer.exchange import Exchange
from pbxsync_worker.peer.identity import own_identity
from pbxsync_worker.peer.messages import Hello
from pbxsync_worker.peer.pairing import Joining, confirm, join, make_code, revoke
from tests.fakes.link import DATASET, EVERYTHING, STREAMS, MemoryData, peer_of
from tests.fakes.peer_service import RealHost

pytestmark = pytest.mark.integration
READER = Policy(frozenset({Right.READ}))


@pytest.fixture(scope="module")
def a(tmp_path_factory):
    host = RealHost(tmp_path_factory.mktemp("a"), "pbx-a")
    data = MemoryData()
    data.file(b"ASTETCDIR/pjsip.conf", b"[3001]\n")
    host.give(data)
    host.start()
    yield host
    host.close()


@pytest.fixture
def b(tmp_path):
    host = RealHost(tmp_path / "b", f"pbx-b{tmp_path.name[-20:]}")
    yield host
    host.close()


@pytest.fixture
def connect(a):
    made = []

    def connect(own, pin=""):
        connection = Connection(Address("pbx-a", a.me.address, pin or a.identity.id, own), SystemClock())
        made.append(connection)
        return PeerControl(Exchange("pbx-a", connection, STREAMS))

    yield connect
    for connection in made:
        connection.close()


def joining(host, policy=READER):
    return Joining(host.identity, host.me, policy, host.store, STREAMS, host.clock)


def code_of(a, policy=EVERYTHING):
    return make_code(a.store, a.identity, a.me.address, policy, a.clock.now())


@pytest.fixture
def peace(a):
    """Let the wrong codes of one test not count against the next."""
    yield
    with a.store.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM attempt")


def test_two_hosts_pair_and_talk_after_both_people_confirmed(a, b, connect):
    peer = join(code_of(a), joining(b))
    there = a.store.hosts.peer(b.identity.id)
    assert peer.words == there.words
    assert peer.state is there.state is PeerState.PENDING
    assert there.policy == EVERYTHING
    assert peer.policy == READER
    with pytest.raises((PeerRefused, HostUnreachable)):
        connect(b.identity).ping()
    confirm(a.store, b.identity.id, "admin")
    confirm(b.store, a.identity.id, "admin")
    assert connect(b.identity).ping().name == "pbx-a"


def test_a_code_works_once(a, b, tmp_path, peace):
    code = code_of(a)
    join(code, joining(b))
    third = RealHost(tmp_path / "third", "pbx-third")
    with pytest.raises(PeerRefused, match="not valid"):
        join(code, joining(third))
    third.close()


def test_a_code_of_another_secret_is_refused_and_after_five_tries_every_one_is(a, b, peace):
    for _ in range(5):
        with pytest.raises(PeerRefused, match="not valid"):
            join(new_code(a.identity.id, a.me.address).text, joining(b))
    with pytest.raises(PeerRefused, match="too many"):
        join(code_of(a), joining(b))


def test_an_expired_code_is_refused(a, b, peace):
    code = make_code(a.store, a.identity, a.me.address, EVERYTHING, a.clock.now() - 901)
    with pytest.raises(PeerRefused, match="not valid"):
        join(code, joining(b))


def test_a_code_that_names_another_key_reaches_nobody(a, b):
    code = new_code(b.identity.id[:-2] + "00", a.me.address)
    with pytest.raises(PeerLied, match="another one"):
        join(code.text, joining(b))
    with pytest.raises(Invalid, match="itself"):
        join(new_code(b.identity.id, a.me.address).text, joining(b))


def test_confirming_needs_a_host_that_waits(a, b):
    a.store.hosts.save(peer_of(b.identity, b.name))
    with pytest.raises(NotAllowed):
        confirm(a.store, b.identity.id, "admin")


def test_a_host_that_is_trusted_while_the_service_runs_is_let_in(a, b, connect):
    with pytest.raises((PeerRefused, HostUnreachable)):
        connect(b.identity).ping()
    a.store.hosts.save(peer_of(b.identity, b.name))
    assert connect(b.identity).ping().id == a.identity.id


def test_a_revoked_host_is_refused_at_once_on_its_open_connection_and_named_in_the_log(a, b, connect):
    a.store.hosts.save(peer_of(b.identity, "pbx-b-revoked"))
    control = connect(b.identity)
    control.ping()
    revoke(a.store, b.identity.id, "admin")
    with pytest.raises(PeerRefused, match="revoked"):
        control.ping()
    with pytest.raises((PeerRefused, HostUnreachable)):
        connect(b.identity).ping()
    assert any(entry.what == "refused" and "pbx-b-revoked" in entry.who for entry in a.store.audit.entries())


def test_a_stranger_is_refused_in_the_handshake(a, tmp_path, connect):
    stranger = own_identity(tmp_path / "stranger", Disk())
    with pytest.raises((PeerRefused, HostUnreachable)):
        connect(stranger).ping()


def test_a_host_without_a_certificate_can_do_nothing_but_pair(a, connect):
    with pytest.raises(PeerRefused, match="no certificate"):
        connect(None).ping()
    with pytest.raises(PeerRefused, match="no certificate"):
        connect(None).cancel("run", "me")


def test_a_host_with_another_key_than_the_pinned_one_is_not_talked_to(a, b, connect):
    with pytest.raises(PeerLied, match=r"pbx-a.*another one"):
        connect(b.identity, pin=b.identity.id).ping()


def test_older_tls_is_refused(a):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", a.port), 5) as plain, pytest.raises((ssl.SSLError, ConnectionError)):
        context.wrap_socket(plain)


def test_strangers_who_never_finish_a_handshake_do_not_keep_others_out(a, b, connect):
    a.store.hosts.save(peer_of(b.identity, b.name))
    silent = [socket.create_connection(("127.0.0.1", a.port), 5) for _ in range(20)]
    try:
        assert connect(b.identity).ping().name == "pbx-a"
    finally:
        for one in silent:
            one.close()


def test_strangers_who_do_not_take_leave_do_not_keep_others_out(a, b, connect):
    a.store.hosts.save(peer_of(b.identity, b.name))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with ExitStack() as stack:
        strangers = [
            stack.enter_context(context.wrap_socket(socket.create_connection(("127.0.0.1", a.port), 5)))
            for _ in range(40)
        ]
        for one in strangers:
            one.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        # They would be waited for one after the other, for longer than a host waits for an answer.
        assert connect(b.identity).ping().name == "pbx-a"


def test_a_silent_host_is_given_up_after_the_deadline(b):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        deadlines = Deadlines(connect=0.3, stall=0.3)
        connection = Connection(Address("silent", address, "00", b.identity), SystemClock(), deadlines)
        with pytest.raises(HostUnreachable, match="silent"):
            next(connection.request("/v1/ping", b""))


def test_nobody_there_is_said_so(b):
    connection = Connection(Address("nobody", "127.0.0.1:1", "00", b.identity), SystemClock())
    with pytest.raises(HostUnreachable, match="nobody"):
        next(connection.request("/v1/ping", b""))


def test_an_unknown_path_and_a_body_that_is_no_stream_are_refused(a, b, connect):
    a.store.hosts.save(peer_of(b.identity, b.name))
    connection = Connection(Address("pbx-a", a.me.address, a.identity.id, b.identity), SystemClock())
    exchange = Exchange("pbx-a", connection, STREAMS)
    with pytest.raises(PeerRefused):
        exchange.one("/admin", Hello())
    for body in (b"", b"GET / HTTP/1.0", b"PBXS\x09\x00"):
        assert b"PBXS" in b"".join(connection.request("/v1/ping", body))
    connection.close()


def test_a_kept_connection_that_was_closed_is_opened_again(tmp_path, b):
    host = RealHost(tmp_path / "c", "pbx-c")
    host.store.hosts.save(peer_of(b.identity, b.name))
    host.start()
    connection = Connection(Address("pbx-c", host.me.address, host.identity.id, b.identity), SystemClock())
    control = PeerControl(Exchange("pbx-c", connection, STREAMS))
    control.ping()
    first = connection.moved
    host.stop()
    host.start()
    assert control.ping().name == "pbx-c"
    assert connection.moved > first
    connection.close()
    host.close()


def test_an_empty_exchange_on_a_kept_connection_is_small(a, b, connect):
    a.store.hosts.save(peer_of(b.identity, b.name))
    connection = Connection(Address("pbx-a", a.me.address, a.identity.id, b.identity), SystemClock())
    control = PeerControl(Exchange("pbx-a", connection, STREAMS))
    control.ping()
    before = connection.moved
    control.ping()
    assert connection.moved - before < 700
    connection.close()


class TestRuns:
    @pytest.fixture
    def control(self, a, b, connect):
        a.store.hosts.save(peer_of(b.identity, b.name))
        return connect(b.identity)

    @pytest.fixture
    def signed(self, a, b):
        job = Job("files", "Files", "files", b.identity.id, (a.identity.id,))
        hosts = (a.me, Host(b.identity.id, b.name, ""))
        catalogue = Catalogue(f"farm{b.port}", "Farm", GroupKind.FARM, b.identity.id, 1, hosts, (DATASET,), (job,))
        document = document_of(catalogue)
        return Signed(document, b.identity.id, b.identity.sign(document))

    def run(self, a, b, signed, **values):
        given = {"id": f"run{b.port}", "group": signed.catalogue.group, "job": "files", "source": b.identity.id}
        given |= {"target": a.identity.id, "mode": Mode.APPLY, "state": State.REQUESTED, "requested_by": "ann"}
        return Run(**(given | values))

    def test_a_run_is_stored_and_a_worker_is_woken(self, a, b, control, signed):
        run = self.run(a, b, signed, token=99, state=State.COMMITTED, sentence="forged")
        control.ask_run(run, signed)
        control.ask_run(run, signed)
        stored = a.store.runs.get(run.id)
        assert (stored.state, stored.token, stored.sentence) == (State.REQUESTED, 0, "")
        assert stored.requested_by == f"ann at {b.name}"
        assert (a.home / f"enqueued-{run.id}").exists()

    def test_a_run_is_followed_and_cancelled(self, a, b, control, signed):
        run = self.run(a, b, signed, id=f"follow{b.port}")
        control.ask_run(run, signed)
        status = control.follow(run.id, wait_seconds=0.1, plan=True)
        assert [move.after for move in status.moves] == [State.REQUESTED]
        assert status.plan is None
        assert control.follow(run.id, after_move=1, wait_seconds=0.1).moves == ()
        control.cancel(run.id, "ann")
        assert a.store.runs.get(run.id).cancel_by == f"ann at {b.name}"

    def test_a_run_from_a_source_without_the_right_is_refused(self, a, b, control, signed):
        a.store.hosts.set_policy(b.identity.id, Policy(frozenset({Right.COORDINATE})))
        with pytest.raises(PeerRefused, match="right to write"):
            control.ask_run(self.run(a, b, signed, id=f"source{b.port}"), signed)

    def test_a_catalogue_with_a_wrong_signature_is_refused(self, a, b, control, signed):
        forged = Signed(signed.document, signed.signer, b.identity.sign(b"something else"))
        with pytest.raises(PeerRefused, match="signature"):
            control.give_catalogue(forged)
