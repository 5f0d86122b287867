"""What is worth an alert, decided from what is stored: the end of a run, hosts that are lost or back, the day."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pbxsync_worker.core.model.alert import (
    Alert,
    AlertKind,
    Event,
    drift_incident,
    host_incident,
    kind_of,
    run_incident,
    wait_incident,
)
from pbxsync_worker.core.model.error_codes import all_codes
from pbxsync_worker.core.model.host import Catalogue, Host, Peer
from pbxsync_worker.core.model.report import LineState
from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.model.sentence import join, say

ANSWERS = frozenset({"reachable", "slow"})
"""The states of a host that is there."""

_NEVER_TRIED = LineState(state="reachable")
_NAMED = 10
"""Things that one alert names; the others are counted."""


@dataclass(frozen=True, slots=True)
class Names:
    """How people call things; jobs: titles by (group, job); hosts: names by identity; groups: of each host."""

    jobs: Mapping[tuple[str, str], str] = field(default_factory=dict)
    hosts: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def job(self, run: Run) -> str:
        """Return the title of a run's job; one that is gone has only its name."""
        return self.jobs.get((run.group, run.job), run.job)

    def host(self, identity: str) -> str:
        """Return the name of a host."""
        return self.hosts.get(identity) or identity[:12]


def names_of(catalogues: Sequence[Catalogue], hosts: Sequence[Host]) -> Names:
    """Return the names of everything that is known; what a host calls itself wins."""
    members = [host for catalogue in catalogues for host in catalogue.hosts]
    groups: dict[str, tuple[str, ...]] = {}
    for catalogue in catalogues:
        for host in catalogue.hosts:
            groups[host.id] = (*groups.get(host.id, ()), catalogue.group)
    jobs = {(one.group, job.name): job.title for one in catalogues for job in one.jobs}
    return Names(jobs, {host.id: host.name for host in (*members, *hosts)}, groups)


@dataclass(frozen=True, slots=True)
class Story:
    """What more is known of a run that ended.

    drifted: what somebody else had changed on its target; waited: its rules had let it wait.
    """

    drifted: Sequence[str] = ()
    waited: bool = False


def of_run(run: Run, names: Names, story: Story | None = None) -> Event:
    """Return what the end of a run means."""
    drifted, waited = (story.drifted, story.waited) if story else ((), False)
    kind = kind_of(run, waited=waited)
    alerts = [] if kind is None else [_of_end(kind, run, names)]
    if drifted:
        alerts.append(_of_drift(run, names, drifted))
    in_step = run.state in (State.COMMITTED, State.UNCHANGED) and not drifted
    return Event(tuple(alerts), (drift_incident(run),) if in_step else ())


def _of_end(kind: AlertKind, run: Run, names: Names) -> Alert:
    what = {"name": names.job(run), "host": names.host(run.target)}
    subject, then = {
        AlertKind.FAILED: (say("{name} to {host} failed", **what), say("Nothing was changed on {host}.", **what)),
        AlertKind.ROLLED_BACK: (say("{name} to {host} was undone", **what), say("{host} is as it was before.", **what)),
        AlertKind.HELD: (
            say("{name} to {host} waits for a person", **what),
            say("Nothing was changed. Look at the plan, then approve it or correct the source."),
        ),
        AlertKind.SKIPPED: (
            say("{name} to {host} waited in vain and was left out", **what),
            say("Nothing was changed. The next start tries again; change the rule where it should run all the same."),
        ),
        AlertKind.RECOVERED: (say("{name} to {host} works again", **what), ""),
    }[kind]
    error = "" if kind is AlertKind.RECOVERED else run.error
    lines = (run.sentence, then, _remedy(error))
    return _about(run, names, Alert(kind, run_incident(run), subject, tuple(filter(None, lines)), error=error))


def _of_drift(run: Run, names: Names, drifted: Sequence[str]) -> Alert:
    subject = say("{host} was changed by somebody else ({name})", host=names.host(run.target), name=names.job(run))
    shown = join(list(drifted[:_NAMED]))
    more = len(drifted) - _NAMED
    what = say("{shown} and {count} more", shown=shown, count=more) if more > 0 else shown
    outcome = {
        State.COMMITTED: say("The run replaced it by what the source has."),
        State.HELD: say("The run waits for a person; nothing was changed."),
    }.get(run.state, say("The run would replace it by what the source has."))
    body = (say("Changed there since the last run: {what}", what=what), outcome)
    return _about(run, names, Alert(AlertKind.DRIFT, drift_incident(run), subject, body))


def _about(run: Run, names: Names, alert: Alert) -> Alert:
    host = names.host(run.target)
    return replace(alert, groups=(run.group,), job=run.job, host=host, run=run.id, at=run.moved_at)


def _remedy(code: str) -> str:
    kind = all_codes().get(code)
    return kind.remedy if kind is not None and "{" not in kind.remedy else ""


@dataclass(frozen=True, slots=True)
class Around:
    """The other hosts: those that are paired, how each is reached by identity, and those that are known as lost."""

    peers: Sequence[Peer]
    lines: Mapping[str, LineState]
    lost: Collection[str] = ()

    def line(self, peer: Peer) -> LineState:
        """Return how a host is reached; one that was never tried is not missed."""
        return self.lines.get(peer.host.id, _NEVER_TRIED)


def of_hosts(around: Around, now: float, patience: float, names: Names) -> tuple[Event, ...]:
    """Return which hosts are lost now and which are back; patience: seconds."""
    events: list[Event] = []
    for peer in around.peers:
        line, known = around.line(peer), peer.host.id in around.lost
        if not known and line.state not in ANSWERS and line.since and now - line.since > patience:
            events.append(_of_host(AlertKind.HOST_LOST, peer, line, names))
        elif known and line.state in ANSWERS:
            events.append(_of_host(AlertKind.HOST_BACK, peer, line, names))
    gone = set(around.lost) - {peer.host.id for peer in around.peers}
    return (*events, *(Event(over=(host_incident(identity),)) for identity in sorted(gone)))


def _of_host(kind: AlertKind, peer: Peer, line: LineState, names: Names) -> Event:
    who = peer.host
    subject = say("Host {host} is lost", host=who.name)
    body: tuple[str, ...] = (line.sentence, say("Runs that need it wait, or fail, until it is back."))
    if kind is AlertKind.HOST_BACK:
        subject, body = say("Host {host} is back", host=who.name), ()
    alert = Alert(kind, host_incident(who.id), subject, body, groups=names.groups.get(who.id, ()), host=who.name)
    return Event((alert,))


@dataclass(frozen=True, slots=True)
class Waits:
    """The runs that their rules let wait.

    since: when each began to; told: incidents of waiting that last; patience: seconds before somebody is told, 0 for
    never.
    """

    since: Mapping[Run, float]
    told: Collection[str]
    patience: float


def of_waits(waits: Waits, now: float, names: Names) -> tuple[Event, ...]:
    """Return which runs have waited for long now, and which waits are over."""
    going = {wait_incident(run) for run in waits.since}
    over = tuple(Event(over=(one,)) for one in sorted(set(waits.told) - going))
    if not waits.patience:
        return over
    late = (run for run, since in waits.since.items() if now - since >= waits.patience)
    return (*over, *(Event((_of_wait(run, names),)) for run in late if wait_incident(run) not in waits.told))


def _of_wait(run: Run, names: Names) -> Alert:
    subject = say("{name} to {host} has waited for long", name=names.job(run), host=names.host(run.target))
    then = say("Nothing was changed, and nothing needs to be done: it goes on by itself, or ends, as its rules say.")
    told = _about(run, names, Alert(AlertKind.WAITS, wait_incident(run), subject, (run.sentence, then)))
    return replace(told, at=0.0)


@dataclass(frozen=True, slots=True)
class Day:
    """The last 24 hours.

    runs: how many are in which state; open: what the troubles are that last; unsent: letters that could not be sent.
    """

    runs: Mapping[str, int]
    open: Sequence[str]
    unsent: int


def of_day(day: Day, me: Host, around: Around) -> Alert:
    """Return the digest of the day."""
    good = sum(day.runs.get(state, 0) for state in (State.COMMITTED, State.UNCHANGED))
    bad = sum(day.runs.get(state, 0) for state in (State.FAILED, State.ROLLED_BACK))
    held = day.runs.get(State.HELD, 0)
    subject = say(
        "The day of {host}: {good} runs well, {bad} badly, {held} held", host=me.name, good=good, bad=bad, held=held
    )
    away = [peer.host.name for peer in around.peers if around.line(peer).state not in ANSWERS]
    lines = [
        say(
            "{count} runs changed something and were proven, {same} found everything in step.",
            count=day.runs.get(State.COMMITTED, 0),
            same=day.runs.get(State.UNCHANGED, 0),
        ),
        say("Hosts that do not answer: {names}", names=", ".join(away)) if away else say("Every other host answers."),
        say("Troubles that last: {count}", count=len(day.open)) if day.open else say("No trouble lasts."),
        *day.open[:_NAMED],
        say("Alerts that could not be sent: {count}", count=day.unsent) if day.unsent else "",
    ]
    return Alert(AlertKind.DIGEST, "", subject, tuple(filter(None, lines)), host=me.name)
