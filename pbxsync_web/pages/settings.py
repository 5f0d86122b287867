"""The settings of this host, to look at: what each is, where it comes from, and what a restart would change.

They are changed in the file, never here: the web could otherwise widen what programs run and what is reachable.
"""

from collections.abc import Iterable
from pathlib import Path

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from pbxsync_web.access import admin
from pbxsync_web.parts import the_parts
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.settings import FILE, Origin, changed_since, origins

page = Blueprint("settings", __name__, url_prefix="/settings")
SECTIONS = (
    (_l("This host"), ("name", "log_level", "workers", "sweep_seconds")),
    (_l("Where it is reached"), ("web_bind", "url_prefix", "secure_cookies", "panel_key", "peer_bind", "peer_address")),
    (_l("What it remembers"), ("store_url", "redis_url", "keep_states", "contents_quota")),
    (_l("What stays untouched, what may run"), ("protected", "hooks", "emergency_numbers")),
)
_SECRETS = ("ami.secret", "mail.secret")


@page.get("")
@admin
def overview() -> str:
    """Show every setting."""
    settings = the_parts().settings
    known = {one.name: one for one in origins(settings)}
    named = {name for _title, names in SECTIONS for name in names}
    sections = [(title, [known[name] for name in names]) for title, names in SECTIONS]
    sections.append((_l("Asterisk and FreePBX"), [one for one in known.values() if one.name not in named]))
    try:
        changed, problem = changed_since(settings), ""
    except Invalid as error:
        changed, problem = (), error.told
    secrets = [(name, (settings.keys / name).exists()) for name in _SECRETS]
    return render_template(
        "settings/overview.html",
        sections=sections,
        changed=changed,
        problem=problem,
        secrets=secrets,
        file=settings.home / FILE,
        shown=shown,
    )


def shown(one: Origin) -> str:
    """Return a value as people read it; of an address that may hold a password, without it."""
    if one.name in ("store_url", "redis_url") and isinstance(one.value, str):
        return _without_password(one.value)
    if isinstance(one.value, str | Path | int):
        return str(one.value).lower() if isinstance(one.value, bool) else str(one.value)
    return "\n".join(_lines(one.value))


def _lines(value: object) -> Iterable[str]:
    for each in value if isinstance(value, tuple) else (value,):
        name = getattr(each, "name", None)
        yield str(each if name is None else name)


def _without_password(url: str) -> str:
    try:
        parts = make_url(url) if url else None
    except ArgumentError:
        return "…"
    if parts is None:
        return ""
    return parts.set(query={}).render_as_string(hide_password=True)
