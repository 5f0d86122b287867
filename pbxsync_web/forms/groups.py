"""The farm form: what it is called and which hosts belong to it."""

from dataclasses import replace

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from pbxsync_web.forms import Refused, new_name, read_title
from pbxsync_worker.core.model.host import Catalogue, GroupKind, Host


def to_form(catalogue: Catalogue) -> MultiDict[str, str]:
    """Return a farm as the texts of its form."""
    form: MultiDict[str, str] = MultiDict({"title": catalogue.title})
    form.setlist("host", [host.id for host in catalogue.hosts])
    return form


def read_new(form: MultiDict[str, str], me: Host, others: tuple[Host, ...], taken: set[str]) -> Catalogue | Refused:
    """Return the first version of a farm with this host as its primary."""
    problems: dict[str, str] = {}
    title = read_title(form.get("title", ""), problems)
    name = new_name(title, taken, problems)
    hosts = _members(form, others, problems)
    kind = GroupKind.FARM
    try:
        kind = GroupKind(form.get("kind", kind))
    except ValueError:
        problems["kind"] = _("Choose one of the values.")
    if problems:
        return Refused(problems)
    return Catalogue(name, title, kind, me.id, 1, (me, *hosts))


def read_change(form: MultiDict[str, str], known: Catalogue, others: tuple[Host, ...]) -> Catalogue | Refused:
    """Return the next version of a farm; a host that leaves takes the jobs it was the source of with it."""
    problems: dict[str, str] = {}
    title = read_title(form.get("title", ""), problems)
    wanted = _members(form, others, problems)
    if problems:
        return Refused(problems)
    stay = {host.id for host in wanted} | {known.primary}
    changed = known
    for host in known.hosts:
        if host.id not in stay:
            changed = changed.without_host(host.id)
    for host in wanted:
        changed = changed.with_host(host)
    for job in changed.jobs:
        changed = changed if job.targets else changed.without_job(job.name)
    return replace(changed, title=title, version=known.version + 1)


def _members(form: MultiDict[str, str], others: tuple[Host, ...], problems: dict[str, str]) -> tuple[Host, ...]:
    chosen = set(form.getlist("host"))
    members = tuple(host for host in others if host.id in chosen)
    if not members:
        problems["host"] = _("Choose at least one other host.")
    return members
