"""Whole runs that stop, start or restart a real Asterisk: with calls, one that hangs, one that never comes back.

A rule chooses what Asterisk does; the target's own policy allows it. Whatever goes wrong, the files are the old ones
and Asterisk runs with them where that is possible at all; the alert is there, and all of it within the deadlines.
"""

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pbxsync_worker.core.model.rule import Rule, Then
from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.wiring.grant import grant
from tests.integration.installation import Pair, pair_of, remains, tree_of, until
from tests.integration.served import Served, add_test_context, served

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

DRAIN, STOP, BOOT = 12, 6, 25
DEADLINE = 2 * (DRAIN + STOP + BOOT) + 40
"""Seconds for a run that is taken back, with everything that can go wrong twice."""
_NUMBER = itertools.count()


@dataclass
class Farm:
    """The pair, and the target's Asterisk, which the product itself starts."""

    pair: Pair
    asterisk: Served

    def choose(self, action: str) -> None:
        """Let every run of the job make Asterisk do this."""
        here = self.pair.source.here
        catalogue = here.store.catalogues.find_job(self.pair.job)
        rule = Rule("way", "Way", "plan.changes >= 0", Then.ASTERISK, asterisk=action)
        grant(here, SaveCatalogue(catalogue.with_rules((rule,), self.pair.job)), "test")

    def change(self, name: str = "extensions.conf", text: str = "") -> None:
        with (self.pair.source.node.etc / name).open("a") as file:
            file.write(text or f"; change {next(_NUMBER)}\n")

    def sync(self, action: str) -> Run:
        self.choose(action)
        return self.pair.sync()

    @property
    def started(self) -> str:
        return self.asterisk.pbx.look().started

    def taken_back(self, run: Run, error: str, before: object) -> None:
        """Assert that all is as it was, and that somebody is told."""
        assert (run.state, run.error) == (State.ROLLED_BACK, error), as_text(run.sentence)
        assert tree_of(self.asterisk.node) == before
        assert remains(self.pair.target) == []
        alerts = self.pair.target.here.store.alerts
        until(lambda: any(one.error == error for one in alerts.open()), 20, f"the alert of {error}")


@pytest.fixture(scope="module")
def farm(module_pbx_node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    folder = tmp_path_factory.mktemp("restart-runs")
    source, target = module_pbx_node("A", extensions=8), module_pbx_node("B", extensions=8)
    add_test_context(source)
    with ExitStack() as running:
        asterisk = running.enter_context(served(target))
        said = asterisk.program("hook", "echo flushed; echo password=hunter2")
        broken = asterisk.program("broken-hook", "echo it cannot >&2; exit 1")
        more = (
            f'asterisk_starter = "commands"\nasterisk_start = {json.dumps(asterisk.start)}\n'
            f"asterisk_kill = {json.dumps(asterisk.kill)}\nasterisk_drain_seconds = {DRAIN}\n"
            f"asterisk_stop_seconds = {STOP}\nasterisk_boot_seconds = {BOOT}\n"
            f"[hooks.flush]\nargv = {json.dumps(said)}\n[hooks.broken]\nargv = {json.dumps(broken)}\n"
        )
        pair = running.enter_context(pair_of(folder, source, target, 15, more))
        peer = pair.target.here.store.hosts.by_id(pair.source.here.identity.id)
        pair.target.here.store.hosts.set_policy(peer.host.id, replace(peer.policy, actions=("*",)))
        made = Farm(pair, asterisk)
        assert made.sync("map").state is State.COMMITTED
        yield made


@pytest.fixture(autouse=True)
def healthy(farm: Farm) -> Iterator[None]:
    """Leave the source as the target is, and an Asterisk without calls."""
    files = {path: path.read_bytes() for path in farm.pair.source.node.etc.glob("*.conf")}
    start = Path(farm.asterisk.start[0]).read_text()
    yield
    for path, content in files.items():
        path.write_bytes(content)
    Path(farm.asterisk.start[0]).write_text(start)
    farm.asterisk.service().start()
    assert farm.sync("restart now").state in (State.COMMITTED, State.UNCHANGED)


@pytest.mark.parametrize(
    "action",
    ["restart when convenient", "restart gracefully", "restart now", "stop and start gracefully", "stop and start now"],
)
def test_asterisk_is_started_anew_with_the_change(farm: Farm, action: str):
    before = farm.started
    farm.change()
    run = farm.sync(action)
    assert run.state is State.COMMITTED, as_text(run.sentence)
    assert farm.started != before
    assert remains(farm.pair.target) == []


@pytest.mark.parametrize("action", ["restart gracefully", "stop and start when convenient"])
def test_a_run_waits_for_the_last_call(farm: Farm, action: str):
    farm.asterisk.call(6)
    farm.change()
    began = time.monotonic()
    assert farm.sync(action).state is State.COMMITTED
    assert time.monotonic() - began > 4


def test_a_restart_now_says_that_calls_ended(farm: Farm):
    farm.asterisk.call(60)
    farm.change()
    run = farm.sync("restart now")
    assert run.state is State.COMMITTED
    findings = farm.pair.target.show(run.id)["result"]["findings"]
    assert any("calls that were in progress have ended" in one["sentence"] for one in findings)


@pytest.mark.parametrize("action", ["restart gracefully", "stop and start when convenient"])
def test_calls_that_outlast_the_limit_go_on_and_the_change_is_taken_back(farm: Farm, action: str):
    before, started = tree_of(farm.asterisk.node), farm.started
    farm.asterisk.call(3 * DRAIN)
    farm.change()
    run = farm.sync(action)
    assert farm.asterisk.calls() > 0
    farm.taken_back(run, "calls-in-progress", before)
    assert farm.started == started


@pytest.mark.parametrize("action", ["restart now", "stop and start now"])
def test_files_that_keep_asterisk_from_starting_are_taken_back_and_it_starts(farm: Farm, action: str):
    before = tree_of(farm.asterisk.node)
    farm.change("modules.conf", "\nrequire => res_of_nobody.so\n")
    began = time.monotonic()
    run = farm.sync(action)
    assert time.monotonic() - began < DEADLINE
    farm.taken_back(run, "asterisk-down", before)
    assert farm.asterisk.pbx.look().running


def test_one_that_never_comes_back_is_told_to_be_started_by_hand(farm: Farm):
    before = tree_of(farm.asterisk.node)
    farm.change()
    Path(farm.asterisk.start[0]).write_text("#!/bin/sh\nexit 1\n")
    began = time.monotonic()
    run = farm.sync("restart now")
    assert time.monotonic() - began < DEADLINE
    farm.taken_back(run, "asterisk-down", before)
    assert "must be started by hand" in as_text(run.sentence)


def test_one_that_hangs_at_its_start_is_ended_and_started_with_the_old_files(farm: Farm):
    before = tree_of(farm.asterisk.node)
    farm.change()
    program = Path(farm.asterisk.start[0])
    good = program.read_text().replace("exec asterisk", "asterisk")
    once = farm.asterisk.node.folder / "hung-once"
    program.write_text(f'{good}\n[ -e {once} ] || {{ touch {once}; kill -STOP "$(cat {farm.asterisk.pid_file})"; }}\n')
    began = time.monotonic()
    run = farm.sync("restart now")
    assert time.monotonic() - began < DEADLINE
    farm.taken_back(run, "asterisk-down", before)
    assert farm.asterisk.pbx.look().running


def test_a_hook_runs_and_what_it_says_stands_with_the_run(farm: Farm):
    farm.change()
    run = farm.sync("hook flush")
    assert run.state is State.COMMITTED, as_text(run.sentence)
    findings = farm.pair.target.show(run.id)["result"]["findings"]
    assert [one["sentence"] for one in findings if one["place"] == "hook flush"] == ["flushed\npassword=***"]


def test_a_hook_that_fails_takes_the_change_back(farm: Farm):
    before = tree_of(farm.asterisk.node)
    farm.change()
    farm.taken_back(farm.sync("hook broken"), "hook-failed", before)


def test_what_the_policy_of_the_target_does_not_name_is_refused(farm: Farm):
    store = farm.pair.target.here.store
    peer = store.hosts.by_id(farm.pair.source.here.identity.id)
    store.hosts.set_policy(peer.host.id, replace(peer.policy, actions=()))
    started = farm.started
    farm.change()
    run = farm.sync("restart now")
    store.hosts.set_policy(peer.host.id, peer.policy)
    assert (run.state, run.error, farm.started) == (State.FAILED, "not-allowed", started)


def test_by_hand_it_does_the_same(farm: Farm):
    target = farm.pair.target
    assert target.ask("asterisk", "status")["running"]
    before = farm.started
    assert target.ask("asterisk", "restart", "gracefully")["done"] == "restart gracefully"
    assert farm.started != before
    assert target.ask("asterisk", "reload", "pbx_config.so")["done"] == "reload pbx_config.so"
    target.ask("asterisk", "stop", "now")
    assert not target.ask("asterisk", "status")["running"]
    target.ask("asterisk", "start")
    assert target.ask("asterisk", "abort")["done"] == "cancel"
