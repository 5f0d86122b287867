"""A replica becomes the primary while the old one is away; the old one comes back and sends nothing of what it had."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.host import GroupKind, Job
from pbxsync_worker.core.model.job import Schedule
from pbxsync_worker.core.model.report import LineState
from pbxsync_worker.core.model.run import Mode, Run, State
from pbxsync_worker.core.model.wish import Promote, SaveCatalogue
from pbxsync_worker.jobs import execute_on
from pbxsync_worker.wiring.grant import grant
from pbxsync_worker.wiring.members import Members
from tests.scenario.federation import Group
from tests.scenario.test_federation import ETC, A, B, C
from tests.scenario.world import write

OUT = Job("out", "Out", "etc", A, (B, C), 5, schedule=Schedule("every hour"))
GROUP = "peers"


@pytest.fixture
def farm(tmp_path, template) -> Iterator[Group]:
    """A is the primary of B and C, and all three have its state; then A goes down."""
    group = Group(tmp_path, template, ("a", "b", "c"))
    group.agree((ETC,), OUT, kind=GroupKind.FARM)
    write(group.root / "a/etc/pjsip.conf", "[old]\n")
    group.live(3700, 40.0)
    assert text(group, "b") == text(group, "c") == "[old]\n"
    group.down = {"a"}
    yield group
    group.close()


def text(group: Group, name: str) -> str:
    return (group.root / name / "etc/pjsip.conf").read_text()


def promote(group: Group, name: str, on: str) -> None:
    here = group.members[on]
    version = here.store.catalogues.current(GROUP).version
    grant(here, Promote(GROUP, name * 64, version), "ann")


def version(group: Group, name: str) -> int:
    return group.members[name].store.catalogues.current(GROUP).version


def in_reach(group: Group, name: str) -> None:
    """Let the monitor of a host find all others in reach, and give what they lack."""
    here = group.members[name]
    for other in group.members.values():
        if other.name != name:
            here.store.lines.save(other.id, LineState("reachable"))
    Members(here).step()


def test_the_old_primary_that_comes_back_sends_nothing_it_had(farm):
    promote(farm, "b", on="b")
    write(farm.root / "b/etc/pjsip.conf", "[new]\n")
    write(farm.root / "a/etc/pjsip.conf", "[older]\n")
    farm.down = set()
    runs = farm.live(3700, 40.0)  # A's own schedule, by the catalogue that A knows
    assert {(run.source, run.state) for run in runs} == {(A, State.FAILED)}
    assert (text(farm, "b"), text(farm, "c")) == ("[new]\n", "[old]\n")


def test_it_learns_of_the_promotion_as_soon_as_it_is_in_reach_and_starts_nothing_any_more(farm):
    promote(farm, "b", on="b")
    farm.down = set()
    in_reach(farm, "b")
    assert version(farm, "a") == version(farm, "b") == version(farm, "c")
    assert farm.live(7300, 40.0) == []


def test_what_it_changed_meanwhile_does_not_win_over_the_promotion(farm):
    farm.down = {"b"}
    old = farm.members["a"]
    for number in range(5):
        known = old.store.catalogues.current(GROUP)
        grant(old, SaveCatalogue(known.with_rules(known.rules)), f"ann {number}")
    promote(farm, "b", on="b")
    farm.down = set()
    with pytest.raises(Invalid, match="not newer"):
        farm.members["b"].store.catalogues.save(old.store.catalogues.signed(GROUP))
    in_reach(farm, "b")
    assert old.store.catalogues.current(GROUP).primary == B


def test_a_run_that_waited_since_before_brings_nothing_of_the_old_primary(farm):
    target = farm.members["b"]
    waits = Run("waits", GROUP, "out", A, B, Mode.APPLY, State.REQUESTED, here=True)
    target.store.runs.request([waits])
    write(farm.root / "a/etc/pjsip.conf", "[older]\n")
    promote(farm, "b", on="b")
    ended = execute_on(target, "waits")
    assert ended is not None
    assert (ended.state, ended.error) == (State.FAILED, "not-allowed")
    assert text(farm, "b") == "[old]\n"


def test_once_looked_at_the_new_primary_leads_the_old_one_too(farm):
    promote(farm, "b", on="b")
    farm.down = set()
    in_reach(farm, "b")
    farm.turn = "b"
    write(farm.root / "b/etc/pjsip.conf", "[new]\n")
    assert farm.live(3700, 40.0) == []  # paused until somebody has looked
    resume(farm, "b")
    farm.live(3700, 40.0)
    assert text(farm, "a") == text(farm, "c") == "[new]\n"


def test_it_is_undone_by_promoting_back(farm):
    before = farm.members["a"].store.catalogues.current(GROUP)
    promote(farm, "b", on="b")
    farm.down = set()
    in_reach(farm, "b")
    promote(farm, "a", on="b")
    in_reach(farm, "b")
    after = farm.members["a"].store.catalogues.current(GROUP)
    assert (after.primary, after.jobs[0].source, after.jobs[0].targets) == (A, *_way(before))
    resume(farm, "a")
    write(farm.root / "a/etc/pjsip.conf", "[back]\n")
    farm.live(3700, 40.0)
    assert text(farm, "b") == text(farm, "c") == "[back]\n"


def _way(catalogue):
    return catalogue.jobs[0].source, catalogue.jobs[0].targets


def resume(group: Group, name: str) -> None:
    here = group.members[name]
    known = here.store.catalogues.current(GROUP)
    grant(here, SaveCatalogue(known.with_job(replace(known.job("out"), paused=False))), "ann")
