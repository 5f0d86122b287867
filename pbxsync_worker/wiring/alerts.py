"""Joins the alerts of this host: its mail server and webhooks, its languages, and the two rounds of the monitor."""

import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

import pbxsync_worker
from pbxsync_worker.alerts import rounds
from pbxsync_worker.alerts.email import PATIENCE, MailLogin, MailWay, Patience
from pbxsync_worker.alerts.render import Renderer
from pbxsync_worker.alerts.webhook import Secret, WebhookWay
from pbxsync_worker.core.locks import held
from pbxsync_worker.core.model.alert import Alert, AlertKind
from pbxsync_worker.core.model.errors import AlertServerSilent, Invalid
from pbxsync_worker.core.model.letter import MAIL, Letter, shown_to
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.subscription import Channel
from pbxsync_worker.core.model.ways import Way
from pbxsync_worker.core.store.alert_secrets import mail_password, webhook_secret
from pbxsync_worker.wiring.installation import Installation

NOTE_SECONDS = 2.0
SEND_SECONDS = 2.0
# Somebody waits for the answer, and so do the other tasks of the worker that sends it.
_TEST_PATIENCE = Patience(5.0, 10.0)
# Beside our package, in a checkout and where it is installed; data, not code: the worker imports nothing of the web.
_CATALOGS = Path(pbxsync_worker.__file__).parents[1] / "pbxsync_web" / "translations"


def note_round(here: Installation) -> None:
    """Note what happened since the last round; one step of the loop `alerts`."""
    rounds.note(here.store, here.clock)


def send_round(here: Installation) -> None:
    """Send what is due; one step of the loop `letters`. Nothing happens where another process sends."""
    if not here.store.outbox.due(1):
        return
    with held(here.settings.sockets / "letters.lock") as mine:
        if mine:
            rounds.send(here.store, here.clock, lambda letter: way_for(here, letter), secrets.SystemRandom().random)


def way_for(here: Installation, letter: Letter, patience: Patience = PATIENCE) -> Way:
    """Return the way out for a letter; raise AlertServerSilent where there is none yet."""
    settings = here.store.subscriptions.settings()
    renderer = Renderer(here.store.hosts.me(), settings.page, words)
    keys = here.settings.keys
    try:
        if letter.channel is Channel.WEBHOOK:
            return WebhookWay(Secret(webhook_secret(keys, letter.subscription)), renderer, here.clock, patience)
        if settings.server is None:
            raise AlertServerSilent(server=MAIL, reason=say("no mail server is set"))
        return MailWay(MailLogin(settings.server, mail_password(keys)), renderer, patience)
    except Invalid as error:
        raise AlertServerSilent(server=MAIL, reason=error.sentence) from error


def send_test(here: Installation, number: int) -> str:
    """Send a test to one recipient now, past the outbox, and return what the server said; raise what it refused."""
    wish = here.store.subscriptions.get(number)
    name = here.store.hosts.me().name
    now = here.clock.now()
    body = (say("Somebody pressed the test button. If you read this, alerts of {host} reach you.", host=name),)
    alert = Alert(AlertKind.TEST, "", say("A test from {host}", host=name), body, at=now, host=name)
    message_id = f"{secrets.token_hex(12)}@test.invalid"
    letter = Letter(message_id, "", number, wish.channel, wish.to, wish.language, wish.zone, now, (alert,))
    way = way_for(here, letter, _TEST_PATIENCE)
    try:
        answer = way.send(letter)
    finally:
        way.close()
    return say("{to} was taken: {value}", to=shown_to(wish.channel, wish.to), value=answer)


@cache
def words(language: str) -> Mapping[str, str]:
    """Return the templates of a language by the English ones; none where the language is English or unknown."""
    path = _CATALOGS / language / "LC_MESSAGES" / "messages.po"
    if not language.isalpha() or not path.exists():
        return {}
    with path.open("rb") as file:
        return {one.id: one.string for one in read_po(file) if isinstance(one.id, str) and isinstance(one.string, str)}
