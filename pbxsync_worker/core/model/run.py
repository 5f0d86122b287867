"""A run: one execution of a job for one target, its states and the table of allowed moves."""

from dataclasses import dataclass, replace
from enum import StrEnum

from pbxsync_worker.core.model.errors import IllegalMove


class State(StrEnum):
    """Where a run is; the values are stored and shown, so they never change."""

    REQUESTED = "REQUESTED"
    WAITING = "WAITING"
    SCANNING = "SCANNING"
    PLANNED = "PLANNED"
    STAGED = "STAGED"
    APPLYING = "APPLYING"
    VERIFYING = "VERIFYING"
    COMMITTED = "COMMITTED"
    UNCHANGED = "UNCHANGED"
    PREVIEWED = "PREVIEWED"
    HELD = "HELD"
    SKIPPED = "SKIPPED"
    ROLLING_BACK = "ROLLING_BACK"
    ROLLED_BACK = "ROLLED_BACK"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


_BEFORE_ACTS = {State.FAILED, State.CANCELLED}
_BY_RULES = {State.WAITING, State.SKIPPED, State.HELD}

MOVES: dict[State, frozenset[State]] = {
    State.REQUESTED: frozenset({State.SCANNING, State.WAITING, State.SKIPPED} | _BEFORE_ACTS),
    State.WAITING: frozenset({State.SCANNING, State.SKIPPED} | _BEFORE_ACTS),
    State.SCANNING: frozenset({State.PLANNED, State.UNCHANGED} | _BEFORE_ACTS),
    State.PLANNED: frozenset({State.STAGED, State.PREVIEWED} | _BY_RULES | _BEFORE_ACTS),
    State.STAGED: frozenset({State.APPLYING} | _BY_RULES | _BEFORE_ACTS),
    State.APPLYING: frozenset({State.VERIFYING, State.ROLLING_BACK}),
    State.VERIFYING: frozenset({State.COMMITTED, State.ROLLING_BACK}),
    State.ROLLING_BACK: frozenset({State.ROLLED_BACK}),
    State.COMMITTED: frozenset(),
    State.UNCHANGED: frozenset(),
    State.PREVIEWED: frozenset(),
    State.HELD: frozenset(),
    State.SKIPPED: frozenset(),
    State.ROLLED_BACK: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}

ENDED = frozenset(state for state, allowed in MOVES.items() if not allowed)
GOOD = frozenset({State.COMMITTED, State.UNCHANGED, State.PREVIEWED})


class Mode(StrEnum):
    """What a run is asked to do."""

    PLAN = "plan"  # show what would be done, change nothing
    APPLY = "apply"  # bring the target in step with the source
    ROLLBACK = "rollback"  # bring this host back to one of its own kept states


@dataclass(frozen=True, slots=True)
class Run:
    """One run as this host knows it.

    group, job: names in the catalogue; source, target: host identities (hex); for a rollback `source` equals
    `target` and `goal` names the kept state; expect_plan: digest (hex) of the plan that a person was shown and
    approved, "" for none; approved: the brake was released for exactly that plan; token: fencing token of the worker
    that holds it, 0 before one does; rollout, position: the job execution it belongs to and its turn in it; here: it is
    executed by this host, not only followed; sentence: what the last move said; error: code of what went wrong;
    not_before: when its coordinator asks for it at the earliest, seconds since 1970; asked: its host was asked for it
    and may have taken it, although it did not say so yet.
    """

    id: str
    group: str
    job: str
    source: str
    target: str
    mode: Mode
    state: State
    goal: str = ""
    expect_plan: str = ""
    approved: bool = False
    token: int = 0
    rollout: str = ""
    position: int = 0
    here: bool = True
    sentence: str = ""
    error: str = ""
    requested_by: str = ""
    cancel_by: str = ""
    requested_at: float = 0.0
    moved_at: float = 0.0
    not_before: float = 0.0
    asked: bool = False

    def moved_to(self, state: State, sentence: str = "", error: str = "") -> "Run":
        """Return the run in its next state; raise IllegalMove where the table does not allow it."""
        if state not in MOVES[self.state]:
            raise IllegalMove(run=self.id, before=self.state, after=state)
        return replace(self, state=state, sentence=sentence, error=error or self.error)

    @property
    def ended(self) -> bool:
        """Tell whether the run will never move again."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class Move:
    """One row of a run's timeline; at: seconds since 1970 on the host that made the move."""

    number: int
    before: str
    after: State
    at: float
    sentence: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a run measured; bytes and seconds. wire_*: bytes on the link between source and target, both ways."""

    items: int = 0
    state_bytes: int = 0
    changes: int = 0
    content_bytes: int = 0
    wire_bytes: int = 0
    requests: int = 0
    seconds: float = 0.0
    reload_seconds: float = 0.0
