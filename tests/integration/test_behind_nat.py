"""Two real hosts of which only one can call the other: they know each other's facts, and runs go their way."""

from collections.abc import Iterator
from functools import partial

import pytest

from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.model.sentence import as_text
from scripts.lab.loopback import free_port
from tests.integration.installation import Pair, pair_of, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture
def pair(pbx_node, tmp_path) -> Iterator[Pair]:
    with pair_of(tmp_path, pbx_node("A"), pbx_node("B", seed=2), probe_seconds=10) as made:
        yield made


def cut_off(host, other) -> None:
    """Let a host know an address of another one at which nobody answers, as behind a router."""
    address = f"127.0.0.1:{free_port('127.0.0.1', 7999)}"
    host.here.store.hosts.set_address(other.here.store.hosts.me().id, address)


def known(host, other, name: str):
    found = host.here.store.facts.known(other.here.store.hosts.me().id).get(name)
    return None if found is None else found.value


def is_up(host, other) -> bool:
    return known(host, other, "asterisk.up") is True


def is_heard_only(lines, host: str) -> bool:
    line = lines.of(host)
    return line.dials is False and line.state == "reachable"


def test_hosts_know_each_other_whoever_calls(pair):
    one, other = pair.source, pair.target
    for host, far in ((one, other), (other, one)):
        until(partial(is_up, host, far), 60, "the facts of the other host")
        assert str(known(host, far, "asterisk.version")).startswith("22.")
        assert known(host, far, "asterisk.calls") == 0
        assert known(host, far, "remote.state") == "reachable"
        assert abs(known(host, far, "clock.offset_s")) < 2
    assert host.node.running


def test_a_replica_behind_a_router_is_driven_through_its_own_call(pair):
    cut_off(pair.source, pair.target)
    target = pair.target.here.store.hosts.me().id
    lines = pair.source.here.store.lines
    until(lambda: lines.of(target).polls and lines.of(target).dials is False, 90, "the replica to call")
    assert lines.of(target).state == "reachable"
    run = pair.sync()
    assert run.state is State.COMMITTED, as_text(run.sentence)
    assert pair.sync().state is State.UNCHANGED


def test_a_source_behind_a_router_is_refused_before_anything_is_done(pair):
    cut_off(pair.target, pair.source)
    source = pair.source.here.store.hosts.me().id
    lines = pair.target.here.store.lines
    until(partial(is_heard_only, lines, source), 90, "the replica to know that it can only be called")
    run = pair.sync()
    assert (run.state, run.error) == (State.FAILED, "source-out-of-reach")
    assert "cannot reach A, the source, by itself" in as_text(run.sentence)
