"""SQLite databases in the dataset form: which file, which tables of it, and what happens to the other rows."""

from flask_babel import gettext as _

from pbxsync_web.forms.choices import read_choice, read_pattern
from pbxsync_web.forms.parts import Form, Repeated
from pbxsync_worker.core.model.dataset import DeletePolicy, Place, SqliteSet

DATABASES = Repeated("databases", 20, ("dbplace", "dbpath", "dbtake", "dbleave", "dbgone", "dbwhole"))
_MOST_PATTERNS = 50
_LONGEST_PATH = 120


def to_form(databases: tuple[SqliteSet, ...], form: Form) -> None:
    """Write databases into a form."""
    form[DATABASES.counted] = str(len(databases))
    for at, one in enumerate(databases):
        form[f"dbplace-{at}"], form[f"dbpath-{at}"], form[f"dbgone-{at}"] = one.place, one.path, one.delete
        form[f"dbtake-{at}"], form[f"dbleave-{at}"] = " ".join(one.include), " ".join(one.exclude)
        form[f"dbwhole-{at}"] = "yes" if one.whole else "no"


def read(form: Form, problems: dict[str, str]) -> tuple[SqliteSet, ...]:
    """Return the databases that a form describes."""
    found = tuple(_read_one(form, at, problems) for at in range(DATABASES.count(form)))
    for at, one in enumerate(found):
        if one.base in [other.base for other in found[:at]]:
            problems[f"dbpath-{at}"] = _("This database is in the dataset already.")
    return found


def _read_one(form: Form, at: int, problems: dict[str, str]) -> SqliteSet:
    path = form.get(f"dbpath-{at}", "").strip().strip("/")
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.startswith(".pbxsync-") for part in parts) or not path.isprintable():
        problems[f"dbpath-{at}"] = _("Write the path of the file below the place, such as master.db.")
    elif len(path.encode()) > _LONGEST_PATH:
        problems[f"dbpath-{at}"] = _("This path is too long.")
    one = SqliteSet(
        place=read_choice(Place, form.get(f"dbplace-{at}", ""), Place.VARLIB, problems, f"dbplace-{at}"),
        path=path,
        include=_patterns(form, f"dbtake-{at}", problems) or ("**",),
        exclude=_patterns(form, f"dbleave-{at}", problems),
        delete=read_choice(DeletePolicy, form.get(f"dbgone-{at}", ""), DeletePolicy.KNOWN, problems, f"dbgone-{at}"),
        whole=form.get(f"dbwhole-{at}") == "yes",
    )
    if one.whole and not one.takes_all:
        problems[f"dbwhole-{at}"] = _("As a whole it travels with all its tables: take **, leave out nothing.")
    return one


def _patterns(form: Form, name: str, problems: dict[str, str]) -> tuple[str, ...]:
    patterns = tuple(form.get(name, "").split())
    if len(patterns) > _MOST_PATTERNS or any(len(one) > 200 for one in patterns):
        problems[name] = _("These are too many patterns.")
        return ()
    for one in patterns:
        read_pattern(one, problems, name)
    return patterns
