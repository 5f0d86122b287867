"""The measured facts of one host, as they are and as they were."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from pbxsync_web import measured
from pbxsync_web.chart import HEIGHT, WIDTH, chart
from pbxsync_web.parts import the_parts, the_store
from pbxsync_web.present import this_host

page = Blueprint("fleet", __name__)
page.add_app_template_filter(measured.shown, "measured")
page.add_app_template_filter(measured.title, "fact_title")

SPANS = {"hour": 3600.0, "day": 86400.0, "week": 7 * 86400.0}


@page.get("/fleet")
def overview() -> Response:
    """Lead to the start page, which shows every host at a glance."""
    return redirect(url_for("start.overview"), 303)


@page.get("/fleet/<identity>")
def one(identity: str) -> str:
    """Show what is measured of one host."""
    store, now, mine = the_store(), the_parts().clock.now(), this_host()
    here = mine is not None and mine.id == identity
    host = mine if here else store.hosts.by_id(identity).host
    span = request.args.get("span", "")
    begin = now - SPANS.get(span, SPANS["hour"])
    known = sorted(store.facts.known(identity).values(), key=lambda fact: fact.name)
    history = store.facts.history(identity, begin)
    charts = {name: chart(samples, begin, now) for name, samples in history.items()}
    return render_template(
        "fleet/one.html",
        host=host,
        known=known,
        charts=charts,
        line=None if here else store.lines.of(identity),
        span=span if span in SPANS else "hour",
        box=(WIDTH, HEIGHT),
    )
