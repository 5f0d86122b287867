"""The audit log, with the proof that nothing in it was changed."""

from flask import Blueprint, render_template, request

from pbxsync_web.access import admin
from pbxsync_web.parts import the_store

page = Blueprint("audit", __name__, url_prefix="/audit")
PAGE_LENGTH = 50


@page.get("")
@admin
def overview() -> str:
    """Show who did what, newest first."""
    text = request.args.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
    entries = the_store().audit.entries(PAGE_LENGTH + 1, before)
    more = entries[PAGE_LENGTH - 1].number if len(entries) > PAGE_LENGTH else 0
    whole = request.args.get("whole") == "1"
    broken = the_store().audit.broken_at() if whole else the_store().audit.broken_in(entries)
    shown = entries[:PAGE_LENGTH]
    return render_template("audit/overview.html", entries=shown, more=more, broken=broken, whole=whole)
