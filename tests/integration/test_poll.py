"""A replica is looked at every 20 ms, and called once a second, while whole runs go over it.

FreePBX's own restore leaves tables away for 4 s, AstDB keys for 0.8 s, and loses a call; here nothing may be missing
that both the old and the new state have. FreePBX itself is the stand-in of the laboratory.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import mysql.connector
import pytest

from pbxsync_worker.core.model.run import State
from scripts.lab.ami import Ami, AmiRefused
from scripts.lab.content import ETC
from scripts.lab.media import MUSIC
from scripts.lab.people import people
from tests.integration.freepbx_pair import SEED, FreePbxPair, freepbx_pair
from tests.integration.installation import until
from tests.integration.phone import Phone

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(400)]

EVERY_SECONDS = 0.02
CALLED = "2001"
LOOKED_AT = ("2001", "2015", "2030")
LONG_CALLS = 3
ROWS = " UNION ALL ".join(
    f"SELECT CONCAT('{table}/', {key}) FROM {table}"
    for table, key in {
        "users": "extension", "devices": "id", "sip": "id, '/', keyword", "ringgroups": "grpnum",
        "queues_config": "extension", "incoming": "extension", "featurecodes": "featurename",
    }.items()
)  # fmt: skip

Look = Callable[[], frozenset[str]]


class Poller:
    """Looks again and again, in a thread of its own, and keeps every answer that is not as the one before."""

    def __init__(self, what: str, look: Look) -> None:
        self.what, self._look = what, look
        self.gaps: list[float] = []
        self.seen: list[frozenset[str]] = []
        self.trouble = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._poll)

    @contextmanager
    def running(self) -> Iterator["Poller"]:
        self._thread.start()
        try:
            until(lambda: bool(self.seen) or bool(self.trouble), 20, f"the first look at {self.what}")
            yield self
        finally:
            self._stop.set()
            self._thread.join()

    def _poll(self) -> None:
        last = time.monotonic()
        try:
            while not self._stop.wait(max(0.0, last + EVERY_SECONDS - time.monotonic())):
                now = time.monotonic()
                self.gaps.append(now - last)
                last = now
                found = self._look()
                if not self.seen or self.seen[-1] != found:
                    self.seen.append(found)
        except (OSError, AmiRefused, mysql.connector.Error) as error:
            self.trouble = repr(error)

    def missing(self) -> frozenset[str]:
        """Return what was there before and afterwards, and not at every moment between."""
        always = self.seen[0] & self.seen[-1]
        return frozenset().union(*(always - found for found in self.seen))

    def __str__(self) -> str:
        sizes = [len(found) for found in self.seen]
        return (
            f"{self.what}: {len(self.gaps)} looks, {median(self.gaps) * 1000:.0f} ms apart, at most"
            f" {max(self.gaps) * 1000:.0f} ms; {len(sizes)} states, {sizes[0]} -> {sizes[-1]}, least {min(sizes)}"
        )


@contextmanager
def pollers(pair: FreePbxPair) -> Iterator[list[Poller]]:
    pbx = pair.target.pbx
    with ExitStack() as open_:
        database = mysql.connector.connect(
            unix_socket=str(pbx.server.socket), user="root", database=pbx.database, autocommit=True, use_pure=True
        )
        open_.callback(database.close)

        def rows() -> frozenset[str]:
            cursor = database.cursor()
            cursor.execute(ROWS)
            found = frozenset(str(name) for row in cursor.fetchall() for name in row)
            cursor.close()
            return found

        def listed(action: str, name: str, **fields: str) -> Look:
            asterisk = open_.enter_context(pbx.ami())
            return lambda: frozenset(one[name] for one in asterisk.ask(action, **fields) if name in one)

        keys = open_.enter_context(pbx.ami())
        names = [f"AMPUSER/{n}/{rest}" for n in LOOKED_AT for rest in ("device", "cidname", "recording/ondemand")]
        looks: dict[str, Look] = {
            "rows of seven tables": rows,
            "AstDB keys of three extensions": lambda: frozenset(name for name in names if keys.get(name) is not None),
            "endpoints": listed("PJSIPShowEndpoints", "ObjectName"),
            "extensions in ext-local": listed("ShowDialPlan", "Extension", Context="ext-local"),
            "extensions in ext-group": listed("ShowDialPlan", "Extension", Context="ext-group"),
        }
        made = [Poller(what, look) for what, look in looks.items()]
        for one in made:
            open_.enter_context(one.running())
        yield made


class Caller:
    """Calls the phone through the dialplan of the replica, once a second."""

    def __init__(self, asterisk: Ami) -> None:
        self._asterisk = asterisk
        self.made: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._call)

    def call(self, seconds: int) -> str:
        number = f"9{len(self.made):03}"
        self._asterisk.ask(
            "Originate", Channel=f"Local/{CALLED}@from-internal/n", Application="Wait", Data=str(seconds),
            CallerID=f"Test <{number}>", Async="true", Timeout="20000",
        )  # fmt: skip
        self.made.append(number)
        return number

    @contextmanager
    def calling(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()

    def _call(self) -> None:
        while not self._stop.wait(1):
            self.call(2)


@pytest.fixture
def pair(asterisk_root: Path, mariadb, tmp_path: Path) -> Iterator[FreePbxPair]:
    with freepbx_pair(asterisk_root, tmp_path, mariadb, "poll") as made:
        yield made


def _edit(pair: FreePbxPair) -> None:
    """Change rows, a key, a mailbox and two files on the source."""
    a = pair.source.pbx
    a.gui.name("2015", "Zoë Ünal")
    a.gui.group("600", "2001-2040")
    a.gui.forward("2007", "600")
    a.gui.pin("2009", "471147")
    a.sql("DELETE FROM featurecodes WHERE featurename = 'cwon'")
    (a.node.folder / ETC / "extensions_custom.conf").write_text("[from-internal-custom]\nexten => 1,1,Hangup()\n")
    (a.node.folder / MUSIC / "song-1.ulaw").write_bytes(b"\x7f" * 8000)


def test_a_moment_with_less_is_noticed():
    looks = [frozenset("abc"), frozenset("ab"), frozenset("abd"), frozenset("a"), frozenset("abd")]
    coming = iter(looks)
    poller = Poller("letters", lambda: next(coming, looks[-1]))
    with poller.running():
        until(lambda: len(poller.gaps) > len(looks), 20, "all looks")
    assert poller.missing() == {"b"}


def test_nothing_is_ever_missing_and_every_call_is_answered(pair):
    b = pair.target
    password = next(one.password for one in people(30, SEED + 1) if str(one.number) == CALLED)
    phone = Phone(b.node.sip_address, CALLED, password)
    with ExitStack() as running:
        running.callback(phone.close)
        phone.start()
        caller = Caller(running.enter_context(b.pbx.ami()))
        long = [caller.call(600) for _ in range(LONG_CALLS)]
        until(lambda: len(phone.heard.acknowledged) == LONG_CALLS, 20, "the long calls")
        looked = running.enter_context(pollers(pair))
        running.enter_context(caller.calling())
        for change in (lambda: None, lambda: _edit(pair)):
            change()
            run = pair.sync()
            assert run.state is State.COMMITTED, pair.said(run)
            until(lambda: len(phone.heard.acknowledged) == len(caller.made), 20, "an answer to every call")
        up = {number for call, number in phone.heard.calls.items() if call not in phone.heard.ended}
    print(*looked, f"calls: {len(caller.made)} made, {len(phone.heard.acknowledged)} answered", sep="\n")
    assert [one.trouble for one in looked if one.trouble] == []
    assert {one.what: set(one.missing()) for one in looked if one.missing()} == {}
    assert sorted(phone.heard.calls.values()) == sorted(caller.made)
    assert set(long) <= up
    # It did look while things changed.
    assert all(len(one.seen) > 1 for one in looked if "AstDB" not in one.what)
