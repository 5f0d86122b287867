"""Hosts, what a peer may do here, and the catalogue that the hosts of a group share."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from pbxsync_worker.core.model.dataset import ASTDB, COLLECT, MESSAGES, SQL, SQLITE, VOICEMAIL, Dataset, Place
from pbxsync_worker.core.model.errors import Invalid, NotAllowed, NotFound
from pbxsync_worker.core.model.job import OnChange, OnFailure, Retries, Schedule, TargetOrder
from pbxsync_worker.core.model.rule import Rule
from pbxsync_worker.core.model.sentence import say

ERA = 1_000_000
"""A promotion begins the next multiple of this as version, past whatever a primary that does not know of it changes."""


class Right(StrEnum):
    """What this host lets a peer do; kept here, and only changed here."""

    READ = "read"  # read our datasets
    WRITE = "write"  # be the source of runs on this host
    COORDINATE = "coordinate"  # ask this host for runs and give it a new catalogue


@dataclass(frozen=True, slots=True)
class Host:
    """One PBX running PBXSync; id: SHA-256 (hex) of its certificate's public key (SPKI, DER)."""

    id: str
    name: str
    address: str  # "name-or-ip:port" of its peer service


@dataclass(frozen=True, slots=True)
class Policy:
    """What one peer may do on this host; nothing remote can widen it.

    places: names of the places it may read or write, `ASTDB`, `SQL`, `VOICEMAIL`, `MESSAGES`, `SQLITE` and `COLLECT`
    among them;
    max_delete_percent: a plan that removes a larger share of the dataset's items is held; reloads: AMI modules it may
    cause to be reloaded, ("*",) for all of the map; replica: this host stands by for it, so that the trunks it brings
    are switched off here; actions: what it may cause beside reloads, as `AsteriskAction.permission` names it, ("*",)
    for all.
    """

    rights: frozenset[Right] = frozenset()
    places: tuple[str, ...] = (
        *(place.value for place in Place),
        *(name.decode() for name in (ASTDB, SQL, VOICEMAIL, SQLITE, COLLECT, MESSAGES)),
    )
    max_delete_percent: int = 20
    reloads: tuple[str, ...] = ("*",)
    replica: bool = True
    actions: tuple[str, ...] = ()


class PeerState(StrEnum):
    """How far two hosts trust each other."""

    PENDING = "pending"  # the code was used; a person must compare the words
    PAIRED = "paired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Peer:
    """Another host as this one knows it; certificate: DER; words: the six words both pages show."""

    host: Host
    certificate: bytes
    state: PeerState
    policy: Policy
    words: str = ""
    seen_at: float = 0.0
    trouble: str = ""


class GroupKind(StrEnum):
    """How the hosts of a group stand to each other."""

    FARM = "farm"  # one primary, any number of replicas
    FEDERATION = "federation"  # peers; each job has its own direction


@dataclass(frozen=True, slots=True)
class Job:
    """A dataset from one source to targets, when and how; one without more starts when a person says so.

    probe_seconds: how long health may take before the run undoes; parallel: targets at once, where the order allows
    several; bandwidth: bytes a second from source to target, 0 for no limit; time_limit: seconds after which a run
    that has not begun to change its target is cancelled, 0 for none; paused: nothing starts it but a person; after:
    jobs of the same group that must have ended well since this one started last. One with `after` that nothing else
    starts is started by that. rules: asked in this order, after those of the group.
    """

    name: str
    title: str
    dataset: str
    source: str
    targets: tuple[str, ...]
    probe_seconds: int = 30
    order: TargetOrder = TargetOrder.IN_TURN
    parallel: int = 4
    on_failure: OnFailure = OnFailure.STOP
    bandwidth: int = 0
    time_limit: int = 0
    retries: Retries = field(default_factory=Retries)
    paused: bool = False
    after: tuple[str, ...] = ()
    schedule: Schedule = field(default_factory=Schedule)
    on_change: OnChange = field(default_factory=OnChange)
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the hosts of one group share: versioned, signed by the host that changed it, copied to every member.

    version: counts up with each change; primary: identity of the host that changes the catalogue and starts its jobs,
    of a farm its primary.
    """

    group: str
    title: str
    kind: GroupKind
    primary: str
    version: int
    hosts: tuple[Host, ...]
    datasets: tuple[Dataset, ...] = ()
    jobs: tuple[Job, ...] = ()
    rules: tuple[Rule, ...] = ()

    def job(self, name: str) -> Job:
        """Return a job by name; raise NotFound."""
        for job in self.jobs:
            if job.name == name:
                return job
        raise NotFound(what="job", name=name)

    def leading(self, name: str, source: str, target: str) -> Job:
        """Return a job that leads from one host to another; raise NotFound, NotAllowed where it was turned round."""
        job = self.job(name)
        if job.source != source or target not in job.targets:
            raise NotAllowed(reason=say("job {name} leads another way by now", name=name))
        return job

    def dataset(self, name: str) -> Dataset:
        """Return a dataset by name; raise NotFound."""
        for dataset in self.datasets:
            if dataset.name == name:
                return dataset
        raise NotFound(what="dataset", name=name)

    def host(self, identity: str) -> Host:
        """Return a member by identity; raise NotFound."""
        for host in self.hosts:
            if host.id == identity:
                return host
        raise NotFound(what="host", name=identity[:12])

    def with_host(self, host: Host) -> "Catalogue":
        """Return the catalogue with a member added or replaced."""
        rest = tuple(known for known in self.hosts if known.id != host.id)
        return replace(self, hosts=(*rest, host), version=self.version + 1)

    def with_dataset(self, dataset: Dataset) -> "Catalogue":
        """Return the catalogue with a dataset added or replaced."""
        rest = tuple(known for known in self.datasets if known.name != dataset.name)
        return replace(self, datasets=(*rest, dataset), version=self.version + 1)

    def with_job(self, job: Job) -> "Catalogue":
        """Return the catalogue with a job added or replaced; raise NotFound for an unknown host or dataset."""
        self.dataset(job.dataset)
        for identity in (job.source, *job.targets):
            self.host(identity)
        rest = tuple(known for known in self.jobs if known.name != job.name)
        return replace(self, jobs=(*rest, job), version=self.version + 1)

    def with_rules(self, rules: tuple[Rule, ...], job: str = "") -> "Catalogue":
        """Return the catalogue with other rules: the group's, or those of the job that is named; raise NotFound."""
        if job:
            return self.with_job(replace(self.job(job), rules=rules))
        return replace(self, rules=rules, version=self.version + 1)

    def promoted(self, identity: str) -> "Catalogue":
        """Return the catalogue with another primary; of a farm, each job between the two is turned round.

        What is turned round, and what still leads away from the old primary, is paused until a person has looked.
        Raise NotFound for no member, Invalid for the primary itself.
        """
        if identity == self.primary:
            raise Invalid(what=say("Group {group}", group=self.group), problems=say("this host is its primary already"))
        self.host(identity)
        jobs = self.jobs
        if self.kind is GroupKind.FARM:
            jobs = tuple(_turned(job, self.primary, identity) for job in jobs)
        return replace(self, primary=identity, jobs=jobs, version=(self.version // ERA + 1) * ERA)

    def without_host(self, identity: str) -> "Catalogue":
        """Return the catalogue without a member and without the jobs it was the source of."""
        jobs = tuple(
            replace(job, targets=tuple(target for target in job.targets if target != identity))
            for job in self.jobs
            if job.source != identity
        )
        hosts = tuple(host for host in self.hosts if host.id != identity)
        return replace(self, hosts=hosts, jobs=_following(jobs), version=self.version + 1)

    def without_job(self, name: str) -> "Catalogue":
        """Return the catalogue without a job; no other one waits for it any more."""
        jobs = _following([job for job in self.jobs if job.name != name])
        return replace(self, jobs=jobs, version=self.version + 1)


def _turned(job: Job, old: str, new: str) -> Job:
    if job.source != old:
        return job
    if new not in job.targets:
        return replace(job, paused=True)
    targets = tuple(old if target == new else target for target in job.targets)
    return replace(job, source=new, targets=targets, paused=True)


def _following(jobs: Iterable[Job]) -> tuple[Job, ...]:
    """Return jobs that come after none but each other."""
    kept = tuple(jobs)
    names = {job.name for job in kept}
    return tuple(replace(job, after=tuple(name for name in job.after if name in names)) for job in kept)
