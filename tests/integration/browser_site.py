"""The web admin as gunicorn serves it, beside a worker by hand that grants every wish."""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.host import Peer, PeerState
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.wish import (
    Asked,
    AskRules,
    CheckHost,
    ConfirmHost,
    Give,
    JoinHost,
    LookAtCoverage,
    LookAtEverything,
    OfferPairing,
    OperateAsterisk,
    Promote,
    ReadAnew,
    RevokeHost,
    SaveCatalogue,
    SendTestAlert,
    policy_for,
)
from pbxsync_worker.core.store import Store, open_store
from tests.web import seed

ROOT = Path(__file__).parents[2]
CODE = "PBX1-7KQF-M2XD-9RTV-4HJC-W8LN-pbx-west.example:8443"
WORDS = "amber bridge candle dragon eagle forest"


@dataclass
class HandWorker:
    """Grants every wish as a real worker would after a moment."""

    store: Store
    stop: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        while not self.stop.wait(0.1):
            for asked in self.store.wishes.waiting():
                self.store.wishes.answer(asked.id, self._grant(asked))

    def _grant(self, asked: Asked) -> str:
        match asked.wish:
            case OfferPairing():
                self._appear()
                return CODE
            case JoinHost():
                self._appear()
                return seed.NEW.id
            case ConfirmHost(host):
                self.store.hosts.set_state(host, PeerState.PAIRED)
            case RevokeHost(host):
                self.store.hosts.set_state(host, PeerState.REVOKED)
            case CheckHost(host):
                return say("{name} answered after {ms} ms", name=self.store.hosts.peer(host).host.name, ms=12)
            case SaveCatalogue(catalogue):
                seed.save(self.store, catalogue)
            case LookAtCoverage():
                return seed.coverage_report().stored()
            case LookAtEverything() | ReadAnew() | AskRules() | SendTestAlert() | OperateAsterisk() | Promote():
                pass  # no page of these tests waits for what they answer
        return ""

    def _appear(self) -> None:
        policy = policy_for(Give.BOTH)
        self.store.hosts.save(Peer(seed.NEW, b"certificate", PeerState.PENDING, policy, WORDS, time.time()))


@dataclass(frozen=True)
class Site:
    """Where the web admin is, and the store behind it."""

    base: str
    home: Path
    store: Store

    @property
    def setup_token(self) -> str:
        return (self.home / "keys/setup.token").read_text().strip()


@contextmanager
def serving(home: Path) -> Iterator[Site]:
    """Serve the web admin of a home folder with gunicorn until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    store = open_store(f"sqlite:///{home / 'store.sqlite'}", SystemClock())
    own = {
        "PBXSYNC_HOME": str(home),
        "PBXSYNC_WEB_BIND": address,
        "PBXSYNC_REDIS_URL": f"unix://{home}/none.sock",
        "PBXSYNC_FREEPBX_CONF": str(home / "freepbx.conf"),  # there only where a test touches it
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "python:pbxsync_web.gunicorn_conf", "pbxsync_web.wsgi:app"]
    worker = HandWorker(store)
    thread = threading.Thread(target=worker.work)
    log = (home / "web.log").open("wb")
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **own}, stdout=log, stderr=log)
    try:
        thread.start()
        _wait(f"http://{address}/api/v1/health", process, home / "web.log")
        yield Site(f"http://{address}", home, store)
    finally:
        worker.stop.set()
        thread.join()
        process.terminate()
        process.wait(20)
        log.close()
        store.database.close()


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _try in range(200):
        if process.poll() is not None:
            break
        with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"the web admin did not start:\n{log.read_text()}")
