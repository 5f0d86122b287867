"""The dataset form: several file sets, each with its place, patterns, delete policy and kept attributes."""

from dataclasses import fields, replace
from typing import TypeVar

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from pbxsync_web.forms import Refused, new_name, read_title
from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy, FileSet, Keep, Place
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.pattern import matcher

MOST_SETS = 20
MOST_PATTERNS = 200
KEPT = tuple(one.name for one in fields(Keep))
Form = MultiDict[str, str]
T = TypeVar("T", Place, DeletePolicy)


def count_sets(form: Form) -> int:
    """Return how many file sets a form shows."""
    text = form.get("sets", "1")
    return min(int(text), MOST_SETS) if text.isascii() and text.isdigit() and len(text) < 4 else 1


def to_form(dataset: Dataset) -> Form:
    """Return a dataset as the texts of its form."""
    form: Form = MultiDict({"title": dataset.title, "sets": str(len(dataset.file_sets))})
    for at, one in enumerate(dataset.file_sets):
        form[f"place-{at}"], form[f"path-{at}"], form[f"delete-{at}"] = one.place, one.path, one.delete
        form[f"include-{at}"], form[f"exclude-{at}"] = "\n".join(one.include), "\n".join(one.exclude)
        for kept in KEPT:
            form[f"{kept}-{at}"] = "yes" if getattr(one.keep, kept) else "no"
    return form


def with_one_more(form: Form) -> Form:
    """Return the form with an empty file set at its end."""
    more = MultiDict(form)
    more["sets"] = str(min(count_sets(form) + 1, MOST_SETS))
    return more


def without_one(form: Form, gone: int) -> Form:
    """Return the form without one of its file sets; the others close up."""
    count = count_sets(form)
    left = [at for at in range(count) if at != gone]
    less = MultiDict((name, value) for name, value in form.items(multi=True) if not name[-1].isdigit())
    less["sets"] = str(max(len(left), 1))
    for new, old in enumerate(left):
        for name, value in form.items(multi=True):
            stem, _dash, number = name.rpartition("-")
            if number == str(old):
                less.add(f"{stem}-{new}", value)
    return less


def read(form: Form, known: Dataset | None, taken: set[str]) -> Dataset | Refused:
    """Return the dataset that a form describes; known: the one that is edited; taken: names of the others."""
    problems: dict[str, str] = {}
    title = read_title(form.get("title", ""), problems)
    name = known.name if known else new_name(title, taken, problems)
    sets = tuple(_read_set(form, at, problems) for at in range(count_sets(form)))
    if not (sets or (known and (known.families or known.tables))):
        problems["sets"] = _("A dataset needs at least one file set.")
    if problems:
        return Refused(problems)
    # Rows and AstDB families are not edited here, so they stay what they were.
    return replace(known or Dataset(name, title), title=title, file_sets=sets)


def _read_set(form: Form, at: int, problems: dict[str, str]) -> FileSet:
    include = _patterns(form.get(f"include-{at}", ""), problems, f"include-{at}")
    if not include:
        problems.setdefault(f"include-{at}", _("Write at least one pattern; ** takes everything."))
    keep = {kept: form.get(f"{kept}-{at}", "no") == "yes" for kept in KEPT}
    return FileSet(
        place=_choice(Place, form.get(f"place-{at}", ""), Place.ETC, problems, f"place-{at}"),
        path=_path(form.get(f"path-{at}", ""), problems, f"path-{at}"),
        include=include,
        exclude=_patterns(form.get(f"exclude-{at}", ""), problems, f"exclude-{at}"),
        delete=_choice(DeletePolicy, form.get(f"delete-{at}", ""), DeletePolicy.KNOWN, problems, f"delete-{at}"),
        keep=Keep(**keep),
    )


def _choice(kind: type[T], text: str, other: T, problems: dict[str, str], name: str) -> T:
    try:
        return kind(text)
    except ValueError:
        problems[name] = _("Choose one of the values.")
        return other


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
        try:
            matcher((line,))
        except Invalid as error:
            problems[name] = _("%(pattern)s: %(why)s", pattern=line, why=str(error.fields.get("problems", "")))
    return lines
