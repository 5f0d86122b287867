"""What becomes of a group when another host is made its primary, told before it is done."""

from dataclasses import dataclass

from pbxsync_worker.core.model.host import Catalogue, GroupKind, Host, Job, Peer, PeerState, Right


@dataclass(frozen=True, slots=True)
class Promotion:
    """A promotion that somebody may want.

    turned: jobs as they will be, from the new primary, the old one among their targets; left: jobs from the old primary
    that never came to the new one, which are paused as they are; stay: jobs that do not change.
    """

    before: Catalogue
    after: Catalogue
    turned: tuple[Job, ...]
    left: tuple[Job, ...]
    stay: tuple[Job, ...]

    @property
    def old(self) -> Host:
        """Return the primary of today."""
        return self.before.host(self.before.primary)

    @property
    def new(self) -> Host:
        """Return the primary that is wanted."""
        return self.after.host(self.after.primary)


@dataclass(frozen=True, slots=True)
class Lack:
    """A right that this host does not give to another one, and without which a job of the promotion is refused."""

    host: Host
    right: Right


def promotion(catalogue: Catalogue, identity: str) -> Promotion:
    """Return what making a host the primary means; raise NotFound or Invalid where it cannot be."""
    after = catalogue.promoted(identity)
    pairs = tuple(zip(catalogue.jobs, after.jobs, strict=True))
    turned = tuple(new for old, new in pairs if old.source != new.source)
    farm = catalogue.kind is GroupKind.FARM
    left = tuple(new for _, new in pairs if farm and new.source == catalogue.primary)
    return Promotion(catalogue, after, turned, left, tuple(job for job in after.jobs if job not in (*turned, *left)))


def lacks(wanted: Promotion, me: str, peers: tuple[Peer, ...]) -> tuple[Lack, ...]:
    """Return what this host does not let others do yet that the promotion needs of it.

    What the other hosts must let the new primary do only they can say.
    """
    rights = {peer.host.id: peer.policy.rights for peer in peers if peer.state is PeerState.PAIRED}
    new, needed = wanted.new, []
    if me != new.id:
        needed.append((new, Right.COORDINATE))
    for job in wanted.turned:
        if me == job.source:
            needed += [(wanted.after.host(target), Right.READ) for target in job.targets]
        elif me in job.targets:
            needed.append((new, Right.WRITE))
    return tuple(Lack(*one) for one in dict.fromkeys(needed) if one[1] not in rights.get(one[0].id, frozenset()))
