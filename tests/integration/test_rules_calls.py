"""Real calls, and a job that waits for their end or reloads in their midst: none is ever dropped."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pbxsync_worker.core.model.ready_rules import READY
from pbxsync_worker.core.model.rule import Rule, find
from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.wiring.grant import grant
from scripts.lab.people import people
from tests.integration.installation import Pair, pair_of, until
from tests.integration.sipp import Calls, calls_of

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("sipp"),
]
EXTENSIONS = 30
QUICK = 2.0
"""Seconds between the last hang-up and the run."""


@pytest.fixture
def pair(pbx_node, tmp_path) -> Iterator[Pair]:
    """Give a farm of two that is in step."""
    source, target = pbx_node("A", extensions=EXTENSIONS), pbx_node("B", extensions=EXTENSIONS)
    with pair_of(tmp_path, source, target, probe_seconds=10) as made:
        assert made.sync().state is State.COMMITTED
        yield made


def _rule(pair: Pair, *rules: Rule) -> None:
    here = pair.source.here
    grant(here, SaveCatalogue(here.store.catalogues.find_job(pair.job).with_rules(rules, pair.job)), "test")


def _edit(pair: Pair, name: str) -> None:
    """Change an endpoint and the dialplan, so that both are reloaded."""
    etc = pair.source.node.etc
    endpoints = etc / "pjsip.endpoints.conf"
    endpoints.write_text(endpoints.read_text().replace("callerid = ", f"callerid = {name} ", 1))
    (etc / "extensions_custom.conf").write_text(f"[from-internal-custom]\nexten => {name},1,Hangup()\n")


def _call(pair: Pair, folder: Path, running: ExitStack, count: int, seconds: float) -> Calls:
    one = people(EXTENSIONS, 1)[0]
    node = pair.target.node
    calls = Calls(folder, node, (str(one.number), one.password), count, seconds)
    running.callback(calls.close)
    until(lambda: calls_of(node) == count, 20, f"{count} calls")
    return calls


def _known(pair: Pair, run: Run) -> Run | None:
    return pair.target.run(run.id)


def _is(pair: Pair, run: Run, state: State) -> bool:
    known = _known(pair, run)
    return known is not None and known.state is state


def test_a_job_waits_for_the_end_of_twenty_calls_and_then_runs_at_once(pair, tmp_path):
    _rule(pair, find(READY, "not-during-calls"))
    _edit(pair, "Waits")
    with ExitStack() as running:
        calls = _call(pair, tmp_path / "calls", running, 20, 15)
        run = pair.source.request(pair.job)
        until(lambda: _is(pair, run, State.WAITING), 20, "the run to wait")
        said = as_text(pair.target.show(run.id)["run"]["sentence"])
        until(lambda: calls_of(pair.target.node) == 0, 60, "the last hang-up")
        hung_up = time.time()
        until(calls.over, 20, "the end of SIPp")
        ended = pair.end_of(run)
    moves = pair.target.here.store.runs.moves(run.id)
    began = next(move.at for move in moves if move.after is State.SCANNING)
    print(f"{said}; began {began - hung_up:.2f} s after the last hang-up was seen; {calls.successful()} calls stood")
    assert said == "waits, at most 4 h: Not during calls (Calls in progress here: 20)"
    assert ended.state is State.COMMITTED, as_text(ended.sentence)
    assert [move.after for move in moves][:3] == [State.REQUESTED, State.WAITING, State.SCANNING]
    assert calls.successful() == 20
    assert began - hung_up <= QUICK


def test_a_job_that_may_reload_during_fifty_calls_drops_none(pair, tmp_path):
    _edit(pair, "Reloads")
    with ExitStack() as running:
        calls = _call(pair, tmp_path / "calls", running, 50, 25)
        ended = pair.sync()
        reloaded = pair.target.show(ended.id)["result"]["reloaded"]
        still = calls_of(pair.target.node)
        until(calls.over, 60, "the end of SIPp")
    print(f"reloaded {', '.join(reloaded)} during {still} calls; {calls.successful()} stood to their end")
    assert ended.state is State.COMMITTED, as_text(ended.sentence)
    assert {"res_pjsip.so", "pbx_config.so"} <= set(reloaded)
    assert (still, calls.successful()) == (50, 50)
