"""Alerts: what lasts, who is told what, the letters on their way, and a test that is really sent."""

from http import HTTPStatus

from flask import request

from pbxsync_web.access import me
from pbxsync_web.api.endpoint import endpoint, number_in, number_of
from pbxsync_web.api.values import Answer, AskedValue
from pbxsync_web.api.wishes import asked_value, wish
from pbxsync_web.parts import the_store
from pbxsync_web.present import told
from pbxsync_worker.core.model.letter import shown_to
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.wish import SendTestAlert
from pbxsync_worker.core.store.outbox import Posted
from pbxsync_worker.core.store.people import Role


class IncidentValue(Answer, frozen=True):
    """A trouble that lasts; since: when it began; count: its alerts so far."""

    name: str
    kind: str
    subject: str
    error: str
    since: float
    count: int


class ServerValue(Answer, frozen=True):
    """A mail server or webhook that takes nothing; next_at: when it is tried again."""

    name: str
    trouble: str
    since: float
    next_at: float


class RecipientValue(Answer, frozen=True):
    """Who is told what; to: of a webhook only its server; waiting: alerts that are in no letter yet."""

    number: int
    title: str
    channel: str
    to: str
    kinds: list[str]
    active: bool
    waiting: int


class AlertsValue(Answer, frozen=True):
    """The alerts of this host; letters: how many are in which state."""

    incidents: list[IncidentValue]
    servers: list[ServerValue]
    recipients: list[RecipientValue]
    letters: dict[str, int]


class LetterValue(Answer, frozen=True):
    """One letter; subject: of its newest alert; count: alerts in it; answer: what the server said last."""

    number: int
    message_id: str
    to: str
    state: str
    subject: str
    count: int
    tries: int
    answer: str
    made_at: float
    ended_at: float


@endpoint("GET /alerts", AlertsValue, role=Role.OPERATOR)
def alerts() -> AlertsValue:
    """Tell what lasts, who is told what, and whether it can be sent."""
    store = the_store()
    waiting = store.outbox.waiting()
    return AlertsValue(
        [
            IncidentValue(one.name, one.kind.value, told(one.subject), one.error, one.opened_at, one.count)
            for one in store.alerts.open()
        ],
        [ServerValue(one.name, told(one.trouble), one.since, one.next_at) for one in store.outbox.troubles().values()],
        [
            RecipientValue(
                number,
                one.title,
                one.channel.value,
                shown_to(one.channel, one.to),
                sorted(one.kinds),
                one.active,
                waiting.get(number, (0, 0))[0],
            )
            for number, one in store.subscriptions.all().items()
        ],
        store.outbox.counts(),
    )


@endpoint(
    "GET /alerts/letters",
    list[LetterValue],
    role=Role.OPERATOR,
    query=(("state", "only letters in this state"), ("limit", "how many, 1 to 200; 50 without it")),
)
def letters() -> list[LetterValue]:
    """List the letters, newest first."""
    return [_letter(one) for one in the_store().outbox.letters(request.args.get("state", ""), number_of("limit", 50))]


@endpoint("POST /alerts/letters/<number>/resend", LetterValue, role=Role.OPERATOR)
def resend_letter(number: str) -> LetterValue:
    """Send a letter again at once, under its Message-ID."""
    outbox = the_store().outbox
    outbox.resend(number_in("letter", number))
    the_store().audit.add(me().name, "resend alert", say("letter {number}", number=number))
    return _letter(outbox.get(int(number)))


@endpoint("POST /alerts/letters/<number>/drop", LetterValue, role=Role.OPERATOR)
def drop_letter(number: str) -> LetterValue:
    """Send a letter no more."""
    outbox = the_store().outbox
    outbox.drop(number_in("letter", number))
    the_store().audit.add(me().name, "drop alert", say("letter {number}", number=number))
    return _letter(outbox.get(int(number)))


@endpoint("POST /alerts/recipients/<number>/test", AskedValue, role=Role.OPERATOR, status=HTTPStatus.ACCEPTED)
def test_alert(number: str) -> AskedValue:
    """Send a test to a recipient; the wish has the server's answer."""
    known = number_in("recipient", number)
    the_store().subscriptions.get(known)
    return asked_value(wish(SendTestAlert(known), me().name))


def _letter(one: Posted) -> LetterValue:
    alerts = one.letter.alerts
    subject = told(alerts[-1].subject) if alerts else ""
    to = shown_to(one.letter.channel, one.letter.to)
    names = (one.number, one.letter.message_id, to, one.state.value, subject, one.count, one.tries)
    return LetterValue(*names, told(one.answer), one.letter.made_at, one.ended_at)
