"""Another host becomes the primary of a group: what that means, and then exactly that."""

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from pbxsync_web.access import admin, fresh
from pbxsync_web.pages.wishes import ask
from pbxsync_web.parts import the_store
from pbxsync_web.present import this_host
from pbxsync_worker.core.model.errors import NotAllowed
from pbxsync_worker.core.model.host import Catalogue, GroupKind
from pbxsync_worker.core.model.promotion import Promotion, lacks, promotion
from pbxsync_worker.core.model.wish import Promote

page = Blueprint("promotion", __name__, url_prefix="/groups")


def may_promote(catalogue: Catalogue, identity: str) -> bool:
    """Tell whether a host can be made the primary from here: by the primary of today, or by the host itself."""
    mine = this_host()
    return mine is not None and identity != catalogue.primary and mine.id in (catalogue.primary, identity)


def wanted(group: str, identity: str) -> Promotion:
    """Return what promoting a host means; raise NotFound, or NotAllowed where it is not done on this host."""
    catalogue = the_store().catalogues.current(group)
    found = promotion(catalogue, identity)
    if not may_promote(catalogue, identity):
        raise NotAllowed(reason=_("a host is promoted on itself, or on the primary of today"))
    return found


@page.get("/<group>/promote/<identity>")
@admin
@fresh
def confirm(group: str, identity: str) -> str:
    """Say what turns round, what stays, and what is lacking."""
    return _page(wanted(group, identity), MultiDict({"version": ""}), {})


@page.post("/<group>/promote/<identity>")
@admin
@fresh
def promote(group: str, identity: str) -> Response | tuple[str, int]:
    """Promote the host whose name was typed, if the group is still as it was shown."""
    found = wanted(group, identity)
    problems = {}
    if request.form.get("name", "").strip() != found.new.name:
        problems["name"] = _("Type the name of the new primary exactly: %(name)s", name=found.new.name)
    if request.form.get("version") != str(found.before.version):
        problems["version"] = _("Somebody changed the group meanwhile. Look at it again.")
    if problems:
        return _page(found, request.form, problems), 400
    return ask(Promote(group, identity, found.before.version), url_for("groups.one", group=group))


def _page(found: Promotion, values: MultiDict[str, str], problems: object) -> str:
    store, me = the_store(), the_store().hosts.me().id
    line = store.lines.of(found.old.id) if found.old.id != me else None
    return render_template(
        "promotion/confirm.html",
        promotion=found,
        farm=found.before.kind is GroupKind.FARM,
        lacks=lacks(found, me, store.hosts.peers()),
        line=line,
        me=me,
        values=values,
        problems=problems,
    )
