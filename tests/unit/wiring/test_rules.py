"""What the rules of a run are told: facts of a pair, their history with its gaps, and answers from the store."""

import pytest

from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.decision import Truth, Verdict
from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.host import Catalogue, GroupKind, Host, Job
from pbxsync_worker.core.model.plan import Plan
from pbxsync_worker.core.model.report import LineState, Told
from pbxsync_worker.core.model.rule import Rule, Then
from pbxsync_worker.core.model.run import Mode, Run, State
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.model.wish import AskRules
from pbxsync_worker.core.store import open_store
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.wiring.rules import GAP, PairFacts, answer
from tests.fakes.clock import HandClock

A, B = "a" * 64, "b" * 64
CALLS = Rule("calls", "Calls", "local.asterisk.calls > 0", Then.WAIT, 60)
PLANNED = Rule("plan", "Plan", "plan.changes > 5", Then.HOLD)


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def store(tmp_path, clock):
    made = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", clock)
    yield made
    made.database.close()


def rule(store, *rules):
    hosts = (Host(A, "a", "a:1"), Host(B, "b", "b:1"))
    job = Job("job", "Job", "files", A, (B,), rules=rules)
    whole = Catalogue("farm", "Farm", GroupKind.FARM, A, 1, hosts, (Dataset("files", "Files"),), (job,))
    store.catalogues.save(Signed(document_of(whole), A, b""))


def measure(store, clock, host, *pairs, after=60.0):
    clock.move(after)
    store.facts.record(host, [Told(name, value, 0.0, "test") for name, value in pairs])


def test_each_side_has_its_own_facts(store, clock):
    measure(store, clock, A, ("asterisk.calls", 1), ("link.rtt_ms", 30))
    measure(store, clock, B, ("asterisk.calls", 2))
    facts = {name: one.value for name, one in PairFacts(store, B, A).facts().items()}
    assert facts == {"remote.asterisk.calls": 1, "local.asterisk.calls": 2, "link.rtt_ms": 30}


def test_changes_are_told_and_what_stood_before(store, clock):
    for calls in (0, 0, 3):
        measure(store, clock, B, ("asterisk.calls", calls))
    now = clock.now()
    told = PairFacts(store, B, A).between("local.asterisk.calls", now - 90, now)
    assert told == [(now - 90, 0), (now, 3)]


def test_of_the_source_and_the_link_as_well(store, clock):
    measure(store, clock, A, ("asterisk.calls", 1), ("remote.reachable", True))
    knows, now = PairFacts(store, B, A), clock.now()
    assert knows.between("remote.asterisk.calls", now, now) == [(now, 1)]
    assert knows.between("remote.reachable", now, now) == [(now, True)]
    assert knows.between("local.asterisk.calls", now, now) == []


def test_nobody_knew_while_no_monitor_looked(store, clock):
    measure(store, clock, B, ("asterisk.calls", 0))
    began = clock.now()
    measure(store, clock, B, ("asterisk.calls", 2), after=GAP + 60)
    told = PairFacts(store, B, A).between("local.asterisk.calls", began, clock.now())
    assert told == [(began, 0), (began + GAP, None), (clock.now(), 2)]


def test_the_answer_is_about_now(store, clock):
    rule(store, CALLS)
    measure(store, clock, B, ("asterisk.calls", 2))
    assert answer(store, AskRules("farm", "job", B), clock.now()).verdict is Verdict.WAIT
    measure(store, clock, B, ("asterisk.calls", 0))
    assert answer(store, AskRules("farm", "job", B), clock.now()).verdict is Verdict.RUN


def test_or_about_a_recorded_moment(store, clock):
    rule(store, CALLS)
    measure(store, clock, B, ("asterisk.calls", 2))
    then = clock.now()
    measure(store, clock, B, ("asterisk.calls", 0))
    old = answer(store, AskRules("farm", "job", B, then), clock.now())
    assert (old.verdict, old.at) == (Verdict.WAIT, then)
    never = answer(store, AskRules("farm", "job", B, then - 9999), clock.now())
    assert never.looked[0].truth is Truth.UNKNOWN


def test_the_plan_made_last_is_taken_for_the_next(store, clock):
    rule(store, PLANNED)
    asked = AskRules("farm", "job", B)
    assert answer(store, asked, clock.now()).verdict is Verdict.PLAN
    store.runs.request([Run("r1", "farm", "job", A, B, Mode.PLAN, State.REQUESTED)])
    store.runs.save_plan("r1", Plan("files", (), facts=(("plan.changes", 9),)), {})
    assert answer(store, asked, clock.now()).verdict is Verdict.HOLD
    assert answer(store, AskRules("farm", "job", B, clock.now()), clock.now()).verdict is Verdict.PLAN


def test_it_refuses_a_host_that_is_no_target(store, clock):
    rule(store)
    with pytest.raises(NotFound):
        answer(store, AskRules("farm", "job", A), clock.now())


def said_of(store, clock, at: float) -> list[str]:
    return [as_text(one) for one in answer(store, AskRules("farm", "job", B, at), clock.now()).notes]


def test_a_replay_within_what_a_monitor_recorded_has_nothing_to_note(store, clock):
    rule(store, CALLS)
    for host in (A, B):
        measure(store, clock, host, ("asterisk.calls", 1))
    found = answer(store, AskRules("farm", "job", B, clock.now() + 100), clock.now())
    assert (found.notes, found.looked[0].truth) == ((), Truth.YES)


def test_a_replay_while_the_monitor_was_stopped_says_how_old_its_values_are_and_believes_none(store, clock):
    rule(store, CALLS)
    for host in (A, B):
        measure(store, clock, host, ("asterisk.calls", 1), after=1.0)
    found = answer(store, AskRules("farm", "job", B, clock.now() + 7200), clock.now())
    assert found.looked[0].truth is Truth.UNKNOWN
    assert as_text(found.notes[0]).startswith("Nothing was recorded of b for 120 minutes before")
    assert len(found.notes) == 2


def test_before_anything_was_recorded_that_is_said(store, clock):
    rule(store, CALLS)
    assert [one.split(":")[0] for one in said_of(store, clock, clock.now() - 99.0)] == [
        "Nothing was recorded of b before",
        "Nothing was recorded of a before",
    ]


def test_with_a_stopped_monitor_what_is_asked_now_says_so_too(store, clock):
    rule(store, CALLS)
    for host in (A, B):
        measure(store, clock, host, ("asterisk.calls", 1))
    clock.move(3600)
    assert "for 61 minutes before" not in said_of(store, clock, 0.0)[0]
    assert "for 60 minutes before" in said_of(store, clock, 0.0)[0]


def test_of_many_other_hosts_fewer_samples_are_no_silence(store, clock):
    rule(store, CALLS)
    for host in (A, B):
        measure(store, clock, host, ("asterisk.calls", 1), after=1.0)
    at = clock.now() + 400
    assert len(said_of(store, clock, at)) == 2
    for number in range(30):
        store.lines.save(f"{number:064x}", LineState())
    assert said_of(store, clock, at) == []
