"""The JSON API, version 1: what the pages do, for scripts, watchers and the PBX's own panel; `docs/api.md`."""

from pbxsync_web.api import (
    alerts,
    asterisk,
    doctor,
    document,
    events,
    fleet,
    groups,
    health,
    hosts,
    jobs,
    log,
    runs,
    states,
    status,
    wishes,
)
from pbxsync_web.api.endpoint import page

__all__ = [
    "alerts",
    "asterisk",
    "doctor",
    "document",
    "events",
    "fleet",
    "groups",
    "health",
    "hosts",
    "jobs",
    "log",
    "page",
    "runs",
    "states",
    "status",
    "wishes",
]
