"""Two real Asterisks, each with its own PBXSync, over real TLS: the promises of a farm of two."""

import time
from collections.abc import Iterator

import pytest

from pbxsync_worker.core.model.errors import PeerRefused
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.model.sentence import as_text
from scripts.lab.content import Age
from scripts.lab.damage import break_endpoints
from scripts.lab.product import ProductFailed
from scripts.lab.story import EXTENSIONS, OLD_EXTENSIONS
from tests.integration.installation import Pair, pair_of, remains, tree_of, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture
def pair(pbx_node, tmp_path) -> Iterator[Pair]:
    """Give a paired farm of an office with 300 phones and a replica that nobody looked after."""
    source = pbx_node("A", extensions=EXTENSIONS)
    target = pbx_node("B", extensions=OLD_EXTENSIONS, seed=2, age=Age.OLD)
    with pair_of(tmp_path, source, target, probe_seconds=10) as made:
        yield made


def reloads(pair: Pair) -> str:
    """Return when B's Asterisk started and last read its configuration, to the second."""
    return pair.target.node.cli("core show uptime seconds").replace("\n", " ").split("Last reload: ")[-1]


def test_a_farm_of_two(pair):
    """One test, because a farm of two full Asterisks is costly to bring up; each step stands on the one before."""
    _a_first_sync_makes_b_as_a(pair)
    _nothing_new_is_one_request_and_no_write(pair)
    _a_bad_change_is_undone(pair)
    _a_change_on_demand_is_taken_back(pair)
    _a_cancelled_run_changes_nothing(pair)
    _a_folder_that_holds_more_than_the_dataset_stays(pair)
    _a_revoked_host_is_refused_at_once(pair)


def _a_first_sync_makes_b_as_a(pair: Pair) -> None:
    assert pair.target.node.endpoints() == OLD_EXTENSIONS
    run = pair.sync()
    assert run.state is State.COMMITTED, as_text(run.sentence)
    assert pair.target.node.endpoints() == EXTENSIONS
    ours, theirs = (tree_of(host.node) for host in (pair.source, pair.target))
    names = [name for name in ours if name.startswith("etc/asterisk/pjsip.endpoints")]
    assert names
    assert [name for name in names if ours[name] != theirs[name]] == []
    told = pair.source.show(run.id)  # what A tells is what B did
    assert told["run"]["state"] == "COMMITTED"
    assert "res_pjsip.so" in told["result"]["reloaded"]
    assert told["plan"]["digest"] == pair.target.show(run.id)["plan"]["digest"]
    assert remains(pair.target) == []


def _nothing_new_is_one_request_and_no_write(pair: Pair) -> None:
    before, log = tree_of(pair.target.node, moments=True), pair.target.node.log_file.stat().st_size
    run = pair.sync()
    assert run.state is State.UNCHANGED
    assert pair.target.show(run.id)["result"]["numbers"]["requests"] == 1
    assert pair.target.show(run.id)["result"]["reloaded"] == []
    assert tree_of(pair.target.node, moments=True) == before
    assert b"eload" not in pair.target.node.log_file.read_bytes()[log:]


def _a_bad_change_is_undone(pair: Pair) -> None:
    before = tree_of(pair.target.node)
    etc = pair.source.node.etc
    good = {path: (path.read_bytes(), path.stat()) for path in etc.rglob("*") if path.is_file()}
    break_endpoints(pair.source.node)
    run = pair.sync()
    assert (run.state, bool(as_text(run.sentence))) == (State.ROLLED_BACK, True)
    assert tree_of(pair.target.node) == before
    assert pair.target.node.endpoints() == EXTENSIONS
    assert remains(pair.target) == []
    for path, (data, _) in good.items():
        if path.read_bytes() != data:
            path.write_bytes(data)


def _a_change_on_demand_is_taken_back(pair: Pair) -> None:
    before = tree_of(pair.target.node)
    new = pair.source.node.etc / "extensions_custom.conf"
    new.write_text(new.read_text() + "\n[made-by-the-test]\nexten => 9999,1,NoOp(new)\n")
    run = pair.sync()
    assert run.state is State.COMMITTED, as_text(run.sentence)
    assert "made-by-the-test" in pair.target.node.cli("dialplan show made-by-the-test")
    back = pair.target.ask("rollback", run.id)[0]["run"]
    assert back["state"] == "COMMITTED", back
    assert "There is no existence" in pair.target.node.cli("dialplan show made-by-the-test")
    now = tree_of(pair.target.node)
    assert now["etc/asterisk/extensions_custom.conf"] == before["etc/asterisk/extensions_custom.conf"]
    assert pair.sync().state is State.COMMITTED


def _a_cancelled_run_changes_nothing(pair: Pair) -> None:
    before = tree_of(pair.target.node)
    new = pair.source.node.etc / "extensions_custom.conf"
    new.write_text(new.read_text() + "exten => 9998,1,NoOp(newer)\n")
    asked = pair.source.request(pair.job)
    until(lambda: (known := pair.target.run(asked.id)) is not None and known.state is State.VERIFYING, 30, "VERIFYING")
    pair.source.cancel(asked.id)
    run = pair.end_of(asked)
    assert (run.state, run.error) == (State.ROLLED_BACK, "cancelled")
    assert tree_of(pair.target.node) == before
    assert pair.target.node.endpoints() == EXTENSIONS
    assert remains(pair.target) == []


def _a_folder_that_holds_more_than_the_dataset_stays(pair: Pair) -> None:
    theirs = pair.source.node.folder / "var/lib/asterisk/sounds/custom/of-a"
    theirs.mkdir(parents=True)
    (theirs / "a.txt").write_text("A\n")
    assert pair.sync().state is State.COMMITTED
    own = pair.target.node.folder / "var/lib/asterisk/sounds/custom/of-a/own.txt"
    own.write_text("made on B\n")
    (theirs / "a.txt").unlink()
    theirs.rmdir()
    run = pair.sync()
    assert run.state is State.COMMITTED, as_text(run.sentence)
    assert own.read_text() == "made on B\n"
    assert not own.with_name("a.txt").exists()


def _a_revoked_host_is_refused_at_once(pair: Pair) -> None:
    before = tree_of(pair.target.node, moments=True)
    pair.target.ask("hosts", "revoke", "A")
    began = time.monotonic()
    asked = pair.source.request(pair.job)
    until(lambda: (known := pair.source.run(asked.id)) is not None and known.ended, 30, "the refusal")
    known = pair.source.run(asked.id)
    assert known is not None
    assert known.state is State.FAILED
    assert known.error in (PeerRefused.code, "host-unreachable"), known
    assert pair.target.run(asked.id) is None
    with pytest.raises(ProductFailed):
        pair.source.ask("hosts", "check", "B")
    assert tree_of(pair.target.node, moments=True) == before
    print(f"refused after {time.monotonic() - began:.1f} s")
