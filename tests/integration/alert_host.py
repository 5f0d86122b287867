"""A host that sends alerts, with a mail server of the test; as a program it sends until it is killed."""

import sys
from contextlib import closing
from random import Random

from pbxsync_worker.alerts import rounds
from pbxsync_worker.alerts.email import MailLogin, MailWay, Patience
from pbxsync_worker.alerts.render import Renderer
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.alert import CHOICES, AlertKind
from pbxsync_worker.core.model.host import Host
from pbxsync_worker.core.model.letter import LetterState
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.model.subscription import AlertSettings
from pbxsync_worker.core.store import Store, open_store
from tests.fakes.clock import HandClock
from tests.unit.alerts.values import a_server, a_subscription
from tests.unit.core.values import run

ME = Host("a" * 64, "pbx-north", "pbx-north.example:8443")
NO_DIGEST = frozenset(CHOICES) - {AlertKind.DIGEST}
PATIENCE = Patience(2.0, 4.0)


class AlertHost:
    """Everything between a run that ends and a mail that arrives."""

    def __init__(self, url: str, port: int, clock=None, **wishes) -> None:
        self.clock = clock or HandClock()
        self.store: Store = open_store(url, self.clock)
        self.store.hosts.set_me(ME)
        self.store.subscriptions.set_settings(AlertSettings(a_server(port)))
        if not self.store.subscriptions.all():
            self.store.subscriptions.add(a_subscription(**({"kinds": NO_DIGEST} | wishes)))

    def fails(self, identity: str, **values) -> None:
        """Let a run fail."""
        self.store.runs.request([run(identity, **({"job": f"job-{identity}"} | values))])
        known = self.store.runs.get(identity)
        self.store.runs.move(known, State.FAILED, "it broke", "unhealthy")

    def note(self) -> None:
        rounds.note(self.store, self.clock)

    def send(self) -> int:
        renderer = Renderer(ME, "", lambda _language: {})
        server = self.store.subscriptions.settings().server
        assert server is not None
        way = MailWay(MailLogin(server), renderer, PATIENCE)
        with closing(way):
            return rounds.send(self.store, self.clock, lambda _letter: way, Random(1).random)

    def unsent(self) -> int:
        counts = self.store.outbox.counts()
        return counts.get(LetterState.WAITING, 0) + counts.get(LetterState.SENDING, 0)

    def waiting(self) -> int:
        return sum(count for count, _due in self.store.outbox.waiting().values())

    def close(self) -> None:
        self.store.database.close()


if __name__ == "__main__":
    host = AlertHost(sys.argv[1], int(sys.argv[2]), SystemClock(), per_hour=1000)
    print("ready", flush=True)
    while True:
        host.note()
        host.send()
