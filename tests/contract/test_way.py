"""What every Way promises: mail, webhook, and the one that leads nowhere."""

from contextlib import ExitStack
from dataclasses import replace

import pytest

from pbxsync_worker.alerts.email import MailLogin, MailWay, Patience
from pbxsync_worker.alerts.webhook import Secret, WebhookWay
from pbxsync_worker.core.model.errors import AlertServerSilent, LetterRefused
from pbxsync_worker.core.model.subscription import Channel
from pbxsync_worker.core.model.ways import Way
from tests.fakes.clock import HandClock
from tests.fakes.mail_server import Act, MailServer, Manners, manners
from tests.fakes.way import NotingWay
from tests.fakes.webhook_server import HANG, WebhookServer
from tests.unit.alerts.values import RENDERER, a_letter, a_server, an_alert

QUICK = Patience(0.3, 0.6)


class Mail:
    """Letters through a mail server."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def way(self, trouble: str = "") -> Way:
        server_manners = {"": Manners(), "silent": manners(connect=Act.HANG), "refuses": manners(rcpt="550 no")}
        self._server = self._stack.enter_context(MailServer(server_manners[trouble]))
        return MailWay(MailLogin(a_server(self._server.port)), RENDERER, QUICK)

    def letter(self):
        return a_letter(an_alert())

    def arrived(self) -> list[str]:
        return [mail.content.decode().partition("Message-ID: <")[2].partition(">")[0] for mail in self._server.mails]


class Webhook:
    """Letters through HTTP."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def way(self, trouble: str = "") -> Way:
        answers = {"": (), "silent": (HANG,), "refuses": (404,)}[trouble]
        self._server = self._stack.enter_context(WebhookServer(*answers))
        return WebhookWay(Secret("s"), RENDERER, HandClock(), QUICK)

    def letter(self):
        return replace(a_letter(an_alert()), channel=Channel.WEBHOOK, to=self._server.url)

    def arrived(self) -> list[str]:
        return [post.headers["X-PBXSync-Id"] for post in self._server.posts]


class Nowhere:
    """Letters to nobody."""

    def __init__(self, _stack: ExitStack) -> None:
        self._way = NotingWay()

    def way(self, trouble: str = "") -> Way:
        troubles = {
            "silent": AlertServerSilent(server="x", reason="it does not answer"),
            "refuses": LetterRefused(server="x", to="y", reason="no"),
        }
        self._way = NotingWay(troubles.get(trouble))
        return self._way

    def letter(self):
        return a_letter(an_alert())

    def arrived(self) -> list[str]:
        return [letter.message_id for letter in self._way.letters]


@pytest.fixture(params=[Mail, Webhook, Nowhere], ids=lambda kind: kind.__name__)
def world(request):
    with ExitStack() as stack:
        yield request.param(stack)


class TestEveryWay:
    def test_it_gives_the_answer_of_the_server_for_what_arrived(self, world):
        way = world.way()
        assert way.send(world.letter()) != ""
        way.close()
        assert world.arrived() == ["0123456789ab@pbx.example"]

    def test_it_takes_one_letter_after_the_other(self, world):
        way = world.way()
        for number in range(3):
            way.send(replace(world.letter(), message_id=f"{number}@pbx.example"))
        way.close()
        assert world.arrived() == ["0@pbx.example", "1@pbx.example", "2@pbx.example"]

    def test_the_same_letter_may_be_sent_again(self, world):
        way = world.way()
        way.send(world.letter())
        way.send(world.letter())
        way.close()
        assert len(set(world.arrived())) == 1

    def test_it_gives_up_on_a_server_that_does_not_answer(self, world):
        way = world.way("silent")
        with pytest.raises(AlertServerSilent, match="does not answer"):
            way.send(world.letter())
        way.close()

    def test_it_tells_what_is_refused_for_good(self, world):
        way = world.way("refuses")
        with pytest.raises(LetterRefused):
            way.send(world.letter())
        way.close()

    def test_it_can_be_closed_twice_and_unused(self, world):
        way = world.way()
        way.close()
        way.close()
