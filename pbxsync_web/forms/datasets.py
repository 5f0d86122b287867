"""The dataset form: file sets, AstDB families, SQLite databases, and which tables and mailboxes of presets stay."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TypeVar

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from pbxsync_web.forms import Refused, new_name, read_title
from pbxsync_web.forms import families as family_form
from pbxsync_web.forms import messages as message_form
from pbxsync_web.forms import sqlite as sqlite_form
from pbxsync_web.forms.choices import read_choice, read_pattern
from pbxsync_web.forms.families import FAMILIES
from pbxsync_web.forms.messages import MESSAGES
from pbxsync_web.forms.parts import Form, Repeated
from pbxsync_web.forms.sqlite import DATABASES
from pbxsync_worker.core.model.dataset import FILE_PLACES, BoxSet, Dataset, DeletePolicy, FileSet, Keep, Place, TableSet

MOST_PATTERNS = 200
KEPT = tuple(one.name for one in fields(Keep))
SETS = Repeated("sets", 20, ("place", "path", "include", "exclude", "delete", *KEPT))
_Part = TypeVar("_Part", TableSet, BoxSet)


def to_form(dataset: Dataset) -> Form:
    """Return a dataset as the texts of its form."""
    form: Form = MultiDict({"title": dataset.title, SETS.counted: str(len(dataset.file_sets))})
    for at, one in enumerate(dataset.file_sets):
        form[f"place-{at}"], form[f"path-{at}"], form[f"delete-{at}"] = one.place, one.path, one.delete
        form[f"include-{at}"], form[f"exclude-{at}"] = "\n".join(one.include), "\n".join(one.exclude)
        for kept in KEPT:
            form[f"{kept}-{at}"] = "yes" if getattr(one.keep, kept) else "no"
    family_form.to_form(dataset.families, form)
    sqlite_form.to_form(dataset.databases, form)
    message_form.to_form(dataset.messages, form)
    form["tables"] = "shown"
    form.setlist("table", list(named_tables(dataset.tables)))
    form["boxes"] = "shown"
    form.setlist("box", list(named_boxes(dataset.boxes)))
    return form


def named_tables(tables: tuple[TableSet, ...]) -> dict[str, TableSet]:
    """Return tables by what their boxes in the form say; a table may be there twice, with other rows."""
    return {f"{at}:{one.database}.{one.table}": one for at, one in enumerate(tables)}


def named_boxes(boxes: tuple[BoxSet, ...]) -> dict[str, BoxSet]:
    """Return mailboxes by what their boxes in the form say."""
    return {f"{at}:{one.box}@{one.context}": one for at, one in enumerate(boxes)}


def step(form: Form) -> Form | None:
    """Return the form as a button that adds or takes out one part leaves it, None where none was pressed."""
    for part, name in ((SETS, "set"), (FAMILIES, "family"), (DATABASES, "database"), (MESSAGES, "message")):
        if form.get("add") == name:
            return part.with_one_more(form)
        gone = form.get(f"drop-{name}", "")
        if gone.isascii() and gone.isdigit() and len(gone) < 4:
            return part.without_one(form, int(gone))
    return None


def read(form: Form, known: Dataset | None, taken: set[str]) -> Dataset | Refused:
    """Return the dataset that a form describes; known: the one that is edited; taken: names of the others."""
    problems: dict[str, str] = {}
    title = read_title(form.get("title", ""), problems)
    name = known.name if known else new_name(title, taken, problems)
    begun = replace(known or Dataset(name, title), title=title)
    sets = tuple(_read_set(form, at, problems) for at in range(SETS.count(form, without=1)))
    # What a form does not show, it does not change.
    families = family_form.read(form, problems) if FAMILIES.counted in form else begun.families
    databases = sqlite_form.read(form, problems) if DATABASES.counted in form else begun.databases
    messages = message_form.read(form, problems) if MESSAGES.counted in form else begun.messages
    tables = _ticked(form, "table", named_tables(begun.tables)) if "tables" in form else begun.tables
    boxes = _ticked(form, "box", named_boxes(begun.boxes)) if "boxes" in form else begun.boxes
    if not (sets or families or tables or boxes or databases or messages):
        problems["sets"] = _("A dataset needs at least one file set, family or table.")
    if problems:
        return Refused(problems)
    begun = replace(begun, file_sets=sets, families=families, databases=databases)
    return replace(begun, tables=tables, boxes=boxes, messages=messages)


def _ticked(form: Form, field: str, known: Mapping[str, _Part]) -> tuple[_Part, ...]:
    stays = set(form.getlist(field))
    return tuple(one for name, one in known.items() if name in stays)


def _read_set(form: Form, at: int, problems: dict[str, str]) -> FileSet:
    include = _patterns(form.get(f"include-{at}", ""), problems, f"include-{at}")
    if not include:
        problems.setdefault(f"include-{at}", _("Write at least one pattern; ** takes everything."))
    keep = {kept: form.get(f"{kept}-{at}", "no") == "yes" for kept in KEPT}
    return FileSet(
        place=_place(form.get(f"place-{at}", ""), problems, f"place-{at}"),
        path=_path(form.get(f"path-{at}", ""), problems, f"path-{at}"),
        include=include,
        exclude=_patterns(form.get(f"exclude-{at}", ""), problems, f"exclude-{at}"),
        delete=read_choice(DeletePolicy, form.get(f"delete-{at}", ""), DeletePolicy.KNOWN, problems, f"delete-{at}"),
        keep=Keep(**keep),
    )


def _place(text: str, problems: dict[str, str], name: str) -> Place:
    place = read_choice(Place, text, Place.ETC, problems, name)
    if place not in FILE_PLACES:
        problems[name] = _("Choose one of the values.")
    return place


def _path(text: str, problems: dict[str, str], name: str) -> str:
    path = text.strip().strip("/")
    parts = path.split("/") if path else []
    if any(part in ("", ".", "..") or "\0" in part for part in parts) or len(path) > 1024:
        problems[name] = _("Write a folder below the place, without . or .. in it.")
    return path


def _patterns(text: str, problems: dict[str, str], name: str) -> tuple[str, ...]:
    lines = tuple(line.strip() for line in text.splitlines() if line.strip())
    if len(lines) > MOST_PATTERNS or any(len(line) > 1024 for line in lines):
        problems[name] = _("These are more patterns than a file set may have.")
        return ()
    for line in lines:
        read_pattern(line, problems, name)
    return lines
