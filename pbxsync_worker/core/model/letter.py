"""Letters: one message to one recipient with one or many alerts; when it is due, and what is gathered into it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from urllib.parse import urlsplit

from pbxsync_worker.core.model.alert import Alert, AlertKind
from pbxsync_worker.core.model.subscription import Channel, Pace, Subscription, zone_of

FULLEST = 2000
"""Alerts in one letter; more make it too long to read or to send."""

MAIL = "mail"
"""The name of the one mail server among the servers; those of webhooks go by their origin."""

FIRST_WAIT = 30.0
LONGEST_WAIT = 900.0
_A_MOMENT = 0.001


class LetterState(StrEnum):
    """How far a letter is; the values are stored and shown, so they never change."""

    WAITING = "waiting"
    SENDING = "sending"  # begun; after a crash nobody knows, and it is sent again under the same Message-ID
    SENT = "sent"
    REFUSED = "refused"  # for good, by the server
    GIVEN_UP = "given-up"  # it was tried for as long as it is kept
    DROPPED = "dropped"  # by a person


OPEN = frozenset({LetterState.WAITING, LetterState.SENDING})


@dataclass(frozen=True, slots=True)
class Letter:
    """One message; message_id stays the same however often it is sent.

    thread: Message-ID of the first letter of its incident, "" for none; to, language, zone: as they were wanted when
    it was made; made_at: seconds since 1970.
    """

    message_id: str
    thread: str
    subscription: int
    channel: Channel
    to: str
    language: str
    zone: str
    made_at: float
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One alert for one recipient that is in no letter yet; incident: 0 for what stands alone."""

    number: int
    incident: int
    at: float
    due_at: float


def server_of(channel: Channel, to: str) -> str:
    """Return the server that a recipient is reached through."""
    if channel is Channel.EMAIL:
        return MAIL
    parts = urlsplit(to)
    return f"{parts.scheme}://{parts.netloc}"[:255]


def shown_to(channel: Channel, to: str) -> str:
    """Return how a recipient is shown to whoever may not change it: the path of a webhook is often a secret."""
    return to if channel is Channel.EMAIL else server_of(channel, to)


def due_at(subscription: Subscription, kind: AlertKind, at: float) -> float:
    """Return when a recipient is to be told of something: at once, after the quiet hours, or with the digest."""
    if kind is AlertKind.DIGEST:
        return at + _A_MOMENT  # it waited for its hour as well, so it goes into one letter with whatever did
    if kind is AlertKind.TEST or kind in subscription.through:
        return at
    zone = zone_of(subscription.zone)
    if subscription.pace is Pace.DAILY:
        return next_minute(at, subscription.day_at, zone)
    if _is_quiet(subscription, at, zone):
        return next_minute(at, subscription.quiet_to, zone)
    return at


def next_minute(at: float, minute: int, zone: tzinfo) -> float:
    """Return the first moment after `at` when clocks in a zone show this minute of the day."""
    day = datetime.fromtimestamp(at, zone).date()
    while True:
        moment = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone).timestamp()
        if moment > at:
            return moment
        day += timedelta(days=1)


def last_minute(at: float, minute: int, zone: tzinfo) -> float:
    """Return the last moment, `at` itself among them, when clocks in a zone showed this minute of the day."""
    day = datetime.fromtimestamp(at, zone).date()
    while True:
        moment = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone).timestamp()
        if moment <= at:
            return moment
        day -= timedelta(days=1)


def _is_quiet(subscription: Subscription, at: float, zone: tzinfo) -> bool:
    begins, ends = subscription.quiet_from, subscription.quiet_to
    if begins == ends:
        return False
    local = datetime.fromtimestamp(at, zone)
    minute = local.hour * 60 + local.minute
    return begins <= minute < ends if begins < ends else minute >= begins or minute < ends


def gather(waiting: Sequence[Waiting], now: float, room: int) -> tuple[tuple[Waiting, ...], ...]:
    """Return what goes into letters now, one tuple for each; room: letters that may still be made.

    An incident gets one letter, with whatever of it waits. What waited for quiet hours to end, or for the digest, is
    one letter together, and so is whatever there is no room for by itself. What is left out waits for room.
    """
    due = [one for one in waiting if one.due_at <= now]
    if room < 1 or not due:
        return ()
    stirred = {one.incident for one in due} - {0}
    chosen = [one for one in waiting if one.due_at <= now or one.incident in stirred]
    alone = {one.incident for one in due if one.due_at <= one.at} - {0}
    held = [one for one in chosen if one.incident not in alone and one.due_at > one.at]
    groups: dict[int, list[Waiting]] = {}
    for one in chosen:
        if one.incident in alone or one.due_at <= one.at:
            groups.setdefault(one.incident or -one.number, []).append(one)
    letters = [*([held] if held else []), *groups.values()]
    return tuple(tuple(sorted(one, key=lambda each: each.number)) for one in _fitting(letters, room))


def _fitting(letters: list[list[Waiting]], room: int) -> list[list[Waiting]]:
    if len(letters) <= room and all(len(one) <= FULLEST for one in letters):
        return letters
    rest_letters = -(-sum(map(len, letters)) // FULLEST)
    single = max(0, room - rest_letters)
    first = [one for one in letters[:single] if len(one) <= FULLEST]
    kept = {each.number for one in first for each in one}
    rest = sorted((each for one in letters for each in one if each.number not in kept), key=lambda each: each.number)
    together = [rest[at : at + FULLEST] for at in range(0, len(rest), FULLEST)]
    return [*first, *together[: room - len(first)]]


def wait_after(tries: int, luck: float) -> float:
    """Return the seconds until the next try: doubling from half a minute to a quarter of an hour.

    luck: 0 to 1; spreads hosts that lost their mail server at the same moment.
    """
    longest = min(FIRST_WAIT * 2.0 ** min(max(tries, 1) - 1, 10), LONGEST_WAIT)
    return longest * (0.5 + 0.5 * luck)
