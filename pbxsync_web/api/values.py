"""What the API takes and answers; times are seconds since 1970, identities SHA-256 in hex."""

from typing import Annotated, Literal

import msgspec

from pbxsync_worker.core.model.job import OnChange, OnFailure, Retries, Schedule, TargetOrder

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="small letters, digits, dashes")]
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$", description="digest of a plan that was shown")]
Identity = Annotated[str, msgspec.Meta(min_length=12, max_length=64)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is taken: a field that nobody knows is a mistake, not an extra."""


class Answer(msgspec.Struct, frozen=True):
    """What is answered."""


class Health(Answer, frozen=True):
    """Whether the web admin can read its store."""

    ok: bool


class Problem(Answer, frozen=True):
    """What went wrong; error: its stable code, remedy: what to do, "" where nothing can be said."""

    error: str
    sentence: str
    remedy: str


class JobStatus(Answer, frozen=True):
    """How a job fares; state: of its last run, "" before the first; good_at: when it last ended well, 0 for never."""

    group: str
    name: str
    title: str
    source: str
    targets: list[str]
    state: str
    sentence: str
    run: str
    at: float
    good_at: float


class Status(Answer, frozen=True):
    """This host at a glance; good: no last run has failed, was undone or waits for somebody."""

    host: str
    id: str
    good: bool
    running: int
    held: int
    jobs: list[JobStatus]


class HostValue(Answer, frozen=True):
    """A host; state: this, pending, paired or revoked; trouble: why it was not reached last, "" for none."""

    id: str
    name: str
    address: str
    state: str
    seen_at: float
    trouble: str


class DatasetValue(Answer, frozen=True):
    """A dataset of a group."""

    name: str
    title: str


class JobValue(Answer, frozen=True):
    """A job; source and targets: identities of hosts, the targets in order; bandwidth: bytes a second, 0 for any."""

    name: str
    title: str
    dataset: str
    source: str
    targets: list[str]
    probe_seconds: int
    order: str
    parallel: int
    on_failure: str
    bandwidth: int
    time_limit: int
    retries: Retries
    paused: bool
    after: list[str]
    schedule: Schedule
    on_change: OnChange


class GroupValue(Answer, frozen=True):
    """A group with its hosts, datasets and jobs; version: counts up with each change."""

    group: str
    title: str
    kind: str
    primary: str
    version: int
    hosts: list[HostValue]
    datasets: list[DatasetValue]
    jobs: list[JobValue]


class SaveJob(Value, frozen=True):
    """A job as it shall be; what is not given stays as it is, or is as in a new job."""

    title: Title
    dataset: Name
    source: Identity
    targets: Annotated[list[Identity], msgspec.Meta(min_length=1, max_length=500)]
    probe_seconds: Annotated[int, msgspec.Meta(ge=5, le=600)] = 30
    order: TargetOrder | msgspec.UnsetType = msgspec.UNSET
    parallel: int | msgspec.UnsetType = msgspec.UNSET
    on_failure: OnFailure | msgspec.UnsetType = msgspec.UNSET
    bandwidth: int | msgspec.UnsetType = msgspec.UNSET
    time_limit: int | msgspec.UnsetType = msgspec.UNSET
    retries: Retries | msgspec.UnsetType = msgspec.UNSET
    paused: bool | msgspec.UnsetType = msgspec.UNSET
    after: tuple[Name, ...] | msgspec.UnsetType = msgspec.UNSET
    schedule: Schedule | msgspec.UnsetType = msgspec.UNSET
    on_change: OnChange | msgspec.UnsetType = msgspec.UNSET


class OperateCalmly(Value, frozen=True):
    """when: of a restart; modules: of a reload, none for everything."""

    do: Literal["reload", "restart", "start", "cancel"]
    when: Literal["when convenient", "gracefully"] = "when convenient"
    modules: Annotated[list[str], msgspec.Meta(max_length=20)] = []


class EndCalls(Value, frozen=True):
    """when: of a stop; a restart here is one at once."""

    do: Literal["restart", "stop"]
    when: Literal["when convenient", "gracefully", "now"] = "now"


class StartRun(Value, frozen=True):
    """mode: "plan" shows what would be done, "apply" does it; targets: identities, empty for all of the job."""

    mode: Literal["plan", "apply"]
    targets: list[Identity] = []


class Started(Answer, frozen=True):
    """rollout: the execution of the job; runs: one for each target, in order."""

    rollout: str
    runs: list[str]


class MoveValue(Answer, frozen=True):
    """One move of a run."""

    number: int
    before: str
    after: str
    at: float
    sentence: str
    error: str


class NumbersValue(Answer, frozen=True):
    """What a run measured: bytes and seconds; wire_bytes: on the link, both ways."""

    items: int
    state_bytes: int
    changes: int
    content_bytes: int
    wire_bytes: int
    requests: int
    seconds: float
    reload_seconds: float


class FindingValue(Answer, frozen=True):
    """Something that was found on the way; level: warn, hold or fatal."""

    level: str
    place: str
    sentence: str


class PlanValue(Answer, frozen=True):
    """told: what it does, line by line; brake: why it would be held."""

    digest: str
    summary: str
    told: list[str]
    changes: int
    brake: list[str]


class RunValue(Answer, frozen=True):
    """A run; state: see docs/operations.md."""

    id: str
    group: str
    job: str
    source: str
    target: str
    mode: str
    state: str
    ended: bool
    sentence: str
    error: str
    rollout: str
    requested_by: str
    requested_at: float
    moved_at: float


class WayValue(Answer, frozen=True):
    """What came one way: copy, along, patch, delta, samples, whole; codec: of the stream; size, sent: bytes."""

    way: str
    codec: str
    items: int
    size: int
    sent: int


class SentItemValue(Answer, frozen=True):
    """One of the items that took most on the link; bytes as in WayValue."""

    name: str
    way: str
    codec: str
    size: int
    sent: int


class SentValue(Answer, frozen=True):
    """How the contents of a run came to its target; largest: at most 20 items, first what took most."""

    ways: list[WayValue]
    largest: list[SentItemValue]


class RunWhole(RunValue, frozen=True):
    """A run with its timeline, its numbers, what was found, and its plan in words."""

    moves: list[MoveValue]
    numbers: NumbersValue
    reloaded: list[str]
    findings: list[FindingValue]
    sent: SentValue
    plan: PlanValue | None


class ChangeValue(Answer, frozen=True):
    """One change; diff: "" where it may not be shown or there is none."""

    kind: str
    name: str
    diff: str


class PlanWhole(PlanValue, frozen=True):
    """A plan with the modules it reloads, in order, and all its changes."""

    reloads: list[str]
    items: list[ChangeValue]


class ShownPlan(Value, frozen=True):
    """plan: digest of the plan that was shown; nothing else than that is done."""

    plan: Digest


class RollBack(Value, frozen=True):
    """side: the state before or after the run; mode: "plan" shows, "apply" does it; plan: what was shown, if it was."""

    side: Literal["before", "after"] = "before"
    mode: Literal["plan", "apply"] = "plan"
    plan: Digest | Literal[""] = ""


class StateValue(Answer, frozen=True):
    """A kept known-good state; side: before or after its run."""

    group: str
    job: str
    run: str
    side: str
    at: float


class AskedValue(Answer, frozen=True):
    """A wish; state: waiting, granted or refused; answer: what came of it, in words."""

    id: str
    state: str
    answer: str
    error: str


class EntryValue(Answer, frozen=True):
    """A line of the audit log; about: as it is stored; told: the same in words; hash: binds it to the one before."""

    number: int
    at: float
    who: str
    what: str
    about: str
    hash: str
    told: str


class CheckValue(Answer, frozen=True):
    """One thing that was looked at; remedy: what to do where it is not well."""

    name: str
    good: bool
    sentence: str
    remedy: str


class DoctorValue(Answer, frozen=True):
    """What a worker found when it last looked."""

    good: bool
    at: float
    checks: list[CheckValue]


class Happened(Value, frozen=True):
    """What happened on this PBX: somebody pressed Apply Config, or restored a backup."""

    what: Literal["apply-config", "restore"]


class Noted(Answer, frozen=True):
    """It was written down; paused: jobs, as group/job, that start only by hand until somebody resumes them."""

    noted: bool
    paused: list[str]
