"""Rows, AstDB keys and what FreePBX makes of them, through the whole product: two real Asterisks, MariaDB, TLS.

FreePBX itself is the stand-in of the laboratory (scripts/lab/fwconsole.py): it writes the files from the rows.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pbxsync_worker.core.model.coverage import Thing
from pbxsync_worker.core.model.dataset import Dataset, FamilySet, TableSet
from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.wiring.coverage import look_at_coverage
from pbxsync_worker.wiring.grant import grant
from scripts.lab.fwconsole import install
from scripts.lab.mariadb import MariaDb
from scripts.lab.node import PbxNode
from scripts.lab.story import Site, form_farm
from tests.integration.installation import Installed, Pair
from tests.integration.test_fwconsole import TABLES

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

GENERATED = ("pjsip.endpoint.conf", "pjsip.aor.conf", "pjsip.auth.conf", "pjsip.transports.conf")
PEOPLE = Dataset(
    "people",
    "Extensions",
    tables=(
        TableSet("asterisk", "users", ("extension",)),
        TableSet("asterisk", "devices", ("id",)),
        TableSet("asterisk", "sip", ("id", "keyword")),
    ),
    families=(FamilySet("AMPUSER"), FamilySet("CF")),
)


class FreePbxHost(Installed):
    """A host whose configuration a stand-in for FreePBX writes from its rows."""

    def __init__(self, folder: Path, node: PbxNode, server: MariaDb, database: str) -> None:
        super().__init__(folder, node)
        self.server, self.database, self.folder = server, database, folder
        self.sql(f"DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database}", "")
        self.sql(f"GRANT ALL ON {database}.* TO 'fw'@'localhost' IDENTIFIED BY 'pass'", "")
        self.sql(TABLES)
        self.sql("DELETE FROM users; DELETE FROM devices; DELETE FROM sip")
        manager, port = node.ami_address
        own = {"ASTETCDIR": node.etc, "ASTRUNDIR": folder, "AMPMGRUSER": "pbxsync"}
        own |= {"ASTMANAGERHOST": manager, "ASTMANAGERPORT": port, "AMPMGRPASS": node.ami_secret}
        for keyword, value in own.items():
            self.sql(f"INSERT INTO freepbx_settings VALUES ('{keyword}', '{value}')")
        self.conf = folder / "freepbx.conf"
        values = {"AMPDBUSER": "fw", "AMPDBPASS": "pass", "AMPDBNAME": database, "AMPDBSOCK": server.socket}
        self.conf.write_text("<?php\n" + "".join(f"$amp_conf['{one}'] = '{is_}';\n" for one, is_ in values.items()))
        for name in GENERATED[:-1]:
            (node.etc / name).touch()
        with (node.etc / "pjsip.conf").open("a") as file:
            file.write("".join(f"#include {name}\n" for name in GENERATED[:-1]))
        node.cli("module reload res_pjsip.so")

    def init(self) -> None:
        super().init()
        lines = {"freepbx_conf": self.conf, "fwconsole": install(self.folder, self.conf), "fwconsole_user": ""}
        with (self.home / "pbxsync.toml").open("a") as file:
            file.writelines(f'{name} = "{value}"\n' for name, value in lines.items())

    def sql(self, text: str, database: str | None = None) -> str:
        return self.server.client(text, self.database if database is None else database).strip()

    def rows(self) -> str:
        """Return every selected row, by plain SQL."""
        tables = {"users": "extension", "devices": "id", "sip": "id, keyword"}
        return "\n".join(self.sql(f"SELECT * FROM {table} ORDER BY {key}") for table, key in tables.items())

    def key(self, name: str) -> str:
        return self.node.cli(f"database get {name}").strip()

    def phones(self) -> list[str]:
        text = self.node.cli("pjsip show endpoints")
        return [line.split()[1].split("/")[0] for line in text.splitlines() if line.startswith(" Endpoint:  3")]


def add_phone(host: FreePbxHost, number: int, name: str) -> None:
    host.sql(f"INSERT INTO users VALUES ('{number}', '{name}', 'default', 0)")
    host.sql(f"INSERT INTO devices VALUES ('{number}', 'pjsip', 'PJSIP/{number}', '{number}', '{name}')")
    host.sql(f"INSERT INTO sip VALUES ('{number}', 'secret', 's{number}'), ('{number}', 'context', 'from-internal')")
    host.node.cli(f'database put AMPUSER {number}/cidname "{name}"')


@pytest.fixture
def pair(pbx_node, mariadb, tmp_path) -> Iterator[Pair]:
    """Give a farm of two such hosts; A has three phones that B has not."""
    with ExitStack() as running:
        hosts = [FreePbxHost(tmp_path / name, pbx_node(name), mariadb, f"rows_{name.lower()}") for name in "AB"]
        for number in (3001, 3002, 3003):
            add_phone(hosts[0], number, f"Niño {number}")
        for host in hosts:
            host.init()
            running.callback(host.close)
            host.start()
        for host in hosts:
            host.wait()
        one, other = hosts
        job = form_farm(Site(one.node, one), Site(other.node, other), print)
        catalogue = one.here.store.catalogues.find_job(job)
        changed = catalogue.job(job).__class__(**{**_fields(catalogue.job(job)), "dataset": PEOPLE.name})
        grant(one.here, SaveCatalogue(catalogue.with_dataset(PEOPLE).with_job(changed)), "test")
        yield Pair(one, other, job)


def _fields(job):
    return {name: getattr(job, name) for name in job.__slots__}


def _said(pair: Pair, run: Run) -> str:
    return f"{run.state} {run.error} {run.sentence} {pair.target.show(run.id)['result']['findings']}"


def test_rows_keys_and_phones_of_a_second_pbx(pair):
    """One test, because two such hosts are costly to bring up; each step stands on the one before."""
    a, b = pair.source, pair.target
    _a_first_sync_brings_rows_keys_and_phones(pair, a, b)
    _nothing_new_writes_nothing(pair, b)
    _one_name_changed_sends_one_row(pair, a, b)
    _what_is_in_no_job_is_told(b)
    _what_asterisk_refuses_is_taken_back(pair, a, b)
    _a_host_of_another_version_is_refused(pair, a, b)
    _unsaved_work_on_the_source_holds_the_plan(pair, a, b)
    _a_return_takes_rows_and_keys_back(pair, a, b)


def _a_first_sync_brings_rows_keys_and_phones(pair, a, b):
    run = pair.sync()
    assert run.state is State.COMMITTED, _said(pair, run)
    assert b.rows() == a.rows()
    assert b.key("AMPUSER 3002/cidname") == "Value: Niño 3002"
    assert b.phones() == ["3001", "3002", "3003"]
    assert b.sql("SELECT value FROM admin WHERE variable = 'need_reload'").endswith("false")
    assert pair.target.show(run.id)["result"]["reloaded"][0] == "fwconsole reload"
    plan = pair.target.show(run.id)["plan"]
    assert plan["told"] == ["+3 extensions (3001 Niño 3001, 3002 Niño 3002, 3003 Niño 3003)"]
    assert plan["summary"].startswith("+3 extensions (3001, 3002, 3003); reload: FreePBX, ")
    assert plan["summary"].endswith(", pjsip, dialplan; calls in progress: 0")
    assert plan["diffs"]["SQL/asterisk/sip/3001,secret"] == "+data: ***\n+id: 3001\n+keyword: secret"


def _nothing_new_writes_nothing(pair, b):
    before = b.sql("SHOW GLOBAL STATUS LIKE 'Handler_write'"), b.rows()
    run = pair.sync()
    assert (run.state, b.rows()) == (State.UNCHANGED, before[1])
    assert pair.target.show(run.id)["result"]["reloaded"] == []


def _one_name_changed_sends_one_row(pair, a, b):
    a.sql("UPDATE users SET name = 'Zoë' WHERE extension = '3001'")
    a.node.cli("database put CF 3001 600")
    run = pair.sync()
    assert run.state is State.COMMITTED, _said(pair, run)
    assert sorted(one["name"] for one in pair.target.show(run.id)["plan"]["changes"]) == [
        "ASTDB/CF/3001",
        "SQL/asterisk/users/3001",
    ]
    assert "callerid=Zoë <3001>" in (b.node.etc / "pjsip.endpoint.conf").read_text()
    assert b.key("CF 3001") == "Value: 600"
    assert pair.target.show(run.id)["plan"]["told"] == [
        "extension 3001 Zoë changed: name Niño 3001 → Zoë",
        "call forward 3001: - → 600",
    ]


def _what_is_in_no_job_is_told(b):
    report = look_at_coverage(b.here)
    assert len(report.unseen) == 1, "the stand-in has no call records"
    missing = {(one.thing, one.name): one for one in report.missing}
    assert missing[Thing.TABLE, "asterisk.freepbx_settings"].presets == ("advanced-settings-portable",)
    assert (Thing.TABLE, "asterisk.users") not in missing
    assert (Thing.FAMILY, "AMPUSER") not in missing
    assert {one.name for one in report.left_out if one.thing is Thing.TABLE} >= {"asterisk.admin"}
    assert report.covered >= 5


def _what_asterisk_refuses_is_taken_back(pair, a, b):
    rows, keys = b.rows(), b.key("AMPUSER 3003/cidname")
    a.sql("UPDATE sip SET data = 'nonsense' WHERE id = '3003' AND keyword = 'context'")
    a.sql("INSERT INTO sip VALUES ('3003', 'media_encryption', 'no-such-encryption')")
    a.node.cli("database put AMPUSER 3003/cidname other")
    run = pair.sync()
    assert run.state is State.ROLLED_BACK, _said(pair, run)
    assert (b.rows(), b.key("AMPUSER 3003/cidname")) == (rows, keys)
    assert "no-such-encryption" not in (b.node.etc / "pjsip.endpoint.conf").read_text()
    a.sql("DELETE FROM sip WHERE id = '3003' AND keyword = 'media_encryption'")


def _a_host_of_another_version_is_refused(pair, a, b):
    rows = b.rows()
    b.sql("UPDATE admin SET value = '16.0.40' WHERE variable = 'version'")
    run = pair.sync()
    assert (run.state, run.error) == (State.FAILED, "version-gate"), _said(pair, run)
    assert "FreePBX is 17.0.19.24 on A, 16.0.40 on B" in as_text(run.sentence)
    assert b.rows() == rows
    b.sql("UPDATE admin SET value = '17.0.19.24' WHERE variable = 'version'")


def _unsaved_work_on_the_source_holds_the_plan(pair, a, b):
    a.sql("UPDATE users SET name = 'Ana' WHERE extension = '3002'")
    a.sql("UPDATE admin SET value = 'true' WHERE variable = 'need_reload'")
    run = pair.sync()
    assert run.state is State.HELD, _said(pair, run)
    assert "Somebody changed A and has not applied it yet" in as_text(run.sentence)
    assert [one["name"] for one in pair.target.show(run.id)["plan"]["changes"]][:1] != []
    a.sql("UPDATE admin SET value = 'false' WHERE variable = 'need_reload'")


def _a_return_takes_rows_and_keys_back(pair, a, b):
    first = [run["id"] for run in b.ask("runs") if run["state"] == "COMMITTED"][-1]
    b.ask("rollback", first, seconds=120)
    assert b.phones() == []
    assert b.rows().split() == []
    assert b.key("AMPUSER 3002/cidname") == "Database entry not found."
