"""Alerts: what happened that somebody should know, as values; who is told stands in `subscription.py`.

Texts are stored sentences, so that each recipient reads them in their language. `docs/alerts.md` explains each kind.
"""

from dataclasses import dataclass
from enum import StrEnum

from pbxsync_worker.core.model.run import Mode, Run, State


class AlertKind(StrEnum):
    """What happened; the values are stored, sent and shown, so they never change."""

    FAILED = "failed"  # a run ended before anything was changed
    ROLLED_BACK = "rolled-back"  # a run changed the host, and took it all back
    HELD = "held"  # a run waits for a person
    SKIPPED = "skipped"  # a run waited as long as its rules let it, and was left out
    WAITS = "waits"  # a run has waited for long
    RECOVERED = "recovered"  # the first good run after a bad one
    DRIFT = "drift"  # somebody changed on a target what a run keeps in step there
    HOST_LOST = "host-lost"
    HOST_BACK = "host-back"
    RULE = "rule"  # a rule asked for it
    DIGEST = "digest"  # what the day was like
    TEST = "test"  # somebody pressed the button


ENDS = frozenset({AlertKind.RECOVERED, AlertKind.HOST_BACK})
"""These end an incident, and are told only where there is one."""

ONCE = frozenset({AlertKind.HOST_LOST, AlertKind.WAITS})
"""These are told once in an incident, however often they are noticed."""

WAIT_INCIDENTS = "wait:"
"""How the names of incidents of long waiting begin."""

CHOICES = tuple(kind for kind in AlertKind if kind is not AlertKind.TEST)
"""What somebody can subscribe to."""

NEWS = frozenset(
    {
        State.FAILED, State.ROLLED_BACK, State.HELD, State.SKIPPED, State.COMMITTED, State.UNCHANGED, State.PREVIEWED,
    }
)  # fmt: skip
"""The states of which the outbox hears: all of them are last ones, so it hears once of each run."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that happened; at: seconds since 1970.

    incident: what belongs together has the same text here, "" for what stands alone; subject, body: stored sentences;
    error: code; groups, job: what it is about, () and "" for all; host: name of the host that it is about; run: its id.
    """

    kind: AlertKind
    incident: str
    subject: str
    body: tuple[str, ...] = ()
    at: float = 0.0
    error: str = ""
    groups: tuple[str, ...] = ()
    job: str = ""
    host: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """What is to be noted of one happening: alerts, and incidents that are over without a word."""

    alerts: tuple[Alert, ...] = ()
    over: tuple[str, ...] = ()


def run_incident(run: Run) -> str:
    """Return what a run's troubles belong to: its job on its target."""
    return f"job:{run.group}/{run.job}/{run.target}"


def drift_incident(run: Run) -> str:
    """Return what changes made on a run's target by somebody else belong to."""
    return f"drift:{run.group}/{run.job}/{run.target}"


def wait_incident(run: Run) -> str:
    """Return what the long waiting of a run's job on its target belongs to."""
    return f"{WAIT_INCIDENTS}{run.group}/{run.job}/{run.target}"


def host_incident(identity: str) -> str:
    """Return what a host's absence belongs to."""
    return f"host:{identity}"


def kind_of(run: Run, *, waited: bool = False) -> AlertKind | None:
    """Return what the end of a run means to those who do not watch it; waited: its rules had let it wait.

    None for what a rule left out at once, as it was told to, for a preview, which somebody is looking at, and for a
    return to an older state that went well.
    """
    if run.mode is Mode.PLAN:
        return None
    bad = {
        State.FAILED: AlertKind.FAILED,
        State.ROLLED_BACK: AlertKind.ROLLED_BACK,
        State.HELD: AlertKind.HELD,
    }
    if run.state in (State.COMMITTED, State.UNCHANGED) and run.mode is Mode.APPLY:
        return AlertKind.RECOVERED
    if run.state is State.SKIPPED and waited:
        return AlertKind.SKIPPED
    return bad.get(run.state)
