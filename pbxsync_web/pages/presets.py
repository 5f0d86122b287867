"""Presets: what a dataset can begin from on this host, and the dataset that is made of several."""

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from pbxsync_web.access import admin
from pbxsync_web.forms import Refused
from pbxsync_web.forms import presets as form
from pbxsync_web.forms.parts import Form
from pbxsync_web.pages.groups import managed
from pbxsync_web.pages.wishes import ask
from pbxsync_web.parts import the_parts
from pbxsync_worker.core.model.host import Catalogue
from pbxsync_worker.core.model.presets import Preset, as_dataset, offered, preset
from pbxsync_worker.core.model.wish import SaveCatalogue

page = Blueprint("presets", __name__)


@page.get("/groups/<group>/datasets/add")
@admin
def choose(group: str) -> str:
    """Show the presets."""
    catalogue, found = managed(group), offered_here()
    return _form(catalogue, found, form.to_form(found, request.args.get("preset", "")), {})


@page.post("/groups/<group>/datasets/add")
@admin
def add(group: str) -> Response | tuple[str, int]:
    """Make one dataset of what was chosen."""
    catalogue, found = managed(group), offered_here()
    read = form.read(request.form, found, catalogue.datasets)
    if isinstance(read, Refused):
        return _form(catalogue, found, request.form, read.problems), 400
    then = url_for("datasets.one", group=catalogue.group, name=read.name)
    return ask(SaveCatalogue(catalogue.with_dataset(read)), then)


def offered_here() -> tuple[Preset, ...]:
    """Return the presets that fit this host."""
    return offered(freepbx=the_parts().settings.freepbx_conf.exists())


def _form(catalogue: Catalogue, found: tuple[Preset, ...], values: Form, problems: object) -> str:
    return render_template(
        "presets/choose.html",
        catalogue=catalogue,
        presets=[(one, as_dataset([one], one.name, one.title)) for one in found],
        chosen=values.getlist("preset"),
        values=values,
        problems=problems,
        field=form.field,
        named=preset,
    )
