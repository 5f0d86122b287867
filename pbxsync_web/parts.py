"""What the pages need from this host, given once to `create_app`."""

from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.handover import Waker
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.settings import Settings
from pbxsync_worker.core.store import Store


@dataclass(frozen=True)
class Parts:
    """The store to read, the waker for wishes and runs, and what the host is set to."""

    settings: Settings
    store: Store
    waker: Waker
    clock: Clock = field(default_factory=SystemClock)
    disk: Disk = field(default_factory=Disk)


def the_parts() -> Parts:
    """Return the parts of the app that serves this request."""
    return cast(Parts, current_app.extensions["pbxsync"])


def the_store() -> Store:
    """Return the store of the app that serves this request."""
    return the_parts().store
