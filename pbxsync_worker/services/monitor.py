"""The monitor: everything a host does by itself, as loops of one process that do not get in each other's way."""

from collections.abc import Sequence
from functools import partial

from pbxsync_worker.core.durable import drop_unfinished
from pbxsync_worker.core.locks import held
from pbxsync_worker.core.model.wish import alone
from pbxsync_worker.monitor.local import LocalMonitor
from pbxsync_worker.services.loops import Bell, Loop, Loops
from pbxsync_worker.services.waiting import EVERY, Waiting
from pbxsync_worker.sync.sweep import due
from pbxsync_worker.wiring import Installation
from pbxsync_worker.wiring.alerts import NOTE_SECONDS, SEND_SECONDS, note_round, send_round
from pbxsync_worker.wiring.changes import EVERY as CHANGES_SECONDS
from pbxsync_worker.wiring.changes import SourceWatch
from pbxsync_worker.wiring.limits import allow_many_connections
from pbxsync_worker.wiring.local import sources
from pbxsync_worker.wiring.members import EVERY as MEMBERS_SECONDS
from pbxsync_worker.wiring.members import Members
from pbxsync_worker.wiring.remote import RemoteMonitor, note_versions
from pbxsync_worker.wiring.schedule import Scheduler

LOOKS = 3
"""How often the sweeper looks within its patience."""

_HOUR = 3600.0
_BEGUN_KEPT = 3 * 24 * _HOUR

_LONGEST = 8
"""How many patiences lie at most between two times that one rollout is woken."""


def watch(here: Installation) -> None:
    """Run the loops until the process is ended."""
    allow_many_connections()
    Loops(loops(here), here.clock).run()


def loops(here: Installation) -> tuple[Loop, ...]:
    """Return every loop of a host."""
    scheduler = Scheduler(here.store, here.waker, here.clock)
    remote, facts_changed = RemoteMonitor(here), Bell()
    local = LocalMonitor(here.store.hosts.me().id, here.store.facts, facts_changed.ring, here.clock)
    return (
        *(Loop(one.name, every, partial(local.look, one)) for every, one in sources(here)),
        Loop("hosts", 1.0, remote.step),
        Loop("versions", 5.0, lambda: note_versions(here)),
        Loop("members", MEMBERS_SECONDS, Members(here).step),
        Loop("history", _HOUR, here.store.facts.prune),
        Loop("unfinished", _HOUR, lambda: drop_unfinished(here.disk, here.settings.home, here.clock.now() - _HOUR)),
        Loop("begun", _HOUR, lambda: forget_begun(here)),
        Loop("sweeper", here.settings.sweep_seconds / LOOKS, Sweeper(here).step),
        Loop("scheduler", 1.0, scheduler.step),
        Loop("sources", CHANGES_SECONDS, SourceWatch(here).step),
        Loop("waiting", EVERY, Waiting(here).step, facts_changed),
        Loop("alerts", NOTE_SECONDS, lambda: note_round(here)),
        Loop("letters", SEND_SECONDS, lambda: send_round(here)),
        Loop("outbox", _HOUR, here.store.outbox.tidy),
    )


def forget_begun(here: Installation) -> None:
    """Remove what cut runs left of contents that nobody went on from, unless a run is at work."""
    with here.host_lock() as free:
        if free:
            here.files.forget_begun(here.clock.now() - _BEGUN_KEPT)


class Sweeper:
    """Wakes whoever has something to do that nobody is doing."""

    def __init__(self, here: Installation) -> None:
        self._here = here
        self._woken: dict[str, tuple[float, float]] = {}

    def step(self) -> None:
        """Look once."""
        here = self._here
        now, patience = here.clock.now(), here.settings.sweep_seconds
        found = due(here.store.runs.unfinished(), now, patience)
        for run in found.execute:
            with here.host_lock() as free:
                pass
            if free:  # nobody is at work on this host
                here.waker.execute(run)
        for rollout in self._not_just_woken([one for one in found.rollouts if self._is_free(one)], patience):
            here.waker.rollout(rollout)
        for asked in here.store.wishes.waiting():
            if now - asked.at > patience:
                here.waker.grant(asked.id, alone=alone(asked.wish))

    def _is_free(self, rollout: str) -> bool:
        with held(self._here.rollout_lock(rollout)) as free:
            return free

    def _not_just_woken(self, rollouts: Sequence[str], patience: float) -> list[str]:
        """Leave out what was woken already and may only wait for its turn, ever longer: hundreds may."""
        now = self._here.clock.monotonic()
        woken = {one: self._woken.get(one, (now, 0.0)) for one in rollouts}
        due_now = [one for one, (at, pause) in woken.items() if now >= at + pause]
        fresh = {one: (now, min(max(woken[one][1] * 2, patience), patience * _LONGEST)) for one in due_now}
        self._woken = {**woken, **fresh}
        return due_now
