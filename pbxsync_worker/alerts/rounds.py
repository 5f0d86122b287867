"""The two rounds of the alerts, each a loop of the monitor: note what happened, and send what is in the outbox.

A server that hangs holds up the second one only, and that one for its deadline; a run never waits for either.
"""

import logging
from collections.abc import Callable

from pbxsync_worker.alerts.notice import Around, Day, Story, Waits, names_of, of_day, of_hosts, of_run, of_waits
from pbxsync_worker.core.model.alert import WAIT_INCIDENTS, host_incident
from pbxsync_worker.core.model.errors import AlertServerSilent, Invalid, LetterPutOff, LetterRefused, NotFound
from pbxsync_worker.core.model.host import Host, PeerState
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.core.model.letter import Letter, LetterState, wait_after
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.run import Mode, Run, State
from pbxsync_worker.core.model.subscription import Channel
from pbxsync_worker.core.model.ways import Way
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.store.outbox import Posted

log = logging.getLogger(__name__)

_DAY = 86400.0
_MINUTE = 60.0
_DRIFTING = frozenset({State.COMMITTED, State.HELD, State.PREVIEWED})


def note(store: Store, clock: Clock) -> None:
    """Note what happened since the last round, and put what is due into letters."""
    try:
        me = store.hosts.me()
    except NotFound:
        return  # before `pbxsync init` nothing happens here
    peers = store.hosts.peers(PeerState.PAIRED)
    names = names_of(store.catalogues.all(), [me, *(peer.host for peer in peers)])
    while news := store.alerts.news():
        store.alerts.note({number: of_run(run, names, _story(store, run)) for number, run in news.items()})
    beginning = host_incident("")
    lost = {one.name.removeprefix(beginning) for one in store.alerts.open(beginning)}
    around = Around(peers, store.lines.all(), lost)
    settings = store.subscriptions.settings()
    events = (
        *of_hosts(around, clock.now(), settings.lost_minutes * _MINUTE, names),
        *of_waits(_waits(store, settings.wait_minutes * _MINUTE), clock.now(), names),
    )
    if events:
        store.alerts.note({}, events)
    _note_days(store, clock, me, around)
    store.outbox.gather(_domain(store, me))


def _story(store: Store, run: Run) -> Story:
    waited = run.state is State.SKIPPED and store.runs.waits_since(run.id) is not None
    return Story(_drifted(store, run), waited)


def _waits(store: Store, patience: float) -> Waits:
    waiting = [run for run in store.runs.unfinished() if run.state is State.WAITING]
    since = {run: store.runs.waits_since(run.id) or run.moved_at for run in waiting}
    return Waits(since, {one.name for one in store.alerts.open(WAIT_INCIDENTS)}, patience)


def _drifted(store: Store, run: Run) -> tuple[str, ...]:
    """Return what a run would replace that somebody else changed on its target."""
    if run.mode is Mode.ROLLBACK or run.goal or run.state not in _DRIFTING:
        return ()
    saved = store.runs.plan(run.id)
    return tuple(show_name(one.name) for one in saved.plan.changes if one.local_edit) if saved else ()


def _note_days(store: Store, clock: Clock, me: Host, around: Around) -> None:
    due = store.alerts.digests_due()
    if not due:
        return
    counts = store.outbox.counts()
    unsent = counts.get(LetterState.REFUSED, 0) + counts.get(LetterState.GIVEN_UP, 0)
    open_now = [one.subject for one in store.alerts.open()]
    digest = of_day(Day(store.alerts.runs_since(clock.now() - _DAY), open_now, unsent), me, around)
    for number in due:
        store.alerts.note_digest(number, digest)


def _domain(store: Store, me: Host) -> str:
    """Return what Message-IDs end with: the domain of our sender where there is one."""
    server = store.subscriptions.settings().server
    return server.sender.rpartition("@")[2] if server else f"{me.id[:16]}.invalid"


def send(store: Store, clock: Clock, way_for: Callable[[Letter], Way], luck: Callable[[], float]) -> int:
    """Send letters that are due and return how many were sent; only one process may do this at a time.

    luck: 0 to 1, spreads the tries.
    """
    ways: dict[tuple[str, int], Way] = {}
    silent: set[str] = set()
    count = 0
    try:
        for number, server in store.outbox.due():
            if server in silent:
                continue
            one = store.outbox.begin(number)
            if one is not None:
                # Webhooks of one server may have secrets of their own.
                key = (one.server, one.letter.subscription if one.letter.channel is Channel.WEBHOOK else 0)
                try:
                    way = ways.get(key) or ways.setdefault(key, way_for(one.letter))
                    count += _send(store, one, way, luck)
                except AlertServerSilent as error:
                    silent.add(server)
                    _leave_alone(store, clock, one, error, luck)
    finally:
        for way in ways.values():
            way.close()
    return count


def _send(store: Store, one: Posted, way: Way, luck: Callable[[], float]) -> bool:
    try:
        answer = way.send(one.letter)
    except LetterPutOff as error:
        store.outbox.put_off(one, error.told, wait_after(one.tries, luck()), _keep(store))
        return False
    except (LetterRefused, Invalid) as error:
        log.warning("an alert was refused", extra={"letter": one.number, "why": error.sentence})
        store.outbox.refused(one, error.told)
        return False
    store.outbox.sent(one, answer)
    return True


def _leave_alone(store: Store, clock: Clock, one: Posted, why: AlertServerSilent, luck: Callable[[], float]) -> None:
    known = store.outbox.troubles().get(one.server)
    if known is None:
        log.warning("a server takes no alerts", extra={"server": one.server, "why": why.sentence})
    wait = wait_after(known.failures + 1 if known else 1, luck())
    store.outbox.put_off(one, why.told, 0.0, _keep(store))
    store.outbox.server_failed(one.server, why.told, clock.now() + wait)


def _keep(store: Store) -> float:
    return store.subscriptions.settings().keep_days * _DAY
