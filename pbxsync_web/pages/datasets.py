"""Datasets: which files, AstDB keys and rows travel."""

from dataclasses import replace

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from pbxsync_web.access import admin
from pbxsync_web.forms import Refused
from pbxsync_web.forms import datasets as form
from pbxsync_web.forms.families import FAMILIES
from pbxsync_web.forms.messages import MESSAGES
from pbxsync_web.forms.parts import Form
from pbxsync_web.forms.sqlite import DATABASES
from pbxsync_web.pages.groups import managed, manages
from pbxsync_web.pages.wishes import ask
from pbxsync_web.parts import the_parts, the_store
from pbxsync_worker.core.model.dataset import FILE_PLACES, Dataset, DeletePolicy, FileSet, Place
from pbxsync_worker.core.model.errors import NotAllowed
from pbxsync_worker.core.model.host import Catalogue
from pbxsync_worker.core.model.wish import SaveCatalogue

page = Blueprint("datasets", __name__)


@page.get("/datasets")
def overview() -> str:
    """Show the datasets of all farms."""
    catalogues = the_store().catalogues.all()
    return render_template("datasets/overview.html", catalogues=catalogues, manages=manages)


@page.get("/groups/<group>/datasets/<name>")
def one(group: str, name: str) -> str:
    """Show one dataset."""
    catalogue = the_store().catalogues.current(group)
    dataset = catalogue.dataset(name)
    jobs = [job for job in catalogue.jobs if job.dataset == name]
    return render_template(
        "datasets/one.html",
        catalogue=catalogue,
        dataset=dataset,
        jobs=jobs,
        here=manages(catalogue),
        places=the_parts().settings.places,
    )


@page.get("/groups/<group>/datasets/new")
@admin
def new(group: str) -> str:
    """Show the form of a selection of one's own."""
    return _form(managed(group), None, form.to_form(Dataset("", "", (FileSet(Place.ETC),))), {})


@page.post("/groups/<group>/datasets/new")
@admin
def create(group: str) -> Response | str | tuple[str, int]:
    """Add a dataset to the farm."""
    return _save(managed(group), None)


@page.get("/groups/<group>/datasets/<name>/edit")
@admin
def edit(group: str, name: str) -> str:
    """Show the form of a dataset."""
    catalogue = managed(group)
    dataset = catalogue.dataset(name)
    return _form(catalogue, dataset, form.to_form(dataset), {})


@page.post("/groups/<group>/datasets/<name>/edit")
@admin
def change(group: str, name: str) -> Response | str | tuple[str, int]:
    """Change a dataset."""
    catalogue = managed(group)
    return _save(catalogue, catalogue.dataset(name))


@page.get("/groups/<group>/datasets/<name>/remove")
@admin
def remove(group: str, name: str) -> str:
    """Ask whether the dataset shall go."""
    catalogue = managed(group)
    jobs = [job for job in catalogue.jobs if job.dataset == name]
    return render_template("datasets/remove.html", catalogue=catalogue, dataset=catalogue.dataset(name), jobs=jobs)


@page.post("/groups/<group>/datasets/<name>/remove")
@admin
def remove_now(group: str, name: str) -> Response:
    """Take a dataset that no job uses out of the farm."""
    return ask(SaveCatalogue(without(managed(group), name)), url_for("groups.one", group=group))


def without(catalogue: Catalogue, name: str) -> Catalogue:
    """Return a catalogue without a dataset; raise NotFound, or NotAllowed where a job uses it."""
    gone = catalogue.dataset(name)
    if any(job.dataset == name for job in catalogue.jobs):
        raise NotAllowed(reason=_("a job uses this dataset"))
    left = tuple(one for one in catalogue.datasets if one != gone)
    return replace(catalogue, datasets=left, version=catalogue.version + 1)


def _save(catalogue: Catalogue, known: Dataset | None) -> Response | str | tuple[str, int]:
    stepped = form.step(request.form)
    if stepped is not None:
        return _form(catalogue, known, stepped, {})
    taken = {one.name for one in catalogue.datasets}
    read = form.read(request.form, known, taken)
    if isinstance(read, Refused):
        return _form(catalogue, known, request.form, read.problems), 400
    then = url_for("datasets.one", group=catalogue.group, name=read.name)
    return ask(SaveCatalogue(catalogue.with_dataset(read)), then)


def _form(catalogue: Catalogue, known: Dataset | None, values: Form, problems: object) -> str:
    return render_template(
        "datasets/edit.html",
        catalogue=catalogue,
        dataset=known,
        values=values,
        problems=problems,
        sets=form.SETS,
        families=FAMILIES,
        databases=DATABASES,
        messages=MESSAGES,
        tables=form.named_tables(known.tables) if known else {},
        boxes=form.named_boxes(known.boxes) if known else {},
        stays={*values.getlist("table"), *values.getlist("box")},
        places=_places(FILE_PLACES),
        all_places=_places(tuple(Place)),
        policies=list(DeletePolicy),
        kept=form.KEPT,
    )


def _places(some: tuple[Place, ...]) -> list[tuple[Place, object]]:
    known = the_parts().settings.places
    return [(place, known.get(place, "")) for place in some]
