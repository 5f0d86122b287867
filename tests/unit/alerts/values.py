"""Small values that the tests of alerts start from."""

from typing import Any

from pbxsync_worker.alerts.render import Renderer
from pbxsync_worker.core.model.alert import Alert, AlertKind
from pbxsync_worker.core.model.host import Host
from pbxsync_worker.core.model.letter import Letter
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.subscription import Channel, MailServer, Security, Subscription

ME = Host("a" * 64, "pbx-north", "pbx-north.example:8443")
AT = 1_700_000_000.0
WORDS = {"es": {"{name} to {host} failed": "{name} a {host} falló", "When": "Cuándo", "it broke": "se rompió"}}
RENDERER = Renderer(ME, "https://pbx.example/pbxsync", lambda language: WORDS.get(language, {}))


def an_alert(kind: AlertKind = AlertKind.FAILED, number: int = 1, **values) -> Alert:
    defaults: dict[str, Any] = {
        "incident": f"job:farm/job{number}/b",
        "subject": say("{name} to {host} failed", name=f"Job {number}", host="pbx-south"),
        "body": ("it broke",),
        "at": AT,
        "error": "unhealthy",
        "groups": ("farm",),
        "job": f"job{number}",
        "host": "pbx-south",
        "run": f"run{number}",
    }
    return Alert(kind, **(defaults | values))


def a_letter(*alerts: Alert, **values) -> Letter:
    defaults: dict[str, Any] = {
        "message_id": "0123456789ab@pbx.example",
        "thread": "",
        "subscription": 1,
        "channel": Channel.EMAIL,
        "to": "ana@example.com",
        "language": "en",
        "zone": "UTC",
        "made_at": AT,
        "alerts": alerts or (an_alert(),),
    }
    return Letter(**(defaults | values))


def a_subscription(**values) -> Subscription:
    defaults: dict[str, Any] = {"title": "Ana", "channel": Channel.EMAIL, "to": "ana@example.com"}
    return Subscription(**(defaults | values))


def a_server(port: int, **values) -> MailServer:
    defaults: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "security": Security.NONE,
        "sender": "pbx@pbx.example",
    }
    return MailServer(**(defaults | values))
