"""Whole runs under rules: they wait without holding the host, begin anew, are left out, held, or done in part."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.asterisk_action import AS_CHANGED
from pbxsync_worker.core.model.report import Told
from pbxsync_worker.core.model.rule import Rule, Then
from pbxsync_worker.core.model.run import Mode, State
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.services.waiting import Waiting
from tests.fakes.link import DirectLink
from tests.scenario.world import A, B, World, fingerprint, write

CALLS = Rule("calls", "Not during calls", "local.asterisk.calls > 0", Then.WAIT, 600, Then.HOLD)
PART = Rule("part", "During calls a part", "local.asterisk.calls > 0", Then.PART)


def rule(world: World, *rules: Rule, job: str = "job") -> None:
    known = world.store.catalogues.current("farm")
    world.store.catalogues.save(Signed(document_of(known.with_rules(rules, job)), A, b""))


def call(world: World, calls: int) -> None:
    world.pbx.state = replace(world.pbx.state, calls=calls)
    world.store.facts.record(B, [Told("asterisk.calls", calls, 0.0, "ami")])


class Woken:
    """A waker that remembers whom it was to wake."""

    def __init__(self) -> None:
        self.runs: list[str] = []

    def execute(self, run: str) -> None:
        self.runs.append(run)

    def rollout(self, rollout: str) -> None: ...

    def grant(self, wish: str, *, alone: bool = False) -> None: ...


@pytest.fixture
def look(world):
    """Look at waiting runs as the monitor does; returns whom it woke."""
    world.here.waker = Woken()
    waiting = Waiting(world.here)

    def once() -> list[str]:
        world.clock.move(6.0)
        call(world, world.pbx.state.calls)
        world.here.waker.runs.clear()
        waiting.step()
        return list(world.here.waker.runs)

    return once


@pytest.fixture
def changed(world):
    write(world.a / "etc/extensions.conf", "[from-internal]\nexten => 1,1,Answer()\n")
    write(world.a / "spool/voicemail/default/100/unavail.wav", b"\x00\x01" * 99)
    return world


def sentence(world: World, run) -> str:
    return as_text(world.store.runs.get(run.id).sentence)


def test_a_run_waits_for_the_calls_and_says_so(changed):
    rule(changed, CALLS)
    call(changed, 20)
    before = fingerprint(changed.b)
    run = changed.sync()
    assert run.state is State.WAITING
    assert sentence(changed, run) == "waits, at most 10 min: Not during calls (Calls in progress here: 20)"
    assert fingerprint(changed.b) == before


def test_it_goes_on_by_itself_after_the_last_call(changed, look):
    rule(changed, CALLS)
    call(changed, 20)
    run = changed.sync()
    assert look() == []
    call(changed, 0)
    assert look() == [run.id]
    assert changed.execute(run).state is State.COMMITTED
    states = [move.after for move in changed.store.runs.moves(run.id)]
    assert states[:3] == [State.REQUESTED, State.WAITING, State.SCANNING]


def test_its_sentence_keeps_up_with_what_is_measured_and_its_timeline_stays_short(changed, look):
    rule(changed, CALLS)
    call(changed, 20)
    run = changed.sync()
    call(changed, 3)
    assert look() == []
    assert "Calls in progress here: 3" in sentence(changed, run)
    assert len(changed.store.runs.moves(run.id)) == 2


def test_a_run_that_is_looked_at_too_early_waits_on(changed):
    rule(changed, CALLS)
    call(changed, 20)
    run = changed.sync()
    call(changed, 2)
    assert changed.execute(run).state is State.WAITING
    assert "Calls in progress here: 2" in sentence(changed, run)


def test_other_runs_go_on_meanwhile_and_recovery_leaves_it_alone(changed):
    rule(changed, CALLS)
    call(changed, 1)
    waiting = changed.sync()
    rule(changed)
    assert changed.sync().state is State.COMMITTED
    assert changed.store.runs.get(waiting.id).state is State.WAITING


def test_calls_that_nobody_counts_are_waited_for(changed):
    rule(changed, CALLS)
    call(changed, 0)
    changed.pbx.hangs = True
    assert changed.sync().state is State.WAITING


def test_at_the_limit_a_person_is_asked_and_sees_the_plan(changed, look):
    rule(changed, CALLS)
    call(changed, 1)
    run = changed.sync()
    changed.clock.move(600.0)
    assert look() == [run.id]
    held = changed.execute(run)
    assert (held.state, held.error) == (State.HELD, "rules-hold")
    assert as_text(held.sentence) == "waited 10 min in vain: Not during calls (Calls in progress here: 1)"
    assert changed.store.runs.plan(run.id) is not None


def test_at_the_limit_it_can_be_left_out_as_well(changed):
    rule(changed, replace(CALLS, otherwise=Then.SKIP))
    call(changed, 1)
    run = changed.sync()
    changed.clock.move(601.0)
    ended = changed.execute(run)
    assert (ended.state, ended.error) == (State.SKIPPED, "rules-skip")


def test_it_can_be_cancelled_while_it_waits(changed, look):
    rule(changed, CALLS)
    call(changed, 1)
    run = changed.sync()
    changed.store.runs.cancel(run.id, "ana")
    assert look() == [run.id]
    assert changed.execute(run).state is State.CANCELLED


def test_a_worker_is_woken_once_and_again_only_after_a_while(changed, look):
    rule(changed, CALLS)
    call(changed, 1)
    run = changed.sync()
    call(changed, 0)
    assert look() == [run.id]
    Waiting.step(waiting := Waiting(changed.here))
    changed.here.waker.runs.clear()
    changed.clock.move(4.0)
    waiting.step()
    assert changed.here.waker.runs == []
    changed.clock.move(1.0)
    waiting.step()
    assert changed.here.waker.runs == [run.id]


def test_what_the_source_is_like_can_leave_a_run_out(changed):
    rule(changed, Rule("s", "Healthy source", "remote.asterisk.up = no", Then.SKIP, reason="the source is ill"))
    changed.store.facts.record(A, [Told("asterisk.up", value=False, age_s=0.0, source="ami")])
    run = changed.sync()
    assert run.state is State.SKIPPED
    assert as_text(run.sentence) == "Healthy source: the source is ill (Asterisk is up at the source: no)"


def test_a_plan_that_a_rule_holds_can_be_approved(changed):
    rule(changed, Rule("h", "Look first", "plan.changes > 1", Then.HOLD, reason="look first"))
    held = changed.sync()
    assert (held.state, held.error) == (State.HELD, "rules-hold")
    digest = changed.store.runs.plan(held.id).digest
    assert changed.sync(expect_plan=digest, approved=True).state is State.COMMITTED


def test_rules_of_the_group_come_first(changed):
    rule(changed, Rule("go", "Go", "always", Then.RUN))
    rule(changed, Rule("stop", "Stop", "always", Then.SKIP), job="")
    assert changed.sync().state is State.SKIPPED


def test_a_preview_and_a_return_to_the_past_ask_no_rules(changed):
    done = changed.sync()
    rule(changed, Rule("stop", "Stop", "always", Then.SKIP))
    write(changed.a / "etc/extensions.conf", "[other]\n")
    assert changed.sync(Mode.PLAN).state is State.PREVIEWED
    assert changed.rollback(done, "before").state is State.COMMITTED


def test_only_what_needs_no_reload_is_done_during_calls(changed):
    rule(changed, PART)
    call(changed, 4)
    run = changed.sync()
    assert run.state is State.COMMITTED
    assert changed.pbx.reloaded == []
    assert (changed.b / "spool/voicemail/default/100/unavail.wav").exists()
    assert not (changed.b / "etc/extensions.conf").exists()
    kept = {one.name: as_text(one.reason) for one in changed.store.runs.plan(run.id).plan.kept}
    assert kept[b"ASTETCDIR/extensions.conf"] == "left for later, because it needs a reload of Asterisk"


def test_what_was_left_is_done_by_the_next_run(changed):
    rule(changed, PART)
    call(changed, 4)
    changed.sync()
    call(changed, 0)
    assert changed.sync().state is State.COMMITTED
    assert changed.pbx.reloaded == ["pbx_config.so"]
    assert (changed.b / "etc/extensions.conf").exists()
    assert changed.sync().state is State.UNCHANGED


def test_what_was_left_to_be_removed_is_still_known_to_have_been_brought(changed):
    changed.sync()
    (changed.a / "etc/extensions.conf").unlink()
    write(changed.a / "spool/voicemail/default/100/busy.wav", b"\x00\x02" * 99)
    rule(changed, PART)
    call(changed, 4)
    changed.sync()
    assert (changed.b / "etc/extensions.conf").exists()
    call(changed, 0)
    changed.sync()
    assert not (changed.b / "etc/extensions.conf").exists()


def test_a_part_that_is_nothing_is_left_out(world):
    write(world.a / "etc/extensions.conf", "[from-internal]\nexten => 1,1,Answer()\n")
    rule(world, PART)
    call(world, 4)
    run = world.sync()
    assert run.state is State.SKIPPED
    assert "all of it needs a reload" in as_text(run.sentence)


class Ringing(DirectLink):
    """A source during whose last file a call begins on the target."""

    def __init__(self, world: World) -> None:
        super().__init__(world.everything)
        self.world = world

    def fetch(self, wanted):
        for change, content in super().fetch(wanted):
            if change.name.endswith(b".wav"):
                call(self.world, 7)
            yield change, content


def test_a_call_that_begins_while_the_run_is_staged_stops_it_before_the_first_write(changed):
    rule(changed, CALLS)
    call(changed, 0)
    changed.link = Ringing(changed)
    before = fingerprint(changed.b)
    run = changed.sync()
    assert run.state is State.WAITING
    assert [move.before for move in changed.store.runs.moves(run.id)][-1] == State.STAGED
    assert fingerprint(changed.b) == before


def test_a_rule_chooses_what_asterisk_does(changed):
    rule(changed, Rule("n", "Nothing during calls", "local.asterisk.calls > 0", Then.ASTERISK, asterisk="nothing"))
    call(changed, 4)
    run = changed.sync()
    plan = changed.store.runs.plan(run.id).plan
    assert (run.state, plan.action.text, changed.pbx.reloaded) == (State.COMMITTED, "nothing", [])
    call(changed, 0)
    write(changed.a / "etc/extensions.conf", "[other]\n")
    assert changed.store.runs.plan(changed.sync().id).plan.action == AS_CHANGED


def test_an_alert_is_raised_once_for_a_run(changed):
    rule(changed, Rule("busy", "Busy", "local.asterisk.calls > 3", Then.ALERT, reason="it is busy"))
    call(changed, 4)
    assert changed.sync().state is State.COMMITTED
    assert [(one.name, one.count) for one in changed.store.alerts.open("rule:")] == [(f"rule:farm/job/{B}/busy", 1)]
