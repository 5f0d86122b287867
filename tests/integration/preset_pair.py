"""Two whole installations on FreePBX hosts that tests fill: rows, keys, mailboxes, files; only Asterisk is ours.

Runs take the ordinary way: the job out of the catalogue, the messages of the peer service, the stand-in for fwconsole.
The AstDB is its SQLite file, as whoever asks AMI sees it.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from pbxsync_worker.core.model.dataset import Dataset, Place
from pbxsync_worker.core.model.host import Catalogue, GroupKind, Host, Job, Peer, PeerState, Policy, Right
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.protected import ALWAYS
from pbxsync_worker.core.model.run import Mode, Run, State
from pbxsync_worker.core.settings import Settings
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.core.store.runs import new_id
from pbxsync_worker.datasets.many import Offering
from pbxsync_worker.jobs import execute_on
from pbxsync_worker.peer.client import HttpsPeerLink, Trust
from pbxsync_worker.peer.exchange import Exchange
from pbxsync_worker.sync.parts import nothing_between
from pbxsync_worker.wiring.freepbx import FreePbxAsterisk, FreePbxFlags
from pbxsync_worker.wiring.installation import DELTAS, STREAMS, Installation
from pbxsync_worker.wiring.port import Given
from scripts.lab.fwconsole import install
from scripts.lab.mariadb import MariaDb
from tests.fakes.astdb import MemoryAstdb
from tests.fakes.link import WsgiTransport, app_for
from tests.fakes.pbx import FakePbx

FOLDERS = {place: place.name.lower() for place in Place}
USER, PASSWORD = "presets", "pass"
"""The log-in of the databases."""
POLICY = Policy(frozenset({Right.READ, Right.WRITE}), max_delete_percent=100)


class FileAstdb(MemoryAstdb):
    """The keys of a running Asterisk, which keeps them in its file."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        with closing(sqlite3.connect(file)) as link:
            found = link.execute("SELECT key, value FROM astdb").fetchall()
        self.held = {key[1:].encode(): value.encode() for key, value in found}

    def put(self, key: bytes, value: bytes) -> None:
        super().put(key, value)
        self._write("REPLACE INTO astdb (key, value) VALUES (?, ?)", "/" + key.decode(), value.decode())

    def remove(self, key: bytes) -> None:
        super().remove(key)
        self._write("DELETE FROM astdb WHERE key = ?", "/" + key.decode())

    @property
    def writes(self) -> int:
        """Return how often somebody wrote."""
        return self.asked.count("put") + self.asked.count("remove")

    def _write(self, statement: str, *values: str) -> None:
        with closing(sqlite3.connect(self._file)) as link, link:
            link.execute(statement, values)


class Installed(Installation):
    """PBXSync on one such host; freepbx: whether it finds FreePBX, or takes the host for a plain Asterisk."""

    def __init__(self, folder: Path, databases: Mapping[str, str], server: MariaDb, *, freepbx: bool = True) -> None:
        self.folder = folder
        self.conf = folder / "freepbx.conf"
        values = {
            "AMPDBUSER": USER, "AMPDBPASS": PASSWORD, "AMPDBSOCK": server.socket,
            "AMPDBNAME": databases["asterisk"], "CDRDBNAME": databases["asteriskcdrdb"],
        }  # fmt: skip
        self.conf.write_text("<?php\n" + "".join(f"$amp_conf['{name}'] = '{is_}';\n" for name, is_ in values.items()))
        (folder / "asterisk.conf").write_text(f"[directories]\nastdbdir => {folder / 'db'}\nastrundir => {folder}\n")
        super().__init__(
            Settings(
                folder / ("home" if freepbx else "home-plain"),
                places={place: folder / name for place, name in FOLDERS.items()},
                freepbx_conf=self.conf if freepbx else folder / "none",
                asterisk_conf=folder / "asterisk.conf",
                fwconsole=install(folder, self.conf),
                fwconsole_user="",
            )
        )
        self.settings.home.mkdir()
        self.reloads = FakePbx()
        self.keys = FileAstdb(folder / "db/astdb.sqlite3")
        self.astdb = self.keys  # type: ignore[assignment]  # keeps the same promises
        self.source: Installed | None = None

    @cached_property
    def pbx(self):
        """Our Asterisk, with what the product puts around it where FreePBX is."""
        if self.freepbx is None:
            return self.reloads
        flags = FreePbxFlags(lambda: self.databases["asterisk"])
        return FreePbxAsterisk(self.reloads, self.freepbx, self.files.config_view, flags)

    def _light(self, changes):
        """Set no lamps: there is no Asterisk."""
        del changes
        return ()

    @contextmanager
    def link(self, peer: Peer):
        """Reach the source through its peer service, without a network."""
        assert self.source is not None
        there = self.source
        app = app_for(
            there.identity, there.store, Offering(there.data), Given(there.store),
            asks=lambda: self.identity.certificate, protected=there.protected, clock=there.clock,
        )  # fmt: skip
        trust = Trust(peer.policy.places, matcher(ALWAYS), peer.host.id)
        exchange = Exchange(peer.host.name, WsgiTransport(app, cut=65536), STREAMS)
        link = HttpsPeerLink(exchange, trust, DELTAS, self.base, self.clock)
        yield link
        link.close()

    def gate(self, link, past=None):
        """Let everything through: both hosts are of one version, and the gate has tests of its own."""
        del link, past
        return nothing_between

    def close(self) -> None:
        """Let every connection go."""
        self.rows.close()
        self.records.close()
        self.store.database.close()


class Pair:
    """A farm of two with one job for each dataset."""

    def __init__(self, source: Installed, target: Installed) -> None:
        self.source, self.target = source, target
        target.source = source
        for host in (source, target):
            host.store.database.migrate()
        one, two = (Host(host.identity.id, host.folder.name, "127.0.0.1:1") for host in (source, target))
        self._hosts = (one, two)
        self._version = 0
        source.store.hosts.set_me(one)
        source.store.hosts.save(Peer(two, target.identity.certificate, PeerState.PAIRED, POLICY))
        target.store.hosts.set_me(two)
        target.store.hosts.save(Peer(one, source.identity.certificate, PeerState.PAIRED, POLICY))

    def run(self, dataset: Dataset) -> Run:
        """Bring the target in step with the source."""
        self._version += 1
        one, two = self._hosts
        job = Job(dataset.name, dataset.title, dataset.name, one.id, (two.id,))
        whole = Catalogue("farm", "Farm", GroupKind.FARM, one.id, self._version, self._hosts, (dataset,), (job,))
        self.target.store.catalogues.save(Signed(document_of(whole), one.id, b""))
        number = new_id()
        asked = Run(number, "farm", job.name, one.id, two.id, Mode.APPLY, State.REQUESTED, requested_by="ana")
        self.target.store.runs.request([replace(asked, approved=True)])
        ended = execute_on(self.target, number)
        assert ended is not None
        return ended


@contextmanager
def pair_of(source: Installed, target: Installed) -> Iterator[Pair]:
    """Give both in a farm."""
    with ExitStack() as stack:
        for host in (source, target):
            stack.callback(host.close)
        yield Pair(source, target)
