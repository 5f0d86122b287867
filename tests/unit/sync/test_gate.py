"""What stands between two hosts is asked before either is read, and told with the run."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.dataset import Dataset, FileSet, Place
from pbxsync_worker.core.model.facts import GateFinding, GateLevel
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.run import Mode, State
from pbxsync_worker.sync.run import run_once
from tests.unit.core.values import file, run
from tests.unit.sync.parts import DATASET, Source, parts

ITEM = file(b"ASTETCDIR/a.conf", b"[a]\n", mode=0o644)


class Watched(Source):
    """A source that notes for which dataset it was asked."""

    asked_for: Dataset | None = None

    def pull(self, dataset, known):
        self.asked_for = dataset
        return super().pull(dataset, known)


def met(folder, *findings, fitted=DATASET):
    source = Watched({ITEM.name: b"[a]\n"}, inventory=Inventory.of([ITEM]))
    return replace(parts(folder, source), gate=lambda _: (tuple(findings), fitted))


def finding(level):
    return GateFinding(level, "users.name", f"a reason to {level}")


def test_a_refusal_ends_the_run_before_the_source_is_read(tmp_path):
    made = met(tmp_path, finding(GateLevel.WARN), finding(GateLevel.REFUSE))
    ended = run_once(run(), made)
    assert (ended.state, ended.error) == (State.FAILED, "version-gate")
    assert "a reason to refuse" in ended.sentence
    assert made.link.asked_for is None


def test_what_was_found_is_told_with_a_run_that_was_refused(tmp_path):
    made = met(tmp_path, finding(GateLevel.REFUSE))
    run_once(run(), made)
    assert made.host.memory.findings == (Finding(Level.FATAL, "users.name", "a reason to refuse"),)


def test_a_doubt_holds_the_run_with_its_plan(tmp_path):
    made = met(tmp_path, finding(GateLevel.HOLD))
    ended = run_once(run(), made)
    assert (ended.state, ended.error) == (State.HELD, "brake")
    assert "a reason to hold" in ended.sentence
    assert made.host.data.things == {}


def test_an_approved_run_goes_on_in_spite_of_a_doubt(tmp_path):
    made = met(tmp_path, finding(GateLevel.HOLD))
    assert run_once(run(approved=True), made).state is State.COMMITTED


def test_a_doubt_does_not_hide_the_plan_from_a_preview(tmp_path):
    assert run_once(run(mode=Mode.PLAN), met(tmp_path, finding(GateLevel.HOLD))).state is State.PREVIEWED


@pytest.mark.parametrize("level", [GateLevel.WARN, GateLevel.MAP])
def test_what_only_needs_to_be_known_is_a_warning_of_the_run(tmp_path, level):
    made = met(tmp_path, finding(level))
    assert run_once(run(), made).state is State.COMMITTED
    assert Finding(Level.WARNING, "users.name", f"a reason to {level}") in made.host.memory.findings


def test_the_source_is_asked_for_what_fits(tmp_path):
    fitted = Dataset("files", "Files", (FileSet(Place.ETC),))
    made = met(tmp_path, fitted=fitted)
    run_once(run(), made)
    assert made.link.asked_for == fitted


def test_a_return_to_the_past_asks_nobody(tmp_path):
    made = met(tmp_path, finding(GateLevel.REFUSE))
    assert run_once(run(goal="some:before"), made).state is not State.FAILED
