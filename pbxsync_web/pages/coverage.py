"""What of this PBX is in no job, and what is left out on purpose and why."""

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from pbxsync_web.access import operator
from pbxsync_web.pages.groups import manages
from pbxsync_web.pages.wishes import ask
from pbxsync_web.parts import the_parts, the_store
from pbxsync_worker.core.model.coverage import Coverage, Found, Thing, Weight
from pbxsync_worker.core.model.presets import offered, preset
from pbxsync_worker.core.model.wish import LookAtCoverage

page = Blueprint("coverage", __name__)
_ORDER = (Thing.TABLE, Thing.FAMILY, Thing.FILES)


@page.get("/coverage")
def overview() -> str:
    """Show what a worker found when it last looked."""
    asked = the_store().wishes.newest(LookAtCoverage)
    report = None if asked is None else Coverage.restored(asked.answer)
    farm = next(filter(manages, the_store().catalogues.all()), None)
    return render_template(
        "coverage/overview.html",
        asked=asked,
        report=report,
        missing=[] if report is None else _grouped(report),
        heavy=Weight.MUCH,
        things=Thing,
        group=farm.group if farm else "",
        offered={one.name for one in offered(freepbx=the_parts().settings.freepbx_conf.exists())},
        named=preset,
    )


@page.post("/coverage")
@operator
def look() -> Response:
    """Ask a worker to look."""
    return ask(LookAtCoverage(), url_for("coverage.overview"))


def _grouped(report: Coverage) -> list[tuple[tuple[Weight, Thing], list[Found]]]:
    """Return what is missing by weight and kind of thing, tables first."""
    groups: dict[tuple[Weight, Thing], list[Found]] = {}
    for one in sorted(report.missing, key=lambda one: (-one.weight, _ORDER.index(one.thing))):
        groups.setdefault((one.weight, one.thing), []).append(one)
    return list(groups.items())
