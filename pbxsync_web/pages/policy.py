"""What one peer may do on this host; kept here, and nothing remote can widen it."""

from pathlib import Path

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from pbxsync_web.access import admin, fresh, me
from pbxsync_web.forms import Refused
from pbxsync_web.forms import policy as form
from pbxsync_web.parts import the_parts, the_store
from pbxsync_worker.core.model.host import Peer, Policy, Right
from pbxsync_worker.core.model.sentence import join, say

page = Blueprint("policy", __name__, url_prefix="/hosts")


@page.get("/<identity>/policy")
@admin
@fresh
def edit(identity: str) -> str:
    """Show what the peer may do."""
    peer = the_store().hosts.by_id(identity)
    return _form(peer, form.to_form(peer.policy), {})


@page.post("/<identity>/policy")
@admin
@fresh
def save(identity: str) -> Response | tuple[str, int]:
    """Change what the peer may do."""
    store = the_store()
    peer = store.hosts.by_id(identity)
    read = form.read(request.form)
    if isinstance(read, Refused):
        return _form(peer, request.form, read.problems), 400
    store.hosts.set_policy(peer.host.id, read)
    store.audit.add(me().name, "change policy", about(peer, read))
    flash(_("The policy is saved."), "success")
    return redirect(url_for("hosts.one", identity=peer.host.id), 303)


def about(peer: Peer, policy: Policy) -> str:
    """Return a policy as the audit log tells it."""
    rights = ", ".join(sorted(right.value for right in policy.rights)) or say("nothing")
    standing = say("stands by for it") if policy.replica else say("takes its trunks as they are")
    share = f"{policy.max_delete_percent} %"
    told = join(
        (
            rights,
            share,
            standing,
            *([say("Asterisk: {actions}", actions=", ".join(policy.actions))] if policy.actions else []),
        )
    )
    return say("host {host}: {policy}", host=peer.host.id, policy=told)


def _form(peer: Peer, values: MultiDict[str, str], problems: object) -> str:
    folders: dict[str, Path] = {place.value: path for place, path in the_parts().settings.places.items()}
    places = [(place, folders.get(place, "")) for place in form.PLACES]
    return render_template(
        "policy/edit.html", peer=peer, values=values, problems=problems, rights=list(Right), places=places
    )
