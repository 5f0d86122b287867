"""Groups: hosts, datasets and jobs as their catalogue has them."""

from http import HTTPStatus
from typing import Annotated, Literal

import msgspec
from werkzeug.datastructures import MultiDict

from pbxsync_web.access import me
from pbxsync_web.api.endpoint import accepted, endpoint
from pbxsync_web.api.hosts import peer_value, this_value
from pbxsync_web.api.values import (
    AskedValue,
    DatasetValue,
    GroupValue,
    HostValue,
    Identity,
    JobValue,
    Title,
    Value,
)
from pbxsync_web.api.wishes import asked_value, wish
from pbxsync_web.forms.groups import read_change, read_new
from pbxsync_web.pages.groups import candidates, managed, paired
from pbxsync_web.parts import the_store
from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.host import Catalogue, Host, Job
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.core.store.people import Role

Hosts = Annotated[list[Identity], msgspec.Meta(min_length=1, max_length=500)]


class SaveGroup(Value, frozen=True):
    """hosts: identities of its members beside this host."""

    title: Title
    hosts: Hosts


class NewGroup(SaveGroup, frozen=True):
    """kind: a farm has one primary, this host; in a federation each job has its own direction."""

    kind: Literal["farm", "federation"] = "farm"


@endpoint("GET /groups", list[GroupValue])
def groups() -> list[GroupValue]:
    """List the groups that this host belongs to."""
    return [_value(one) for one in the_store().catalogues.all()]


@endpoint("GET /groups/<group>", GroupValue)
def group_one(group: str) -> GroupValue:
    """Tell of one group."""
    return _value(the_store().catalogues.current(group))


@endpoint("POST /groups", AskedValue, role=Role.ADMIN, body=NewGroup, status=HTTPStatus.ACCEPTED)
def make_group(body: NewGroup) -> AskedValue:
    """Make a group that is changed on this host; its name is made of its title."""
    store = the_store()
    others = paired()
    _check_hosts(body.hosts, others)
    form = MultiDict([("title", body.title), ("kind", body.kind), *(("host", one) for one in body.hosts)])
    taken = {one.group for one in store.catalogues.all()} | {"new"}
    return asked_value(wish(SaveCatalogue(accepted(read_new(form, store.hosts.me(), others, taken))), me().name))


@endpoint("PUT /groups/<group>", AskedValue, role=Role.ADMIN, body=SaveGroup, status=HTTPStatus.ACCEPTED)
def save_group(group: str, body: SaveGroup) -> AskedValue:
    """Change how a group is called and which hosts it has beside this one; a host that leaves takes its jobs along."""
    catalogue = managed(group)
    others = candidates(catalogue)
    _check_hosts(body.hosts, others)
    form = MultiDict([("title", body.title), *(("host", one) for one in body.hosts)])
    return asked_value(wish(SaveCatalogue(accepted(read_change(form, catalogue, others))), me().name))


def _check_hosts(wanted: list[str], others: tuple[Host, ...]) -> None:
    unknown = set(wanted) - {host.id for host in others}
    if unknown:
        raise NotFound(what="host", name=min(unknown)[:12])


def job_value(job: Job) -> JobValue:
    """Return a job as the API tells it."""
    return JobValue(
        name=job.name,
        title=job.title,
        dataset=job.dataset,
        source=job.source,
        targets=list(job.targets),
        probe_seconds=job.probe_seconds,
        order=job.order.value,
        parallel=job.parallel,
        on_failure=job.on_failure.value,
        bandwidth=job.bandwidth,
        time_limit=job.time_limit,
        retries=job.retries,
        paused=job.paused,
        after=list(job.after),
        schedule=job.schedule,
        on_change=job.on_change,
    )


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
