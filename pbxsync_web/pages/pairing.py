"""Two hosts learn to trust each other: a code from one, entered on the other, and words compared on both."""

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from pbxsync_web.access import admin, fresh, me, quiet
from pbxsync_web.forms import Refused
from pbxsync_web.forms import hosts as form
from pbxsync_web.pages.wishes import ask, find
from pbxsync_web.parts import the_parts, the_store
from pbxsync_worker.core.handover import request as wish_for
from pbxsync_worker.core.model.errors import NotAllowed
from pbxsync_worker.core.model.host import PeerState
from pbxsync_worker.core.model.wish import Asked, ConfirmHost, Give, JoinHost, OfferPairing, WishState

page = Blueprint("pairing", __name__, url_prefix="/pairing")
CODE_SECONDS = 900


@page.get("/offer")
@admin
@fresh
def offer() -> str:
    """Ask what the two hosts will be to each other."""
    return render_template("pairing/offer.html", values={"give": Give.SEND}, problems={})


@page.post("/offer")
@admin
@fresh
def offer_now() -> Response | tuple[str, int]:
    """Ask a worker for a one-time code."""
    read = form.read_offer(request.form)
    if isinstance(read, Refused):
        return render_template("pairing/offer.html", values=request.form, problems=read.problems), 400
    parts = the_parts()
    wish = wish_for(parts.store, parts.waker, read, me().name)
    return redirect(url_for("pairing.code", wish=wish), 303)


@page.get("/offer/<wish>")
@admin
def code(wish: str) -> str:
    """Show the code, how long it lives, and the words once the other host has used it."""
    return render_template("pairing/code.html", **_code(wish))


@page.get("/offer/<wish>/live")
@admin
@quiet
def code_live(wish: str) -> str:
    """Give the part of the page that changes."""
    return render_template("pairing/_code.html", **_code(wish))


@page.get("/join")
@admin
@fresh
def join() -> str:
    """Ask for a code that another host shows."""
    return render_template("pairing/join.html", values={"give": Give.RECEIVE}, problems={})


@page.post("/join")
@admin
@fresh
def join_now() -> Response | tuple[str, int]:
    """Ask a worker to use the code."""
    read = form.read_join(request.form)
    if isinstance(read, Refused):
        return render_template("pairing/join.html", values=request.form, problems=read.problems), 400
    parts = the_parts()
    wish = wish_for(parts.store, parts.waker, read, me().name)
    return redirect(url_for("pairing.joining", wish=wish), 303)


@page.get("/join/<wish>")
@admin
@quiet
def joining(wish: str) -> Response:
    """Wait for the other host's answer, then go on to the words."""
    asked = _own(wish, JoinHost)
    confirm_at = url_for("pairing.confirm", identity=asked.answer) if asked.state is WishState.GRANTED else ""
    if request.headers.get("HX-Request"):
        answer = make_response(render_template("pairing/_joining.html", asked=asked))
        if confirm_at:
            answer.headers["HX-Redirect"] = confirm_at
        return answer
    return (
        redirect(confirm_at, 303) if confirm_at else make_response(render_template("pairing/joining.html", asked=asked))
    )


@page.get("/confirm/<identity>")
@admin
@fresh
def confirm(identity: str) -> str:
    """Show the words to compare."""
    return render_template("pairing/confirm.html", peer=the_store().hosts.by_id(identity))


@page.post("/confirm/<identity>")
@admin
@fresh
def confirm_now(identity: str) -> Response:
    """Trust the host whose words were compared."""
    peer = the_store().hosts.by_id(identity)
    if peer.state is not PeerState.PENDING:
        raise NotAllowed(reason=_("this host does not wait for its words to be compared"))
    return ask(ConfirmHost(peer.host.id), url_for("hosts.one", identity=peer.host.id))


def _code(wish: str) -> dict[str, object]:
    asked = _own(wish, OfferPairing)
    left = int(asked.at + CODE_SECONDS - the_parts().clock.now())
    return {"asked": asked, "left": left, "peers": the_store().hosts.peers(PeerState.PENDING)}


def _own(wish: str, kind: type) -> Asked:
    asked = find(wish)
    if asked.by != me().name or not isinstance(asked.wish, kind):
        raise NotAllowed(reason=_("somebody else asked for this"))
    return asked
