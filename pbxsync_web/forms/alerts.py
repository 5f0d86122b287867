"""The forms of the page Alerts: a recipient, and the mail server with what holds for all alerts."""

from dataclasses import dataclass, replace
from typing import TypeVar

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from pbxsync_web.forms import Refused, read_number
from pbxsync_worker.core.model.alert import CHOICES, AlertKind
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.subscription import (
    LIMITS,
    RANGES,
    AlertSettings,
    Channel,
    MailServer,
    Pace,
    Security,
    Subscription,
    read_minute,
    show_minute,
    wrong_in,
    wrong_in_settings,
)

T = TypeVar("T", Channel, Pace, Security)


@dataclass(frozen=True, slots=True)
class Given:
    """What a form said about the settings; password: None where it stays as it is."""

    settings: AlertSettings
    password: str | None


def to_form(one: Subscription) -> MultiDict[str, str]:
    """Return a recipient as the texts of its form."""
    form: MultiDict[str, str] = MultiDict(
        {
            "title": one.title,
            "channel": one.channel.value,
            "to": one.to,
            "language": one.language,
            "zone": one.zone,
            "pace": one.pace.value,
            "day_at": show_minute(one.day_at),
            "quiet_from": show_minute(one.quiet_from),
            "quiet_to": show_minute(one.quiet_to),
            "per_hour": str(one.per_hour),
            "active": "yes" if one.active else "no",
        }
    )
    form.setlist("kinds", [kind.value for kind in one.kinds])
    form.setlist("through", [kind.value for kind in one.through])
    form.setlist("groups", list(one.groups))
    form.setlist("jobs", list(one.jobs))
    return form


def read(form: MultiDict[str, str]) -> Subscription | Refused:
    """Return the recipient that a form describes; more than one line is refused in every field."""
    problems: dict[str, str] = {}
    one = Subscription(
        title=form.get("title", "").strip(),
        channel=_choice(Channel, form, "channel", problems),
        to=form.get("to", "").strip(),
        kinds=_kinds(form, "kinds"),
        groups=tuple(form.getlist("groups")),
        jobs=tuple(form.getlist("jobs")),
        language=form.get("language", ""),
        zone=form.get("zone", "").strip(),
        pace=_choice(Pace, form, "pace", problems),
        day_at=_minute(form, "day_at", problems),
        quiet_from=_minute(form, "quiet_from", problems),
        quiet_to=_minute(form, "quiet_to", problems),
        through=_kinds(form, "through"),
        per_hour=read_number(form.get("per_hour", ""), *RANGES["per_hour"], problems, "per_hour"),
        active=form.get("active") != "no",
    )
    problems = problems_in(one) | problems
    return Refused(problems) if problems else one


def problems_in(one: Subscription) -> dict[str, str]:
    """Return what is wrong in which field of a recipient."""
    return {name: _sentence(name, one.channel) for name in wrong_in(one)}


def settings_to_form(settings: AlertSettings) -> MultiDict[str, str]:
    """Return the settings as the texts of their form; a password is never shown."""
    server = settings.server or MailServer("", 587, Security.STARTTLS, "")
    form: MultiDict[str, str] = MultiDict({name: str(getattr(settings, name)) for name in LIMITS})
    form["page"] = settings.page
    form["port"], form["security"] = str(server.port), server.security.value
    for name in ("host", "sender", "user", "ca_file"):
        form[name] = getattr(server, name)
    return form


def read_settings(form: MultiDict[str, str]) -> Given | Refused:
    """Return what a form says about the settings; without a host there is no mail server."""
    problems: dict[str, str] = {}
    limits = {name: read_number(form.get(name, ""), *RANGES[name], problems, name) for name in LIMITS}
    settings = AlertSettings(page=form.get("page", "").strip(), **limits)  # type: ignore[arg-type]  # all are numbers
    if form.get("host", "").strip():
        settings = replace(settings, server=_server(form, problems))
    read = given(settings, form.get("password", "") or None)
    if isinstance(read, Refused):
        problems = dict(read.problems) | problems
    return Refused(problems) if problems else read


def given(settings: AlertSettings, password: str | None) -> Given | Refused:
    """Return settings as they are kept; where there is no login, no password is kept either."""
    problems = {name: _setting_sentence(name) for name in wrong_in_settings(settings)}
    if password and (not password.isprintable() or len(password) > 1000):
        problems["password"] = _("A password is one line.")
    if problems:
        return Refused(problems)
    user = settings.server.user if settings.server else ""
    return Given(settings, password if user else "")


def about_server(settings: AlertSettings) -> str:
    """Return the settings as the audit log names them."""
    where = settings.server
    return f"{where.host}:{where.port} {where.security}" if where else say("no mail server")


def _server(form: MultiDict[str, str], problems: dict[str, str]) -> MailServer:
    texts = {name: form.get(name, "").strip() for name in ("host", "sender", "user", "ca_file")}
    port = read_number(form.get("port", ""), *RANGES["port"], problems, "port")
    return MailServer(port=port, security=_choice(Security, form, "security", problems), **texts)


def _sentence(name: str, channel: Channel) -> str:
    reach = _("Write one mail address, such as ana@example.com.")
    if channel is Channel.WEBHOOK:
        reach = _("Write one URL that begins with https:// or http://, without a login in it.")
    texts: dict[str, str] = {
        "title": _("Write a name of 1 to %(most)s characters.", most=64),
        "to": reach,
        "kinds": _("Choose at least one kind."),
        "zone": _("Write a time zone such as Europe/Madrid."),
    }
    return texts.get(name) or str(_("Choose one of the values."))


def _setting_sentence(name: str) -> str:
    texts: dict[str, str] = {
        "host": _("Write a host name or an address."),
        "sender": _("Write one mail address, such as ana@example.com."),
        "user": _("A login needs STARTTLS or TLS, or else its password could be read on the way."),
        "ca_file": _("Write the full path of a file."),
        "page": _("Write one URL that begins with https:// or http://, without a login in it."),
    }
    return texts.get(name) or str(_("Choose one of the values."))


def _choice(kind: type[T], form: MultiDict[str, str], name: str, problems: dict[str, str]) -> T:
    try:
        return kind(form.get(name, ""))
    except ValueError:
        problems[name] = _("Choose one of the values.")
        return next(iter(kind))


def _kinds(form: MultiDict[str, str], name: str) -> frozenset[AlertKind]:
    chosen = set(form.getlist(name))
    return frozenset(kind for kind in CHOICES if kind.value in chosen)


def _minute(form: MultiDict[str, str], name: str, problems: dict[str, str]) -> int:
    try:
        return read_minute(form.get(name, "").strip())
    except Invalid:
        problems[name] = _("Write a time such as 07:30.")
        return 0
