"""What a person asked for and a worker grants: the page waits in the browser, never in the server."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from pbxsync_web.access import local_page, may, me, operator, quiet
from pbxsync_web.parts import the_parts, the_store
from pbxsync_web.present import told
from pbxsync_worker.core.handover import request as wish_for
from pbxsync_worker.core.model.errors import NotAllowed
from pbxsync_worker.core.model.wish import Asked, JoinHost, OfferPairing, Promote, SaveCatalogue, Wish, WishState

page = Blueprint("wishes", __name__, url_prefix="/wishes")


def ask(wish: Wish, then: str, *, stay: bool = False) -> Response:
    """Hand a wish over and go to the page that waits for its answer; then: where to go once it is granted.

    stay: the answer is a sentence to read, so the page does not go on by itself.
    """
    parts = the_parts()
    identity = wish_for(parts.store, parts.waker, wish, me().name)
    path = then.removeprefix(request.script_root)
    return redirect(url_for("wishes.one", identity=identity, then=path, stay=int(stay)), 303)


def find(identity: str) -> Asked:
    """Return a wish; raise NotFound."""
    return the_store().wishes.get(identity)


@page.get("/<identity>")
@operator
@quiet
def one(identity: str) -> Response:
    """Show how far a wish is, and go on once it is granted."""
    asked = find(identity)
    if isinstance(asked.wish, OfferPairing | JoinHost) or not (may("admin") or asked.by == me().name):
        raise NotAllowed(reason=_("somebody else asked for this"))
    then, stay = local_page(request.args.get("then", "/")), request.args.get("stay") == "1"
    here = url_for("wishes.one", identity=identity, then=request.args.get("then", "/"), stay=int(stay))
    values = {"asked": asked, "then": then, "here": here}
    go_on = asked.state is WishState.GRANTED and not stay
    if go_on and asked.answer and isinstance(asked.wish, SaveCatalogue | Promote):
        flash(told(asked.answer), "success")
    if request.headers.get("HX-Request"):
        answer = make_response(render_template("wishes/_one.html", **values))
        if go_on:
            answer.headers["HX-Redirect"] = then
        return answer
    return redirect(then, 303) if go_on else make_response(render_template("wishes/one.html", **values))
