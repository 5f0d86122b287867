"""Everything that is said to people, as one Babel catalog; `python -m tests.web.catalogs` brings the .po files there.

Texts come from pages, forms and templates, from the templates and remedies of all errors, from the presets, and from
every `say(...)` of the worker, so that also the timeline of a run can be read in every language.
"""

import ast
import importlib
import pkgutil
from io import BytesIO
from pathlib import Path
from typing import get_args

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

import pbxsync_worker.core
from pbxsync_web.api.values import Happened
from pbxsync_worker.core.model import condition_text, coverage, fact, offers, ready_rules, words
from pbxsync_worker.core.model.error_codes import all_codes
from pbxsync_worker.core.model.presets.overlay import EVERYWHERE, REPLICA
from pbxsync_worker.core.model.run import Mode
from pbxsync_worker.core.model.wish import KINDS

ROOT = Path(__file__).parents[2]
SPANISH = ROOT / "pbxsync_web/translations/es/LC_MESSAGES/messages.po"
_MARKS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2), "say": None}
_JINJA = {"encoding": "utf-8", "trim_blocks": "true", "lstrip_blocks": "true"}
_FOLDERS: tuple[tuple[str, list[tuple[str, str]], dict[str, dict[str, str]]], ...] = (
    ("pbxsync_web", [("**.py", "python")], {}),
    ("pbxsync_worker", [("**.py", "python")], {}),
    ("templates", [("**.html", "jinja2.ext:babel_extract")], {"**.html": _JINJA}),
)


def extracted() -> Catalog:
    """Return the catalog of everything that is said, without translations."""
    catalog = Catalog(project="PBXSync", charset="utf-8")
    for folder, methods, options in _FOLDERS:
        found = extract_from_dir(ROOT / folder, methods, options, keywords=_MARKS)
        for _file, _line, text, _comments, _context in found:
            catalog.add(text)
    for text in (*_deeds(), *offers.texts(), *sorted(words.texts()), *_reasons()):
        catalog.add(text)
    for kind in _every_error():
        for text in (kind.template, kind.remedy):
            if text:
                catalog.add(text)
    return catalog


def spanish() -> Catalog:
    """Return the committed Spanish catalog."""
    with SPANISH.open("rb") as file:
        return read_po(file)


def refresh() -> None:
    """Bring the Spanish catalog to what is said now; what is new has no translation yet."""
    known = spanish() if SPANISH.exists() else extracted()
    fresh = Catalog("es", header_comment="# Spanish for PBXSync.", project="PBXSync", fuzzy=False)
    for message in extracted():
        if message.id:
            same = known.get(message.id)
            fresh.add(message.id, same.string if same else None)
    fresh.creation_date = fresh.revision_date = known.creation_date
    save(fresh)


def save(catalog: Catalog) -> None:
    """Write the Spanish catalog."""
    written = BytesIO()
    write_po(written, catalog, sort_output=True, width=116)
    # What a translation service would fill in, and we have none.
    lines = [line for line in written.getvalue().decode().splitlines() if "EMAIL@ADDRESS" not in line]
    SPANISH.write_text("\n".join(line for line in lines if "LL@li.org" not in line) + "\n", encoding="utf-8")


def _deeds():
    """Yield what the audit log says was done: the second argument of `audit.add(who, what, about)`, and what varies."""
    for path in sorted(path for name in ("pbxsync_web", "pbxsync_worker") for path in (ROOT / name).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("audit.add"):
                yield from (one.value for one in node.args[1:2] if isinstance(one, ast.Constant))
    yield from (f"request {mode}" for mode in Mode)
    yield from (f"wish {kind}" for kind in KINDS)
    yield from get_args(Happened.__annotations__["what"])


def _reasons():
    """Yield why things are kept, replaced or in no job, where that is data."""
    yield from (one.why for one in (*EVERYWHERE, *REPLICA))
    yield from (coverage.GENERATED, coverage.PROTECTED)
    yield from (why for _patterns, why in coverage._FILES)
    yield from dict.fromkeys(one.title for one in fact.KINDS)
    yield from fact.REMOTE_STATES
    yield from (text for one in condition_text.ALL_WRONG for text in (one.problem, one.hint))
    yield from (text for one in ready_rules.READY for text in (one.title, one.reason) if text)


def _every_error():
    # An error beside the code that raises it is known only once its module is loaded.
    for module in pkgutil.walk_packages(pbxsync_worker.core.__path__, "pbxsync_worker.core."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)
    return all_codes().values()


if __name__ == "__main__":
    refresh()
