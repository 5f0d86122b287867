"""From runs that end to mails that arrive, while the mail server is down, greylists, refuses, hangs or is overrun."""

import email
import re
import subprocess
import sys
import threading
from collections import Counter
from email.policy import default
from pathlib import Path
from random import Random

import pytest

from pbxsync_worker.core.model.alert import Event
from pbxsync_worker.core.model.letter import LetterState
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.subscription import AlertSettings
from tests.fakes.mail_server import Act, MailServer, Manners, manners
from tests.integration.alert_host import AlertHost
from tests.unit.alerts.values import a_server, an_alert

pytestmark = pytest.mark.integration

DAY = 86400
ROOT = Path(__file__).parents[2]
MANY = 10_000


@pytest.fixture
def server():
    with MailServer() as running:
        yield running


@pytest.fixture
def host(server, tmp_path):
    made = AlertHost(f"sqlite:///{tmp_path}/store.sqlite", server.port, per_hour=20)
    yield made
    made.close()


def texts(server: MailServer) -> list[str]:
    messages = [email.message_from_bytes(mail.content, policy=default) for mail in server.mails]
    bodies = [message.get_body(("plain",)) for message in messages]
    return [body.get_content().replace("\r\n", "\n") for body in bodies if body is not None]


def told_jobs(server: MailServer) -> Counter[str]:
    """Return how often each job is told to have failed, in whichever mail."""
    return Counter(
        name for text in texts(server) for name in re.findall(r"^(job-\S+) to \S+ failed$", text, re.MULTILINE)
    )


def pass_time(host: AlertHost, seconds: float, step: float = 300.0) -> None:
    for _step in range(int(seconds / step)):
        host.clock.move(step)
        host.note()
        host.send()


def test_a_run_that_fails_is_one_mail(host, server):
    host.fails("r1")
    host.note()
    assert host.send() == 1
    assert host.send() == 0
    assert "it broke" in texts(server)[0]


def test_a_mail_server_that_is_dead_for_three_days_loses_nothing(host, server):
    server.manners.answers["connect"] = Act.DROP
    for number in range(72):
        host.fails(f"r{number}")
        pass_time(host, 3600)
    assert server.mails == []
    assert 72 * 4 <= server.verbs.count("connect") <= 72 * 8  # every quarter of an hour, or a little more often
    server.manners.answers.clear()
    pass_time(host, 2 * 3600)
    told = told_jobs(server)
    assert set(told) == {f"job-r{number}" for number in range(72)}
    assert len(server.mails) <= 40  # not one for each: they were gathered
    assert (host.unsent(), host.waiting()) == (0, 0)


def test_a_letter_that_was_tried_for_all_its_days_is_given_up_and_shown(host, server):
    server.manners.answers["rcpt"] = "450 never ready"
    host.fails("r1")
    pass_time(host, 3 * DAY, 900.0)
    assert host.store.outbox.counts() == {LetterState.WAITING: 1}
    pass_time(host, 1.1 * DAY, 900.0)
    [shown] = host.store.outbox.letters()
    assert shown.state is LetterState.GIVEN_UP
    assert "450 never ready" in shown.answer


def test_greylisting_costs_a_minute_and_no_alert(host, server):
    server.manners.greylists = True
    host.fails("r1")
    host.note()
    assert host.send() == 0
    pass_time(host, 60, 30.0)
    assert told_jobs(server) == {"job-r1": 1}


def test_a_recipient_that_is_refused_for_good_is_not_tried_again_and_stops_nobody(host, server):
    server.manners.once["rcpt"] = ["550 5.1.1 no such user"]
    host.fails("r1")
    host.fails("r2")
    pass_time(host, DAY)
    [_good, refused] = host.store.outbox.letters()
    assert (refused.state, server.verbs.count("rcpt")) == (LetterState.REFUSED, 2)
    assert "no such user" in refused.answer
    assert told_jobs(server) == {"job-r2": 1}


def test_what_the_server_lost_after_the_last_dot_comes_again_under_one_id(host, server):
    server.manners.once["message"] = [Act.DROP, Act.DROP]
    host.fails("r1")
    pass_time(host, 3600)
    assert len(server.mails) == 3
    assert len({mail.content for mail in server.mails}) == 1


def test_follow_ups_of_one_incident_are_one_thread_and_repeats_are_gathered(host, server):
    for number in range(24):
        host.fails(f"r{number}", job="nightly")
        pass_time(host, 3600)
    messages = [email.message_from_bytes(mail.content, policy=default) for mail in server.mails]
    assert len(messages) == 5  # at once, then every six hours
    assert {message["References"] for message in messages[1:]} == {messages[0]["Message-ID"]}
    assert [int(message["X-PBXSync-Alerts"]) for message in messages] == [1, 5, 6, 6, 6]


def test_ten_thousand_alerts_are_each_told_once_and_nobody_gets_more_mails_than_wanted(host, server):
    alerts = [
        an_alert(number=number, subject=say("{name} to {host} failed", name=f"job-{number}", host="pbx-south"))
        for number in range(MANY)
    ]
    for at in range(0, MANY, 500):
        host.store.alerts.note({}, [Event(tuple(alerts[at : at + 500]))])
    while server.mails == [] or host.unsent():
        host.note()
        host.send()
    first_hour = len(server.mails)
    pass_time(host, 2 * 3600)
    told = told_jobs(server)
    assert (len(told), set(told.values())) == (MANY, {1})
    assert first_hour == len(server.mails) == 20
    assert (host.unsent(), host.waiting()) == (0, 0)


def test_while_a_server_hangs_runs_end_and_their_alerts_are_noted(tmp_path):
    with MailServer(manners(message=Act.HANG)) as server:
        url = f"sqlite:///{tmp_path}/store.sqlite"
        host, sender = AlertHost(url, server.port), AlertHost(url, server.port)
        host.fails("r1")
        host.note()
        hanging = threading.Thread(target=sender.send)
        hanging.start()
        while "message" not in server.verbs:
            host.clock.now()
        for number in range(2, 30):
            host.fails(f"r{number}")
        host.note()
        assert hanging.is_alive()  # all of that was done while it hung
        assert sum(one.count for one in host.store.outbox.letters()) == 29
        server.ended.set()
        hanging.join()
        host.close()
        sender.close()


def test_a_server_that_is_put_right_on_the_page_is_tried_at_once(host, server):
    host.store.subscriptions.set_settings(AlertSettings(a_server(1)))
    host.fails("r1")
    host.note()
    assert host.send() == 0
    host.store.subscriptions.set_settings(AlertSettings(a_server(server.port)))
    assert host.send() == 1


def test_a_sender_that_is_killed_again_and_again_loses_nothing_and_repeats_only_the_same_message(tmp_path, kills):
    """Kill -9 at random moments, as a power cut would end it; whatever was said twice was said under one id."""
    random = Random(7)
    with MailServer(Manners()) as server:
        host = AlertHost(f"sqlite:///{tmp_path}/store.sqlite", server.port, per_hour=1000)
        for round_number in range(max(5, kills // 10)):
            for number in range(5):
                host.fails(f"r{round_number}-{number}")
            sender = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tests.integration.alert_host",
                    f"sqlite:///{tmp_path}/store.sqlite",
                    str(server.port),
                ],
                cwd=ROOT,
                stdout=subprocess.PIPE,
            )
            assert sender.stdout is not None
            sender.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                sender.wait(random.random() * 0.15)
            sender.kill()
            sender.wait()
            sender.stdout.close()
        host.clock.move(10**9)  # the senders lived by the machine's clock
        host.note()
        while host.send():
            host.note()
        by_id = Counter(email.message_from_bytes(mail.content)["Message-ID"] for mail in server.mails)
        assert len({mail.content for mail in server.mails}) == len(by_id)
        whole = {mail.content: mail for mail in server.mails}
        server.mails[:] = whole.values()
        told = told_jobs(server)
        assert set(told.values()) == {1}
        assert len(told) == max(5, kills // 10) * 5
        assert (host.unsent(), host.waiting()) == (0, 0)
        host.close()
