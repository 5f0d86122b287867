"""The three database servers of a measurement, filled alike: the source, the product's target and the peers'."""

import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.work.sql import CONFIGURATION, RECORDS, SqlChange, base
from scripts.lab.loopback import claim_address
from scripts.lab.mariadb import MariaDb

DATABASES = (CONFIGURATION, RECORDS)
_OURS = "pbxsync"
"""What the names of tables begin with that the product makes for itself."""
_KEPT = "kept"
_PORT = 3306
_FWCONSOLE = '#!/bin/sh\necho \'{"message": "Reload Complete"}\'\n'
"""Reloads are in no figure: what FreePBX needs to write its files is not ours, and no peer asks for it."""
_SIZE = ("--innodb-buffer-pool-size=512M", "--innodb-log-file-size=64M", "--max-allowed-packet=64M")


@dataclass(frozen=True, slots=True)
class Database:
    """One server with both databases; address: host and port where `bench` logs in over TCP, without a password."""

    server: MariaDb
    folder: Path
    address: str

    def settings(self) -> Mapping[str, str]:
        """Write freepbx.conf and a fwconsole that writes nothing; return what PBXSync must be told of them."""
        password, conf = secrets.token_hex(8), self.folder / "freepbx.conf"
        for name in DATABASES:
            self.server.client(f"GRANT ALL ON {name}.* TO 'fpbx'@'localhost' IDENTIFIED BY '{password}'")
        values = {"AMPDBUSER": "fpbx", "AMPDBPASS": password, "AMPDBSOCK": str(self.server.socket)}
        values |= {"AMPDBNAME": CONFIGURATION, "CDRDBNAME": RECORDS}
        conf.write_text("<?php\n" + "".join(f"$amp_conf['{name}'] = '{is_}';\n" for name, is_ in values.items()))
        program = self.folder / "fwconsole"
        program.write_text(_FWCONSOLE)
        program.chmod(0o755)
        return {"freepbx_conf": str(conf), "fwconsole": str(program), "fwconsole_user": ""}

    def sums(self) -> dict[str, str]:
        """Return what the server sums up of every table, by its name; tables of the product's own are left out."""
        found = self.server.client(
            "SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables"
            f" WHERE table_schema IN ('{CONFIGURATION}', '{RECORDS}') ORDER BY 1"
        )
        names = [name for name in found.split() if not name.partition(".")[2].startswith(_OURS)]
        lines = self.server.client(f"CHECKSUM TABLE {', '.join(names)}").splitlines()
        return dict(line.split("\t") for line in lines)

    def keep(self, change: SqlChange) -> None:
        """Keep a copy of the rows that a change will touch."""
        lines = [f"DROP DATABASE IF EXISTS {_KEPT};", f"CREATE DATABASE {_KEPT};"]
        for number, one in enumerate(change.touched):
            what = f"SELECT * FROM {one.database}.{one.table} WHERE {one.where}"
            lines.append(f"CREATE TABLE {_KEPT}.t{number} AS {what};")
        self.server.client("\n".join(lines))

    def put_back(self, change: SqlChange) -> None:
        """Make the rows that a change touched as they were when they were kept."""
        lines = ["BEGIN;"]
        for number, one in enumerate(change.touched):
            table = f"{one.database}.{one.table}"
            lines += [
                f"DELETE FROM {table} WHERE {one.where};",
                f"INSERT INTO {table} SELECT * FROM {_KEPT}.t{number};",
            ]
        self.server.client("\n".join([*lines, "COMMIT;"]))


@contextmanager
def databases(folder: Path, seed: int, calls: int, ended: int) -> Iterator[Sequence[Database]]:
    """Run the three servers over the same base; raise NoMariaDb."""
    with ExitStack() as running:
        made = [_database(folder / name, running) for name in ("source", "target", "others")]
        first = made[0]
        first.server.start()
        first.server.client("CREATE USER bench@'%'; GRANT ALL ON *.* TO bench@'%' WITH GRANT OPTION")
        for sql in base(seed, calls, ended):
            first.server.client(sql)
        first.server.stop()
        for one in made[1:]:
            shutil.copytree(first.folder / "data", one.folder / "data")
        for one in made:
            one.server.start()
        yield made


def _database(folder: Path, running: ExitStack) -> Database:
    loopback = claim_address()
    running.callback(loopback.release)
    where = (f"--bind-address={loopback.address}", f"--port={_PORT}")
    folder.mkdir(parents=True)
    server = MariaDb(folder, ("--skip-networking=0", "--skip-name-resolve", *where, *_SIZE))
    running.callback(server.close)
    return Database(server, folder, f"{loopback.address}:{_PORT}")
