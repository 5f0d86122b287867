"""Recipients of alerts: who gets what, by which way, in which language, and when not."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

import msgspec

from pbxsync_web.access import me
from pbxsync_web.api.endpoint import accepted, endpoint, number_in
from pbxsync_web.api.values import Answer, Value
from pbxsync_web.forms import Refused
from pbxsync_web.forms.alerts import problems_in
from pbxsync_web.parts import the_parts, the_store
from pbxsync_worker.core.model.alert import AlertKind
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.subscription import (
    LANGUAGES,
    RANGES,
    Channel,
    Pace,
    Subscription,
    read_minute,
    show_minute,
)
from pbxsync_worker.core.store.alert_secrets import new_webhook_secret
from pbxsync_worker.core.store.people import Role

_PATH = "/alerts/recipients"
_TIMES = ("day_at", "quiet_from", "quiet_to")
_LOWEST, _HIGHEST = RANGES["per_hour"]
Kinds = Annotated[list[AlertKind], msgspec.Meta(max_length=len(AlertKind))]
Names = Annotated[tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=129)], ...], msgspec.Meta(max_length=500)]
Minute = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="such as 07:30")]
Reach = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Language = Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(LANGUAGES)})$")]
PerHour = Annotated[int, msgspec.Meta(ge=_LOWEST, le=_HIGHEST)]


class RecipientWhole(Answer, frozen=True):
    """Who is told what, as docs/alerts.md explains it; times of the day as 07:30, in the time zone of the recipient."""

    number: int
    title: str
    channel: Channel
    to: str
    kinds: list[AlertKind]
    groups: tuple[str, ...]
    jobs: tuple[str, ...]
    language: str
    zone: str
    pace: Pace
    day_at: str
    quiet_from: str
    quiet_to: str
    through: list[AlertKind]
    per_hour: int
    active: bool


class RecipientAdded(Answer, frozen=True):
    """A new recipient; secret: of a webhook, told only now, "" of a mail address."""

    recipient: RecipientWhole
    secret: str


class WebhookSecret(Answer, frozen=True):
    """secret: with which the letters to this webhook are signed from now on; told only now."""

    secret: str


class ChangeRecipient(Value, frozen=True):
    """A recipient as it shall be; what is not given stays as it is."""

    title: Label | msgspec.UnsetType = msgspec.UNSET
    channel: Channel | msgspec.UnsetType = msgspec.UNSET
    to: Reach | msgspec.UnsetType = msgspec.UNSET
    kinds: Kinds | msgspec.UnsetType = msgspec.UNSET
    groups: Names | msgspec.UnsetType = msgspec.UNSET
    jobs: Names | msgspec.UnsetType = msgspec.UNSET
    language: Language | msgspec.UnsetType = msgspec.UNSET
    zone: Label | msgspec.UnsetType = msgspec.UNSET
    pace: Pace | msgspec.UnsetType = msgspec.UNSET
    day_at: Minute | msgspec.UnsetType = msgspec.UNSET
    quiet_from: Minute | msgspec.UnsetType = msgspec.UNSET
    quiet_to: Minute | msgspec.UnsetType = msgspec.UNSET
    through: Kinds | msgspec.UnsetType = msgspec.UNSET
    per_hour: PerHour | msgspec.UnsetType = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET


class AddRecipient(ChangeRecipient, frozen=True, kw_only=True):
    """A new recipient; what is not given is as in a new one: every kind, in English, at once, without quiet hours."""

    title: Label
    channel: Channel
    to: Reach


@endpoint(f"GET {_PATH}", list[RecipientWhole], role=Role.ADMIN)
def recipients() -> list[RecipientWhole]:
    """List who is told what."""
    return [_value(number, one) for number, one in the_store().subscriptions.all().items()]


@endpoint(f"POST {_PATH}", RecipientAdded, role=Role.ADMIN, body=AddRecipient, status=HTTPStatus.CREATED)
def add_recipient(body: AddRecipient) -> RecipientAdded:
    """Tell somebody from now on; a webhook gets a secret."""
    one = _changed(Subscription(body.title, body.channel, body.to), body)
    parts = the_parts()
    number = parts.store.subscriptions.add(one)
    parts.store.audit.add(
        me().name, "add recipient", say("{number}: {name}, {way}", number=number, name=one.title, way=one.channel)
    )
    webhook = one.channel is Channel.WEBHOOK
    secret = new_webhook_secret(parts.disk, parts.settings.keys, number) if webhook else ""
    return RecipientAdded(_value(number, one), secret)


@endpoint(f"GET {_PATH}/<number>", RecipientWhole, role=Role.ADMIN)
def recipient(number: str) -> RecipientWhole:
    """Tell what a recipient is told."""
    known = number_in("recipient", number)
    return _value(known, the_store().subscriptions.get(known))


@endpoint(f"PUT {_PATH}/<number>", RecipientWhole, role=Role.ADMIN, body=ChangeRecipient)
def change_recipient(number: str, body: ChangeRecipient) -> RecipientWhole:
    """Change a recipient."""
    known, store = number_in("recipient", number), the_store()
    one = _changed(store.subscriptions.get(known), body)
    store.subscriptions.save(known, one)
    store.audit.add(
        me().name, "change recipient", say("{number}: {name}, {way}", number=known, name=one.title, way=one.channel)
    )
    return _value(known, one)


@endpoint(f"DELETE {_PATH}/<number>", RecipientWhole, role=Role.ADMIN)
def remove_recipient(number: str) -> RecipientWhole:
    """Tell somebody nothing more, nor what was still to be sent."""
    known, store = number_in("recipient", number), the_store()
    gone = store.subscriptions.remove(known)
    store.audit.add(me().name, "remove recipient", f"{known}: {gone.title}")
    return _value(known, gone)


@endpoint(f"POST {_PATH}/<number>/secret", WebhookSecret, role=Role.ADMIN, grave=True)
def renew_webhook_secret(number: str) -> WebhookSecret:
    """Make a new secret for a webhook, in place of the old one."""
    known, parts = number_in("recipient", number), the_parts()
    one = parts.store.subscriptions.get(known)
    parts.store.audit.add(me().name, "new webhook secret", f"{known}: {one.title}")
    return WebhookSecret(new_webhook_secret(parts.disk, parts.settings.keys, known))


def _changed(one: Subscription, body: ChangeRecipient) -> Subscription:
    """Return a recipient with what was given; raise Invalid with every field that cannot be so."""
    given = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not msgspec.UNSET}
    given |= {name: read_minute(given[name]) for name in _TIMES if name in given}
    given |= {name: frozenset(given[name]) for name in ("kinds", "through") if name in given}
    new = replace(one, **given)
    problems = problems_in(new)
    return accepted(Refused(problems) if problems else new)


def _value(number: int, one: Subscription) -> RecipientWhole:
    return RecipientWhole(
        number=number,
        title=one.title,
        channel=one.channel,
        to=one.to,
        kinds=sorted(one.kinds),
        groups=one.groups,
        jobs=one.jobs,
        language=one.language,
        zone=one.zone,
        pace=one.pace,
        day_at=show_minute(one.day_at),
        quiet_from=show_minute(one.quiet_from),
        quiet_to=show_minute(one.quiet_to),
        through=sorted(one.through),
        per_hour=one.per_hour,
        active=one.active,
    )
