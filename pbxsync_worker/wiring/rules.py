"""What the rules of a run are told: which there are, what the monitors know, and whom an alert reaches."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise

from pbxsync_worker.core.model.alert import Alert, AlertKind
from pbxsync_worker.core.model.decision import Alarm, Decision
from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.fact import LOCAL, REMOTE, Fact, Facts, Value
from pbxsync_worker.core.model.host import Catalogue, Job
from pbxsync_worker.core.model.plan import Plan
from pbxsync_worker.core.model.run import Run
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.wish import AskRules
from pbxsync_worker.core.store import Store
from pbxsync_worker.rules.decide import decide
from pbxsync_worker.rules.evaluate import Moment
from pbxsync_worker.sync.judge import in_order
from pbxsync_worker.sync.parts import Rules
from pbxsync_worker.wiring.reports import MANY, SAMPLE_MANY

GAP = 180.0
"""Seconds without a sample after which nobody knew any more: there is one a minute where a monitor runs."""
GAP_MANY = 2 * SAMPLE_MANY + 60.0
"""The same for other hosts, where they are so many that fewer samples are kept."""

_SIDES = (f"{LOCAL}.", f"{REMOTE}.")


def gap_of(store: Store, host: str) -> float:
    """Return the seconds without a sample of a host after which nobody knew any more."""
    with suppress(NotFound):
        if store.hosts.me().id == host:
            return GAP
    return GAP_MANY if store.lines.count() > MANY else GAP


class PairFacts:
    """What is known of a target and a source, as rules name it; at: seconds since 1970, None for now."""

    def __init__(self, store: Store, target: str, source: str, at: float | None = None) -> None:
        self._store = store
        self._target = target
        self._source = source
        self._at = at

    def facts(self) -> Facts:
        """Return what is known; what was recorded when a monitor had stopped is as old as it was then."""
        found = self._store.facts.of_pair(self._target, self._source, self._at)
        if self._at is None:
            return found
        seen = {LOCAL: self._seen_at(self._target, self._at), REMOTE: self._seen_at(self._source, self._at)}
        sides = {name: LOCAL if name.startswith(f"{LOCAL}.") else REMOTE for name in found}
        return {name: replace(one, at=seen[sides[name]]) for name, one in found.items()}

    def _seen_at(self, host: str, at: float) -> float:
        """Return until when a host was followed: the moment itself, or when somebody looked last before it."""
        last = self._store.facts.recorded_at(host, at)
        return at if at - last <= gap_of(self._store, host) else last

    def between(self, name: str, since: float, until: float) -> Sequence[tuple[float, Value | None]]:
        """Return the changes of a fact in a time, and None where no monitor looked."""
        side, bare = name.split(".", 1)
        host = self._target if side == LOCAL else self._source
        samples = self._store.facts.history(host, since)
        own = samples.get(bare if name.startswith(_SIDES) and bare in samples else name, ())
        times = sorted({since, until, *(at for one in samples.values() for at, _ in one if at <= until)})
        gap = gap_of(self._store, host)
        gaps = ((before + gap, None) for before, after in pairwise(times) if after - before > gap)
        return sorted([(at, value) for at, value in own if at <= until] + list(gaps), key=lambda one: one[0])


def rules_for(store: Store, run: Run, catalogue: Catalogue, job: Job) -> Rules:
    """Return the rules of a run on this host."""
    return Rules(in_order(catalogue.rules, job.rules), PairFacts(store, run.target, run.source), _Alarms(store))


class _Alarms:
    """Raises the alerts that rules ask for: again and again in one run is once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, run: Run, alarm: Alarm) -> None:
        """Note one alert."""
        incident = f"rule:{run.group}/{run.job}/{run.target}/{alarm.name}"
        subject = say("Rule {name} of job {what}", name=alarm.title, what=run.job)
        self._store.alerts.raise_alert(
            Alert(AlertKind.RULE, incident, subject, (alarm.sentence,), groups=(run.group,), job=run.job, run=run.id)
        )


@dataclass(frozen=True, slots=True)
class Case:
    """What the rules are asked about outside of a run.

    at: seconds since 1970; recorded: then is not now, so recorded facts count; plan: the one whose facts are taken for
    those of the plan, None to leave open what it will tell; waited: seconds since the run began to wait.
    """

    catalogue: Catalogue
    job: Job
    target: str
    at: float
    recorded: bool = False
    plan: Plan | None = None
    waited: float | None = None


def judged(store: Store, case: Case) -> Decision:
    """Return what the rules say, from what the store knows; nobody is asked."""
    knows = PairFacts(store, case.target, case.job.source, case.at if case.recorded else None)
    planned = () if case.plan is None else case.plan.facts
    facts = {**knows.facts(), **{name: Fact(name, value, case.at, "plan") for name, value in planned}}
    moment = Moment(case.at, facts, knows, planned=bool(planned))
    return decide(in_order(case.catalogue.rules, case.job.rules), moment, case.waited)


def answer(store: Store, asked: AskRules, now: float) -> Decision:
    """Return what the rules say now, with the plan made last, or said at a recorded moment, when there was none yet."""
    catalogue = store.catalogues.current(asked.group)
    job = catalogue.job(asked.job)
    if asked.target not in job.targets:
        raise NotFound(what="target", name=asked.target[:12])
    if asked.at:
        case = Case(catalogue, job, asked.target, asked.at, recorded=True)
    else:
        case = Case(catalogue, job, asked.target, now, plan=_last_plan(store, asked))
    return replace(judged(store, case), notes=tuple(_silences(store, case)))


def _silences(store: Store, case: Case) -> Iterator[str]:
    """Yield of which hosts nobody knew anything at that moment, and since when."""
    for identity in dict.fromkeys((case.target, case.job.source)):
        host = case.catalogue.host(identity).name
        last = store.facts.recorded_at(identity, case.at if case.recorded else None)
        silent = case.at - last
        if not last:
            yield say(
                "Nothing was recorded of {host} before: its monitor did not run, or it was not reached.", host=host
            )
        elif silent > gap_of(store, identity):
            yield say(
                "Nothing was recorded of {host} for {minutes} minutes before: its monitor was stopped, or it was not"
                " reached. Its values are so old, and not known to rules.",
                host=host,
                minutes=int(silent // 60),
            )


def _last_plan(store: Store, asked: AskRules) -> Plan | None:
    runs = (run for run in store.runs.find(job=asked.job, limit=30) if run.group == asked.group)
    plans = (store.runs.plan(run.id) for run in runs if run.target == asked.target and not run.goal)
    return next((saved.plan for saved in plans if saved is not None), None)
