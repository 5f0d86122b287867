"""The menu: chapters, and within a chapter its pages as tabs; who may not see a page does not see its entry."""

from dataclasses import dataclass

from flask import Flask, request
from flask_babel import lazy_gettext as _l

from pbxsync_web import access
from pbxsync_worker.core.store.people import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the menu; blueprints: of all pages that count as being there."""

    endpoint: str
    label: object  # a text of the reader's language
    blueprints: tuple[str, ...]
    role: Role = Role.VIEWER

    @property
    def here(self) -> bool:
        """Tell whether the page that is shown belongs to this entry."""
        return request.blueprint in self.blueprints


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the menu; it leads to its first page."""

    label: object
    entries: tuple[Entry, ...]

    @property
    def here(self) -> bool:
        """Tell whether the page that is shown belongs to this chapter."""
        return any(entry.here for entry in self.entries)


CHAPTERS = (
    Chapter(_l("Fleet"), (Entry("start.overview", _l("Fleet"), ("start", "fleet")),)),
    Chapter(_l("Hosts"), (Entry("hosts.overview", _l("Hosts"), ("hosts", "pairing", "policy", "asterisk")),)),
    Chapter(_l("Groups"), (Entry("groups.overview", _l("Groups"), ("groups", "promotion")),)),
    Chapter(
        _l("Datasets"),
        (
            Entry("datasets.overview", _l("Datasets"), ("datasets", "presets")),
            Entry("coverage.overview", _l("Coverage"), ("coverage",)),
            Entry("arrival.overview", _l("On arrival"), ("arrival",), Role.ADMIN),
        ),
    ),
    Chapter(
        _l("Jobs"),
        (Entry("jobs.overview", _l("Jobs"), ("jobs", "rules")), Entry("drift.overview", _l("Drift"), ("drift",))),
    ),
    Chapter(
        _l("Runs"),
        (
            Entry("runs.overview", _l("Runs"), ("runs", "rollback")),
            Entry("approvals.overview", _l("Approvals"), ("approvals",)),
            Entry("states.overview", _l("Kept states"), ("states",)),
        ),
    ),
    Chapter(_l("Alerts"), (Entry("alerts.overview", _l("Alerts"), ("alerts",), Role.OPERATOR),)),
    Chapter(
        _l("This host"),
        (
            Entry("doctor.overview", _l("Doctor"), ("doctor",)),
            Entry("settings.overview", _l("Settings"), ("settings",), Role.ADMIN),
            Entry("people.overview", _l("People"), ("people",), Role.ADMIN),
            Entry("tokens.overview", _l("API tokens"), ("tokens",), Role.ADMIN),
            Entry("audit.overview", _l("Audit"), ("audit",), Role.ADMIN),
        ),
    ),
)


def install(app: Flask) -> None:
    """Give the menu to every page."""
    app.context_processor(lambda: {"chapters": chapters()})


def chapters() -> tuple[Chapter, ...]:
    """Return the chapters of whoever is logged in, with the pages they may see."""
    seen = (Chapter(one.label, tuple(e for e in one.entries if access.may(e.role.value))) for one in CHAPTERS)
    return tuple(one for one in seen if one.entries)
