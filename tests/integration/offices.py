"""Two offices in FreePBX's table shapes, on real databases; Asterisk, the link and the clock are ours.

What the hosts hold is the laboratory's generated PBX; what belongs to one host is added here, another on each.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.host import Policy, Right
from pbxsync_worker.core.model.pattern import Matcher, matcher
from pbxsync_worker.core.model.presets import as_dataset, preset
from pbxsync_worker.core.model.protected import ALWAYS, FREEPBX
from pbxsync_worker.core.model.run import Run, State
from scripts.lab.content import Age
from scripts.lab.fwrows import inserts, keys, rows
from scripts.lab.fwtables import records, schema
from scripts.lab.people import people
from tests.crash.databases import Databases, disconnect
from tests.crash.rows import RowTarget, RowWorld
from tests.scenario.world import keys_of, set_keys, write

WHOLE = as_dataset([preset("whole-configuration")], "whole", "Whole configuration")
STAFF = 20
STORE = "(`key` CHAR(255) NOT NULL, val VARCHAR(4096), type CHAR(16), id CHAR(255), UNIQUE (`key`(190), id(190)));"
HOSTS_OWN = f"""
    CREATE TABLE ampusers (username VARCHAR(190) PRIMARY KEY, password_sha1 VARCHAR(40), sections VARCHAR(255));
    CREATE TABLE certman_certs (cid INT AUTO_INCREMENT PRIMARY KEY, caid INT, basename VARCHAR(190));
    CREATE TABLE cron_jobs (id INT AUTO_INCREMENT PRIMARY KEY, modulename VARCHAR(170), jobname VARCHAR(170));
    CREATE TABLE kvstore_FreePBX_modules_Backup {STORE}
    CREATE TABLE kvstore_FreePBX_modules_Filestore {STORE}
    CREATE TABLE kvstore_FreePBX_modules_Firewall {STORE}
    CREATE TABLE kvstore_FreePBX_modules_Manager {STORE}"""
OWN_TABLES = (
    *("ampusers", "certman_certs", "cron_jobs", "admin", "modules", "notifications", "kvstore_FreePBX_modules_Backup"),
    *("kvstore_FreePBX_modules_Filestore", "kvstore_FreePBX_modules_Firewall", "kvstore_FreePBX_modules_Manager"),
)
IDENTITY = (
    *("AMPMGRUSER", "AMPMGRPASS", "ASTMANAGERHOST", "FPBX_ARI_USER", "FPBX_ARI_PASSWORD", "FREEPBX_SYSTEM_IDENT"),
    *("HTTPBINDADDRESS", "HTTPTLSBINDADDRESS", "SIGNATURECHECK", "AMPDBPASS", "CDRDBPASS", "PHPTIMEZONE"),
)
ADDRESSES = ("binds", "externip", "localnets", "pjsipcertid", "stunaddr")
PORTABLE = {"RINGTIMER": "20", "CALLWAITING": "enabled", "MIXMON_FORMAT": "wav"}


class OfficeTarget(RowTarget):
    """Host B, whose configuration FreePBX would write."""

    @cached_property
    def protected(self) -> Matcher:
        """What never leaves and is never touched where FreePBX is."""
        return matcher((*ALWAYS, *FREEPBX))


@dataclass
class Offices(RowWorld):
    """Office A, the source, and office B."""

    dataset: Dataset = field(default_factory=lambda: WHOLE)
    policy: Policy = field(default_factory=lambda: Policy(frozenset({Right.WRITE}), max_delete_percent=50))

    def __post_init__(self) -> None:
        super().__post_init__()
        self.here = OfficeTarget(self)

    def fill(self, side: str, age: Age) -> None:
        """Give an office its people, and what belongs to its host."""
        self.databases.make(side)
        staff = people(STAFF, 1)
        self.databases.write(side, {"asterisk": inserts(rows(staff, age)) + inserts(_own(side))})
        set_keys(self.root / side)
        self.put_keys(side, keys(staff, age) | {"Queue/PersistentMembers/700": f"Agent/{side}", "pbx/UUID": side})
        lines = "".join(f"{one.number} => {one.pin},{one.name},,,attach=yes|saycid=no\n" for one in staff)
        etc = self.root / side / "etc"
        write(etc / "voicemail.conf", f"[general]\nserveremail=pbx-{side}\n\n[default]\n{lines}")
        for name in ("manager.conf", "keys/default.key", "keys/default.crt", "res_odbc_additional.conf"):
            write(etc / name, f"; of {side}\n")
        write(etc / "pjsip.transports_custom_post.conf", f"; address of {side}\n")

    def sql(self, side: str, text: str) -> None:
        """Change rows of an office, as its administrator does."""
        self.databases.write(side, {"asterisk": text})

    def found(self, side: str, sql: str) -> list[tuple[object, ...]]:
        """Return what plain SQL finds in an office."""
        return self.databases.ask(side, sql)

    def table(self, side: str, table: str) -> list[tuple[object, ...]]:
        """Return all rows of a table, sorted."""
        return sorted(self.found(side, f"SELECT * FROM `{table}`"), key=repr)

    def put_keys(self, side: str, values: Mapping[str, str | None]) -> None:
        """Set AstDB keys of an office, None removes."""
        with closing(sqlite3.connect(self.root / side / "db/astdb.sqlite3")) as link, link:
            link.executemany("DELETE FROM astdb WHERE key = ?", [(f"/{key}",) for key in values])
            there = [(f"/{key}", value) for key, value in values.items() if value is not None]
            link.executemany("INSERT INTO astdb VALUES (?, ?)", there)

    def keys(self, side: str, *families: str) -> dict[str, str]:
        """Return the AstDB keys of some families."""
        heads = tuple(f"/{one}/" for one in families)
        return {
            key[1:]: value for key, value in keys_of(self.root / side / "db/astdb.sqlite3") if key.startswith(heads)
        }

    def committed(self) -> Run:
        """Bring B in step; the run must commit."""
        run = self.sync()
        assert run.state is State.COMMITTED, f"{run.state} {run.error}: {run.sentence}"
        return run


def _own(side: str) -> dict[str, list[dict[str, str | int]]]:
    """Return the rows that name a host."""
    settings = {name: f"{name} of {side}" for name in IDENTITY} | PORTABLE
    stores = ("Backup", "Filestore", "Firewall", "Manager")
    return {
        "freepbx_settings": [{"keyword": name, "value": value} for name, value in settings.items()],
        "kvstore_Sipsettings": [_stored(key, side) for key in (*ADDRESSES, f"udpport-10.0.0.{ord(side)}")],
        "ampusers": [{"username": "admin", "password_sha1": f"hash of {side}", "sections": "*"}],
        "certman_certs": [{"caid": 1, "basename": f"pbx-{side}"}],
        "cron_jobs": [{"modulename": "backup", "jobname": f"nightly of {side}"}],
        "admin": [{"variable": "need_reload", "value": "false"}, {"variable": "machineid", "value": f"id of {side}"}],
        "notifications": [{"module": "core", "id": f"of {side}", "extended_text": ""}],
        **{f"kvstore_FreePBX_modules_{one}": [_stored("runningBackupJobs", side)] for one in stores},
    }


def _stored(key: str, side: str) -> dict[str, str | int]:
    return {"key": key, "val": f"{key} of {side}", "type": "json-arr", "id": "noid"}


def two_offices(folder: Path, socket: Path) -> Iterator[Offices]:
    """Give two offices that were brought in step once; B was an older one before."""
    databases = Databases(socket, {"asterisk": schema() + HOSTS_OWN, "asteriskcdrdb": records()})
    world = Offices(folder / str(os.getpid()), databases=databases)
    world.settle_in()
    world.fill("a", Age.CURRENT)
    world.fill("b", Age.OLD)
    world.committed()
    yield world
    world.close()
    disconnect()
