"""The real monitor: a run that ends badly becomes a mail in the recipient's language; one that hangs stops nothing."""

import email
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email.policy import default
from pathlib import Path

import pytest

from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.host import Host
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.model.subscription import AlertSettings
from pbxsync_worker.core.settings import Settings
from pbxsync_worker.wiring import Installation
from tests.fakes.mail_server import Act, MailServer, manners
from tests.unit.alerts.values import a_server, a_subscription
from tests.unit.core.values import run

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]


@pytest.fixture
def here(tmp_path):
    made = Installation(Settings(home=tmp_path / "home", ami_port=1))
    made.store.hosts.set_me(Host(made.identity.id, "pbx-north", "127.0.0.1:1"))
    made.store.subscriptions.add(a_subscription(language="es", zone="Europe/Madrid"))
    yield made
    made.store.database.close()


@contextmanager
def monitor(here: Installation) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {**os.environ, "PBXSYNC_HOME": str(here.settings.home), "PBXSYNC_AMI_PORT": "1"}
    argv = [sys.executable, "-m", "pbxsync_worker.cli", "monitor"]
    process = subprocess.Popen(argv, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def wait_for(done, seconds: float = 60.0) -> None:
    clock = SystemClock()
    until = clock.monotonic() + seconds
    while not done():
        assert clock.monotonic() < until
        clock.sleep(0.05)


def fails(here: Installation, identity: str) -> None:
    here.store.runs.request([run(identity, job=identity, here=False)])
    here.store.runs.fail_followed(here.store.runs.get(identity), "it broke", "host-unreachable")


def test_a_run_that_fails_becomes_a_mail_in_spanish(here):
    with MailServer() as server:
        here.store.subscriptions.set_settings(AlertSettings(a_server(server.port)))
        with monitor(here):
            fails(here, "nightly")
            wait_for(lambda: server.mails)
    message = email.message_from_bytes(server.mails[0].content, policy=default)
    assert message["Subject"].startswith("[pbx-north] nightly hacia")
    assert message["Subject"].endswith("falló")


def test_a_mail_server_that_hangs_holds_up_no_other_loop_of_the_monitor(here):
    with MailServer(manners(connect=Act.HANG)) as server:
        here.store.subscriptions.set_settings(AlertSettings(a_server(server.port)))
        with monitor(here):
            fails(here, "first")
            wait_for(lambda: "connect" in server.verbs)
            for number in range(3):
                fails(here, f"later{number}")
                wait_for(lambda: not here.store.alerts.news())
            assert server.verbs == ["connect"]  # it still hangs
            assert here.store.runs.get("first").state is State.FAILED
        server.manners.answers.clear()
        with monitor(here):
            wait_for(lambda: sum(count_of(mail.content) for mail in server.mails) >= 4)


def count_of(content: bytes) -> int:
    return int(email.message_from_bytes(content)["X-PBXSync-Alerts"])
