"""The peers that bring rows: pt-table-sync over MariaDB's own port, and dumps through zstd and ssh."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.databases import Database
from benchmarks.distance.line import Link
from benchmarks.distance.way import Way
from benchmarks.memory import Peaks
from benchmarks.peers.measure import Ran, clocked
from benchmarks.peers.server import Server, ssh, ssh_daemon
from benchmarks.work.sql import CONFIGURATION, RECORDS

_DUMP = "mariadb-dump --no-defaults -uroot --single-transaction --quick --hex-blob"
_CLIENT = "mariadb --no-defaults -uroot"


@dataclass(frozen=True, slots=True)
class SqlScene:
    """Where a peer works; folder: its own; databases: which of them it brings."""

    folder: Path
    source: Database
    target: Database
    databases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SqlPeer:
    """One peer; needs: its Debian packages with the program of each; command: for bash; records: only with `cdr`."""

    name: str
    needs: Mapping[str, str]
    server: Callable[[SqlScene], AbstractContextManager[Server]]
    command: Callable[[SqlScene, str], str]
    records: bool = False


@contextmanager
def _own_port(scene: SqlScene) -> Iterator[Server]:
    yield Server(scene.target.address, scene.target.server.pid)


def _sshd(scene: SqlScene) -> AbstractContextManager[Server]:
    return ssh_daemon(scene.folder)


def _table_sync(scene: SqlScene, address: str) -> str:
    host, _, port = address.rpartition(":")
    options = "--execute --no-check-slave --no-check-triggers --no-foreign-key-checks --charset utf8mb4"
    source = f"S={scene.source.server.socket},u=root"
    argv = f"pt-table-sync {options} --databases {','.join(scene.databases)} {source} h={host},P={port},u=bench"
    # 2: it found differences and wrote them; 3: and some tables it cannot do. What counts is the compare afterwards.
    return f"{argv}; s=$?; [ $s = 0 ] || [ $s = 2 ] || [ $s = 3 ]"


def _dump(scene: SqlScene, address: str) -> str:
    return _sent(scene, address, f"--databases {' '.join(scene.databases)}", "")


def _dump_and_new_calls(scene: SqlScene, address: str) -> str:
    """Bring the configuration whole, and of the call records those that are newer than the newest at the target."""
    ask = f"{_CLIENT} -S{scene.target.server.socket} -NBe 'SELECT MAX(calldate) FROM {RECORDS}.cdr'"
    reach = f"{ssh(scene.folder, address)} {address.rpartition(':')[0]}"
    newer = f"--no-create-info --skip-add-locks --where=\"calldate > '$newest'\" {RECORDS} cdr"
    whole = _sent(scene, address, f"--databases {CONFIGURATION}", "")
    return f'newest=$({reach} "{ask}") && {whole} && {_sent(scene, address, newer, RECORDS)}'


def _sent(scene: SqlScene, address: str, what: str, database: str) -> str:
    reach = f"{ssh(scene.folder, address)} {address.rpartition(':')[0]}"
    there = f"zstd -dq | {_CLIENT} -S{scene.target.server.socket} {database}".rstrip()
    return f'{_DUMP} -S{scene.source.server.socket} {what} | zstd -3 -q | {reach} "{there}"'


_SSH = {"openssh-server": "/usr/sbin/sshd", "openssh-client": "ssh", "zstd": "zstd"}
SQL_PEERS = (
    SqlPeer("pt-table-sync", {"percona-toolkit": "pt-table-sync"}, _own_port, _table_sync),
    SqlPeer("dump-zstd-ssh", {"mariadb-client": "mariadb-dump", **_SSH}, _sshd, _dump),
    SqlPeer("dump-new-calls", {"mariadb-client": "mariadb-dump", **_SSH}, _sshd, _dump_and_new_calls, records=True),
)


def measure_sql(peer: SqlPeer, scene: SqlScene, link: Link | None) -> Ran:
    """Run a peer once; memory is that of its own processes, not of the database servers."""
    with peer.server(scene) as server, Way(link) as way:
        argv = ["bash", "-o", "pipefail", "-c", peer.command(scene, way.to(server.address))]
        own = () if server.pid == scene.target.server.pid else (server.pid,)
        client: list[int] = []
        with Peaks(lambda: (*own, *client)) as peaks:
            seconds, said = clocked(argv, dict(os.environ), client)
        return Ran(seconds, way.counts(), peaks.largest, said)
