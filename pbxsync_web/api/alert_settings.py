"""The mail server, and what holds for all alerts of this host."""

from dataclasses import replace
from typing import Annotated

import msgspec

from pbxsync_web.access import me
from pbxsync_web.api.endpoint import accepted, endpoint
from pbxsync_web.api.values import Answer, Value
from pbxsync_web.forms.alerts import about_server, given
from pbxsync_web.parts import the_parts, the_store
from pbxsync_worker.core.model.subscription import RANGES, AlertSettings, MailServer, Security
from pbxsync_worker.core.store.alert_secrets import mail_password, set_mail_password
from pbxsync_worker.core.store.people import Role


def _bounds(name: str) -> msgspec.Meta:
    lowest, highest = RANGES[name]
    return msgspec.Meta(ge=lowest, le=highest)


Port = Annotated[int, _bounds("port")]
LostMinutes = Annotated[int, _bounds("lost_minutes")]
WaitMinutes = Annotated[int, _bounds("wait_minutes")]
RepeatHours = Annotated[int, _bounds("repeat_hours")]
KeepDays = Annotated[int, _bounds("keep_days")]
Address = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class MailServerValue(Answer, frozen=True):
    """Where mails go; has_password: whether one is kept, which is never told."""

    host: str
    port: int
    security: Security
    sender: str
    user: str
    ca_file: str
    has_password: bool


class AlertSettingsValue(Answer, frozen=True):
    """What holds for all alerts, as docs/alerts.md explains it; server: null while no mail can be sent."""

    server: MailServerValue | None
    page: str
    lost_minutes: int
    wait_minutes: int
    repeat_hours: int
    keep_days: int


class GivenServer(Value, frozen=True):
    """A mail server; user: "" for no login."""

    host: Address
    sender: Address
    port: Port = 587
    security: Security = Security.STARTTLS
    user: Annotated[str, msgspec.Meta(max_length=254)] = ""
    ca_file: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class SaveAlertSettings(Value, frozen=True):
    """The settings as they shall be; what is not given stays as it is, the password too; server: null for none."""

    server: GivenServer | msgspec.UnsetType | None = msgspec.UNSET
    password: Annotated[str, msgspec.Meta(max_length=1000)] | msgspec.UnsetType = msgspec.UNSET
    page: Annotated[str, msgspec.Meta(max_length=2000)] | msgspec.UnsetType = msgspec.UNSET
    lost_minutes: LostMinutes | msgspec.UnsetType = msgspec.UNSET
    wait_minutes: WaitMinutes | msgspec.UnsetType = msgspec.UNSET
    repeat_hours: RepeatHours | msgspec.UnsetType = msgspec.UNSET
    keep_days: KeepDays | msgspec.UnsetType = msgspec.UNSET


@endpoint("GET /alerts/settings", AlertSettingsValue, role=Role.ADMIN)
def alert_settings() -> AlertSettingsValue:
    """Tell the mail server without its password, and what holds for all alerts."""
    return _value(the_store().subscriptions.settings())


@endpoint("PUT /alerts/settings", AlertSettingsValue, role=Role.ADMIN, body=SaveAlertSettings, grave=True)
def save_alert_settings(body: SaveAlertSettings) -> AlertSettingsValue:
    """Change the mail server and what holds for all alerts; a test tells whether it works."""
    parts = the_parts()
    read = accepted(given(_settings(parts.store.subscriptions.settings(), body), _password(body)))
    if read.password is not None:
        set_mail_password(parts.disk, parts.settings.keys, read.password)
    parts.store.subscriptions.set_settings(read.settings)
    parts.store.audit.add(me().name, "change mail server", about_server(read.settings))
    return _value(read.settings)


def _settings(known: AlertSettings, body: SaveAlertSettings) -> AlertSettings:
    changed = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not msgspec.UNSET}
    changed.pop("password", None)
    if changed.get("server") is not None:
        changed["server"] = MailServer(**msgspec.structs.asdict(changed["server"]))
    return replace(known, **changed)


def _password(body: SaveAlertSettings) -> str | None:
    return None if isinstance(body.password, msgspec.UnsetType) else body.password


def _value(settings: AlertSettings) -> AlertSettingsValue:
    one = settings.server
    server = None
    if one is not None:
        known = bool(mail_password(the_parts().settings.keys))
        server = MailServerValue(one.host, one.port, one.security, one.sender, one.user, one.ca_file, known)
    limits = (settings.lost_minutes, settings.wait_minutes, settings.repeat_hours, settings.keep_days)
    return AlertSettingsValue(server, settings.page, *limits)
