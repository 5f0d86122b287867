"""Groups: hosts, datasets and jobs as their catalogue has them."""

from pbxsync_web.api.endpoint import endpoint
from pbxsync_web.api.hosts import peer_value, this_value
from pbxsync_web.api.values import DatasetValue, GroupValue, HostValue, JobValue
from pbxsync_web.parts import the_store
from pbxsync_worker.core.model.host import Catalogue, Job


@endpoint("GET /groups", list[GroupValue])
def groups() -> list[GroupValue]:
    """List the groups that this host belongs to."""
    return [_value(one) for one in the_store().catalogues.all()]


@endpoint("GET /groups/<group>", GroupValue)
def group_one(group: str) -> GroupValue:
    """Tell of one group."""
    return _value(the_store().catalogues.current(group))


def job_value(job: Job) -> JobValue:
    """Return a job as the API tells it."""
    return JobValue(job.name, job.title, job.dataset, job.source, list(job.targets), job.probe_seconds)


def _value(catalogue: Catalogue) -> GroupValue:
    return GroupValue(
        group=catalogue.group,
        title=catalogue.title,
        kind=catalogue.kind.value,
        primary=catalogue.primary,
        version=catalogue.version,
        hosts=_hosts(catalogue),
        datasets=[DatasetValue(one.name, one.title) for one in catalogue.datasets],
        jobs=[job_value(job) for job in catalogue.jobs],
    )


def _hosts(catalogue: Catalogue) -> list[HostValue]:
    known = {peer.host.id: peer for peer in the_store().hosts.peers()}
    return [peer_value(known[host.id]) if host.id in known else this_value(host) for host in catalogue.hosts]
