"""When a job starts by itself: what people write to cron, and cron to times, in the job's own time zone.

A time that the clock skips in spring is its moment of return, once; one that it shows twice in autumn is the first of
the two. Only what runs every hour, or every few minutes of every hour, follows the real time instead.
"""

import re
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.job import Schedule
from pbxsync_worker.core.model.sentence import as_text, say

MAX_JITTER = 3600
_TEXT = 100
_HOUR = 3600
_LATEST = 250_000_000_000
"""The year 9892: later than that Python has no dates in every time zone."""
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_TIME = r"([01]?\d|2[0-3]):([0-5]\d)"
_DAY = f"(?:{'|'.join(_DAYS)})"
_EVERY = re.compile(r"every\s+(?:(\d{1,2})\s*)?(m|min|minute|h|hour)s?")
_DAILY = re.compile(rf"daily\s+{_TIME}")
_WEEKLY = re.compile(rf"({_DAY}(?:\s*[-,]\s*{_DAY})*)\s+{_TIME}")
_MONTHLY = re.compile(rf"monthly\s+(\d{{1,2}}|last)\s+{_TIME}")
_STEP = re.compile(r"\*(?=$|/)")


def expression(when: str) -> str:
    """Return the five fields of cron that a text stands for; raise Invalid."""
    text = " ".join(when.lower().split())
    for form, read in ((_EVERY, _every), (_DAILY, _daily), (_WEEKLY, _weekly), (_MONTHLY, _monthly)):
        found = form.fullmatch(text)
        if found is not None:
            return read(*found.groups())
    _read_cron(text)
    return text


def problem(schedule: Schedule) -> str:
    """Return what is wrong with a schedule as a stored sentence, "" for nothing."""
    try:
        _zone(schedule.zone)
        cron = expression(schedule.when) if schedule.when else ""
    except Invalid as error:
        return str(error.fields["problems"])
    if not 0 <= schedule.jitter <= MAX_JITTER:
        return say("The start can be put off by 0 to {most} seconds.", most=MAX_JITTER)
    if cron and next(times(schedule, 0.0), None) is None:
        return say("There is no such day in any year.")
    return ""


def check(schedule: Schedule) -> None:
    """Raise Invalid where a schedule cannot be used."""
    found = problem(schedule)
    if found:
        raise Invalid(what="Schedule", problems=as_text(found))


def times(schedule: Schedule, after: float) -> Iterator[int]:
    """Give every time later than `after`, in seconds since 1970, each once; nothing without a schedule."""
    if not schedule.when or not -_LATEST < after < _LATEST:
        return
    zone = _zone(schedule.zone)
    last = after
    for found in _cron(expression(schedule.when), datetime.fromtimestamp(after, UTC).astimezone(zone)):
        at = int(found.timestamp())
        # Within an hour that comes twice, or after one that never came, the library may give a time again.
        if at > last:
            last = at
            yield at


def next_times(schedule: Schedule, after: float, count: int) -> tuple[int, ...]:
    """Return the next times."""
    return tuple(islice(times(schedule, after), count))


@lru_cache(maxsize=4096)
def next_due(schedule: Schedule, key: str, after: float) -> float | None:
    """Return when a job (key) is due next, later than `after`, with what its start is put off by; None for never."""
    first: float | None = None
    for at in times(schedule, after - schedule.jitter):
        if first is not None and at >= first:
            break
        due = float(at + put_off(schedule, key, at))
        if due > after and (first is None or due < first):
            first = due
    return first


def newest_times(schedule: Schedule, after: float, until: float, most: int) -> tuple[int, ...]:
    """Return the newest times in (after, until], at most so many, oldest first; quick however long that is."""
    width = float(_HOUR)
    while True:
        start = max(after, until - width)
        newest: deque[int] = deque(maxlen=most)
        for at in times(schedule, start):
            if at > until:
                break
            newest.append(at)
        if len(newest) == most or start <= after:
            return tuple(newest)
        width *= 4


def put_off(schedule: Schedule, key: str, at: int) -> int:
    """Return by how many seconds a start is put off: always the same for one job (key) and time."""
    digest = sha256(f"{key} {at}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % (schedule.jitter + 1)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        problems = say("{value} is no time zone; write one such as Europe/Madrid or UTC.", value=name[:_TEXT])
        raise Invalid(what="Schedule", problems=problems) from error


def _every(count: str | None, unit: str) -> str:
    number = int(count or 1)
    whole = 60 if unit.startswith("m") else 24
    if number not in range(1, whole) or whole % number:
        problems = say("{count} does not divide {whole}: after the last one the next would come too early.",
                       count=number, whole=whole)  # fmt: skip
        raise Invalid(what="Schedule", problems=problems)
    step = "*" if number == 1 else f"*/{number}"
    return f"{step} * * * *" if whole == 60 else f"0 {step} * * *"


def _daily(hour: str, minute: str) -> str:
    return f"{int(minute)} {int(hour)} * * *"


def _weekly(days: str, hour: str, minute: str) -> str:
    chosen: set[int] = set()
    for part in days.replace(" ", "").split(","):
        first, *rest = (_DAYS.index(name) for name in part.split("-"))
        last = rest[-1] if rest else first
        chosen |= {number % 7 for number in range(first, last + 1 if last >= first else last + 8)}
    return f"{int(minute)} {int(hour)} * * {','.join(map(str, sorted(chosen)))}"


def _monthly(day: str, hour: str, minute: str) -> str:
    cron = f"{int(minute)} {int(hour)} {'L' if day == 'last' else int(day)} * *"
    _read_cron(cron)
    return cron


def _read_cron(text: str) -> None:
    if len(text.split()) != 5 or len(text) > _TEXT or not text.isascii():
        problems = say(
            "Write five fields of cron, or such as: every 15 min, daily 02:30, mon-fri 20:00, monthly 1 03:00."
        )
        raise Invalid(what="Schedule", problems=problems)
    try:
        CronSim(text, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        problems = say("{value} is not usable: {reason}.", value=text, reason=str(error))
        raise Invalid(what="Schedule", problems=problems) from error


def _cron(text: str, after: datetime) -> CronSim:
    minute, hour, *days = text.split()
    if hour != "*":
        # The library takes a leading star for "as often as real time has it"; written as a range it means the clock.
        minute, hour = _STEP.sub("0-59", minute), _STEP.sub("0-23", hour)
    return CronSim(" ".join((minute, hour, *days)), after)
