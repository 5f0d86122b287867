"""Who is told what, by which way, in which language, and when not; and the mail server that takes it."""

import re
from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import StrEnum
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pbxsync_worker.core.model.alert import CHOICES, Alert, AlertKind
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.sentence import say

LANGUAGES = ("en", "es")
DAY_MINUTES = 24 * 60
MOST_AN_HOUR = 1000
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*|\[?[0-9A-Fa-f:.]+\]?")


class Channel(StrEnum):
    """The ways out."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class Pace(StrEnum):
    """How soon somebody wants to know."""

    AT_ONCE = "at-once"
    DAILY = "gathered"  # everything in one letter a day


class Security(StrEnum):
    """How the connection to the mail server is protected; its certificate is always checked."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "plain"


@dataclass(frozen=True, slots=True)
class Subscription:
    """What one recipient wants to know.

    title: who it is; to: mail address or URL; kinds: what of; groups: only these, () for all; jobs: only these, as
    `group/job`, () for all; zone: IANA name, for quiet hours, the digest and the times in texts; day_at: minute of the
    day of the digest; quiet_from, quiet_to: minutes of the day between which nothing is sent, equal for none; through:
    kinds that are sent at once all the same; per_hour: mails within an hour, more are gathered into one; active: False
    while nothing is wanted.
    """

    title: str
    channel: Channel
    to: str
    kinds: frozenset[AlertKind] = frozenset(CHOICES)
    groups: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    language: str = "en"
    zone: str = "UTC"
    pace: Pace = Pace.AT_ONCE
    day_at: int = 7 * 60
    quiet_from: int = 0
    quiet_to: int = 0
    through: frozenset[AlertKind] = frozenset()
    per_hour: int = 20
    active: bool = True

    def wants(self, alert: Alert) -> bool:
        """Tell whether this recipient is to hear of an alert."""
        if not self.active or alert.kind not in self.kinds:
            return False
        if self.groups and alert.groups and not set(self.groups) & set(alert.groups):
            return False
        names = {f"{group}/{alert.job}" for group in alert.groups}
        return not (self.jobs and alert.job and not set(self.jobs) & names)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails go; user: "" for no login, its password is in keys/mail.secret; ca_file: "" for the system's own."""

    host: str
    port: int
    security: Security
    sender: str
    user: str = ""
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """What holds for all alerts of this host.

    server: None while no mail can be sent; page: address of the web admin for links, "" for none; lost_minutes: how
    long a host is not reached before it is lost; wait_minutes: how long a run waits before that is told, 0 for never;
    repeat_hours: how long the same trouble is not told again; keep_days: how long a mail is tried.
    """

    server: MailServer | None = None
    page: str = ""
    lost_minutes: int = 5
    repeat_hours: int = 6
    wait_minutes: int = 60
    keep_days: int = 4


LIMITS = ("lost_minutes", "wait_minutes", "repeat_hours", "keep_days")
"""The settings that are numbers."""

RANGES = {
    "port": (1, 65535),
    "lost_minutes": (1, 1440),
    "wait_minutes": (0, 10080),
    "repeat_hours": (0, 168),
    "keep_days": (3, 30),
    "per_hour": (1, MOST_AN_HOUR),
}


def zone_of(name: str) -> tzinfo:
    """Return a time zone; UTC where this host does not know it any more."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def is_address(text: str) -> bool:
    """Tell whether a text is one mail address (RFC 5321, ASCII) and nothing more, such as a second header."""
    return len(text) <= 254 and len(text.partition("@")[0]) <= 64 and _ADDRESS.fullmatch(text) is not None


def is_url(text: str) -> bool:
    """Tell whether a text is a URL of a web server, without a login, and nothing more."""
    if len(text) > 2000 or not text.isascii() or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    server = parts.hostname is not None and _HOST.fullmatch(parts.hostname) is not None and port != 0
    return parts.scheme in ("http", "https") and server and "@" not in parts.netloc and not parts.fragment


def is_line(text: str, most: int = 64) -> bool:
    """Tell whether a text is one printable line."""
    return 1 <= len(text) <= most and text.isprintable() and text == text.strip()


def wrong_in(subscription: Subscription) -> tuple[str, ...]:
    """Return the fields of a subscription that cannot be used."""
    one = subscription
    reaches = is_address(one.to) if one.channel is Channel.EMAIL else is_url(one.to)
    checks = {
        "title": is_line(one.title),
        "to": reaches,
        "kinds": bool(one.kinds) and one.kinds <= set(CHOICES),
        "groups": all(is_line(each) for each in one.groups),
        "jobs": all(is_line(each, 129) and "/" in each for each in one.jobs),
        "language": one.language in LANGUAGES,
        "zone": _is_zone(one.zone),
        "day_at": 0 <= one.day_at < DAY_MINUTES,
        "quiet_from": 0 <= one.quiet_from < DAY_MINUTES,
        "quiet_to": 0 <= one.quiet_to < DAY_MINUTES,
        "through": one.through <= set(CHOICES),
        "per_hour": _within("per_hour", one.per_hour),
    }
    return tuple(name for name, good in checks.items() if not good)


def wrong_in_settings(settings: AlertSettings) -> tuple[str, ...]:
    """Return the fields of the settings that cannot be used; a password is never sent in clear over a network."""
    checks = {name: _within(name, getattr(settings, name)) for name in LIMITS}
    checks["page"] = not settings.page or (is_url(settings.page) and "?" not in settings.page)
    server = settings.server
    if server is not None:
        near = server.host in ("localhost", "127.0.0.1", "::1")
        checks |= {
            "host": _HOST.fullmatch(server.host) is not None,
            "port": _within("port", server.port),
            "sender": is_address(server.sender),
            "user": not server.user or (is_line(server.user, 254) and (server.security is not Security.NONE or near)),
            "ca_file": not server.ca_file or (is_line(server.ca_file, 1000) and server.ca_file.startswith("/")),
        }
    return tuple(name for name, good in checks.items() if not good)


def check(what: str, wrong: tuple[str, ...]) -> None:
    """Raise Invalid with every field that is wrong."""
    if wrong:
        raise Invalid(what=what, problems=", ".join(wrong))


def read_minute(text: str) -> int:
    """Return the minute of the day of a text such as 07:30; raise Invalid."""
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text)
    if found is None:
        raise Invalid(what=text, problems=say("a time of day looks like 07:30"))
    return int(found[1]) * 60 + int(found[2])


def show_minute(minute: int) -> str:
    """Return a minute of the day as text."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _within(name: str, value: int) -> bool:
    low, high = RANGES[name]
    return low <= value <= high


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return bool(name)
