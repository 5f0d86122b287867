"""What the PBX's own panel tells: a hint that comes at once; the monitor finds the same by itself a little later."""

from dataclasses import replace
from http import HTTPStatus

from pbxsync_web.access import me
from pbxsync_web.api.endpoint import endpoint
from pbxsync_web.api.values import Happened, Noted
from pbxsync_web.api.wishes import wish
from pbxsync_web.pages.groups import manages
from pbxsync_web.parts import the_store
from pbxsync_worker.core.model.host import Catalogue
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.core.store.occurrences import THIS_HOST
from pbxsync_worker.core.store.people import Role


@endpoint("POST /events", Noted, role=Role.OPERATOR, body=Happened, status=HTTPStatus.ACCEPTED)
def happened(body: Happened) -> Noted:
    """Say that somebody applied a configuration, or restored a backup, after which jobs that are led here pause.

    A job that another host coordinates is held there by the gate, which sees a restore by itself.
    """
    store = the_store()
    store.audit.add(me().name, body.what)
    if body.what == "apply-config":
        store.occurrences.tell_change([THIS_HOST])
        return Noted(noted=True, paused=[])
    return Noted(noted=True, paused=[name for one in filter(manages, store.catalogues.all()) for name in _pause(one)])


def _pause(catalogue: Catalogue) -> list[str]:
    """Pause the jobs that bring the state of this host somewhere, or another one's here; return their names."""
    here = the_store().hosts.me().id
    concerned = [job for job in catalogue.jobs if here in (job.source, *job.targets) and not job.paused]
    changed = catalogue
    for job in concerned:
        changed = changed.with_job(replace(job, paused=True))
    if concerned:
        wish(SaveCatalogue(changed), me().name)
    return [f"{catalogue.group}/{job.name}" for job in concerned]
