"""Asks the rules what may become of a run: before anything is read, when its plan is made, and before the first write.

`docs/rules.md` tells it for people.
"""

from collections.abc import Iterable

from pbxsync_worker.core.model.asterisk_action import AsteriskAction, parse_action
from pbxsync_worker.core.model.decision import Decision, Scope, Verdict
from pbxsync_worker.core.model.errors import RulesHold, RulesSkip, RulesWait
from pbxsync_worker.core.model.fact import BY_NAME, LOCAL, Fact, Facts
from pbxsync_worker.core.model.rule import Rule, Then
from pbxsync_worker.core.model.run import Mode, Run
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.rules.decide import Scoped, decide, facts_asked
from pbxsync_worker.rules.evaluate import Moment
from pbxsync_worker.sync.parts import Parts

CALLS = f"{LOCAL}.asterisk.calls"


def in_order(group: Iterable[Rule], job: Iterable[Rule]) -> tuple[Scoped, ...]:
    """Return the rules as they are asked: those of the group first."""
    return (*((Scope.GROUP, rule) for rule in group), *((Scope.JOB, rule) for rule in job))


class Judge:
    """The rules of one run, asked at three moments.

    A preview changes nothing, and a return to an older state does not wait: nothing is asked about them.
    """

    def __init__(self, run: Run, parts: Parts) -> None:
        self._run = run
        self._parts = parts
        self._rules = parts.rules.ordered if run.mode is Mode.APPLY and not run.goal else ()
        self._plan: Facts = {}
        self._raised: set[str] = set()
        self._decision = decide((), Moment(0.0, {}, parts.rules.knows))

    def before_all(self) -> None:
        """Ask before anything is read; raise RulesWait or RulesSkip.

        What holds a run, or asks for its plan, is asked again when there is one.
        """
        self._decision = self._ask(planned=False)
        self._alarm()
        _heed(self._decision)

    def of_plan(self, plan: Facts) -> AsteriskAction:
        """Ask when the plan is made, plan: its facts; return what Asterisk does. `heed` says what becomes of it."""
        if not self._plan:  # what is left of it later is judged by all of it
            self._plan = plan
            self._decision = self._ask(planned=True)
        return parse_action(self._decision.asterisk) if self._decision.asterisk else self._parts.action

    @property
    def may_narrow(self) -> bool:
        """Tell whether a rule may ask for only what needs no reload."""
        return any(rule.enabled and rule.then is Then.PART for _, rule in self._rules)

    @property
    def only_part(self) -> bool:
        """Tell whether only what needs no reload is to be done."""
        return self._decision.verdict is Verdict.PART

    def heed(self, *, all_left: bool) -> None:
        """Raise RulesWait, RulesSkip or, unless the plan is approved, RulesHold; all_left: only a part, and nothing."""
        self._alarm()
        self._heed(self._decision)
        if all_left:
            raise RulesSkip(reason=say("all of it needs a reload - {why}", why=self._decision.sentence))

    def at_last(self) -> None:
        """Ask directly before the first write; raises as `heed`, and RulesWait where the plan would be another one."""
        now = self._ask(planned=True)
        self._heed(now)
        narrowed = now.verdict is Verdict.PART and not self.only_part
        if narrowed or now.asterisk != self._decision.asterisk:
            raise RulesWait(reason=say("begins again, because something changed meanwhile: {why}", why=now.sentence))

    def _heed(self, decision: Decision) -> None:
        _heed(decision)
        if decision.verdict is Verdict.HOLD and not self._run.approved:
            raise RulesHold(reason=decision.sentence)

    def _alarm(self) -> None:
        for one in self._decision.alarms:
            if one.name not in self._raised:
                self._raised.add(one.name)
                self._parts.rules.alarm(self._run, one)

    def _ask(self, *, planned: bool) -> Decision:
        if not self._rules:
            return self._decision
        now, knows = self._parts.host.clock.now(), self._parts.rules.knows
        since = self._parts.host.memory.waits_since(self._run)
        moment = Moment(now, {**self._measured(now), **self._plan}, knows, planned)
        return decide(self._rules, moment, None if since is None else now - since)

    def _measured(self, now: float) -> Facts:
        """Return what the monitors know; whether there are calls is asked anew, because a run could drop them."""
        facts = dict(self._parts.rules.knows.facts())
        if CALLS in facts_asked(self._rules):
            known, channels = facts.pop(CALLS, None), self._parts.host.pbx.calls_in_progress()
            # Asterisk counts the channels of a call, the monitor its calls: that is told, where it is not older.
            told = known is not None and known.value and now - known.at < BY_NAME[CALLS].fresh_s
            if known is not None and told and channels:
                facts[CALLS] = known
            elif channels is not None:
                facts[CALLS] = Fact(CALLS, channels, now, "ami")
        return facts


def _heed(decision: Decision) -> None:
    if decision.verdict is Verdict.WAIT:
        raise RulesWait(reason=decision.sentence)
    if decision.verdict is Verdict.SKIP:
        raise RulesSkip(reason=decision.sentence)
