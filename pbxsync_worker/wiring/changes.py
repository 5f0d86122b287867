"""What changed on this host as a source: starts jobs that listen, here or at the host that coordinates them.

A change is when a dataset is another than it was at the last look. What a run wrote beside the dataset is none, and
neither is a file that was written with what it held already.
"""

import logging
from collections.abc import Iterator

from pbxsync_worker.core.model.errors import NotFound, PbxSyncError, Retry
from pbxsync_worker.core.model.host import Catalogue, Job
from pbxsync_worker.core.model.job import Trigger
from pbxsync_worker.core.model.occurrence import SourceChange
from pbxsync_worker.core.store.occurrences import THIS_HOST, JobKey
from pbxsync_worker.wiring.installation import Installation

log = logging.getLogger(__name__)

EVERY = 2.0
"""Seconds between two steps."""
_LEAST = 10.0
_SHARE = 50.0
"""A look that takes a second is made again after fifty: two percent of one processor."""
_PAUSE = 15.0
_NEED_RELOAD = "freepbx.need_reload"
_SINCE_RELOAD = "asterisk.since_reload_s"
_JITTER = 3.0
"""Seconds by which two measurements of one reload may differ."""


class SourceWatch:
    """Looks at what the jobs of this host's groups take from it."""

    def __init__(self, here: Installation) -> None:
        self._here = here
        self._due: dict[JobKey, float] = {}
        self._not_before: dict[str, float] = {}
        self._needed: bool | None = True  # so that the first look is made whatever happened before
        self._reloaded = 0.0

    def step(self) -> None:
        """Look where it is time or somebody says so, and tell."""
        try:
            me = self._here.store.hosts.me().id
        except NotFound:
            return  # nobody has set this host up yet
        catalogues = self._here.store.catalogues.all()
        told = self._here.store.occurrences.changes()
        hint = told.get(THIS_HOST)
        applied = self._applied(me) or hint is not None
        for catalogue, job in _listening(catalogues, me):
            always = job.on_change.trigger is Trigger.CHANGES
            if applied or (always and self._is_due((catalogue.group, job.name))):
                self._look(catalogue, job)
        if hint is not None:
            self._here.store.occurrences.forget_change(THIS_HOST, hint)
        self._tell({one.group: one for one in catalogues}, me)

    def _applied(self, me: str) -> bool:
        """Tell whether FreePBX has nothing left to apply, and had a moment ago, or Asterisk was reloaded since.

        Who applies at once what they saved is never seen with something left; every way of applying ends in a reload.
        """
        facts = self._here.store.facts.known(me)
        need, since = facts.get(_NEED_RELOAD), facts.get(_SINCE_RELOAD)
        applied = reloaded = False
        if need is not None and need.value is not None:
            needed = need.value is True
            applied, self._needed = bool(self._needed) and not needed, needed
        if since is not None and isinstance(since.value, int | float) and not self._needed:
            at = since.at - since.value
            reloaded, self._reloaded = at > self._reloaded + _JITTER, max(at, self._reloaded)
        return applied or reloaded

    def _is_due(self, key: JobKey) -> bool:
        return self._here.clock.monotonic() >= self._due.get(key, 0.0)

    def _look(self, catalogue: Catalogue, job: Job) -> None:
        key = (catalogue.group, job.name)
        began = self._here.clock.monotonic()
        try:
            root = self._here.data.inventory(catalogue.dataset(job.dataset)).root.hex()
            if self._here.store.occurrences.see(key, root):
                log.info("the source of a job changed", extra={"job": "/".join(key)})
        except PbxSyncError as error:
            log.warning("the source of a job cannot be looked at", extra={"job": "/".join(key), "why": error.sentence})
        now = self._here.clock.monotonic()
        self._due[key] = now + max(_LEAST, _SHARE * (now - began))

    def _tell(self, catalogues: dict[str, Catalogue], me: str) -> None:
        """Tell the hosts that coordinate; one that is away is told later."""
        for key, changed in self._here.store.occurrences.changes().items():
            catalogue = catalogues.get(key[0])
            if key == THIS_HOST or (catalogue is not None and catalogue.primary == me):
                continue
            if catalogue is None:
                self._here.store.occurrences.forget_change(key, changed)
            elif self._here.clock.monotonic() >= self._not_before.get(catalogue.primary, 0.0):
                self._tell_one(catalogue.primary, key, changed)

    def _tell_one(self, coordinator: str, key: JobKey, changed: SourceChange) -> None:
        try:
            with self._here.control(self._here.paired(coordinator)) as control:
                control.changed(*key)
        except Retry as error:
            self._not_before[coordinator] = self._here.clock.monotonic() + _PAUSE
            log.warning("a change cannot be told for now", extra={"job": "/".join(key), "why": error.sentence})
            return
        except PbxSyncError as error:
            log.warning("nobody wants to know of a change", extra={"job": "/".join(key), "why": error.sentence})
        self._here.store.occurrences.forget_change(key, changed)


def _listening(catalogues: tuple[Catalogue, ...], me: str) -> Iterator[tuple[Catalogue, Job]]:
    for catalogue in catalogues:
        for job in catalogue.jobs:
            if job.source == me and job.on_change.trigger is not Trigger.OFF:
                yield catalogue, job
