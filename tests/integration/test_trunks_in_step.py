"""A trunk of one PBX arrives on its replica switched off: two hosts never register one account. Real Asterisks."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.presets.tables import tables
from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.wiring.grant import grant
from scripts.lab.story import Site, form_farm
from tests.integration.installation import Pair
from tests.integration.test_rows_in_step import FreePbxHost, _fields, add_phone

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

TRUNKS = Dataset("trunks", "Trunks", tables=tables("trunks", "pjsip"))
SCHEMA = """
CREATE TABLE trunks (trunkid INT NOT NULL, tech VARCHAR(20) NOT NULL, channelid VARCHAR(190) NOT NULL,
  name VARCHAR(50) NOT NULL, maxchans VARCHAR(6) DEFAULT '', disabled VARCHAR(4) DEFAULT 'off',
  PRIMARY KEY (trunkid, tech, channelid));
CREATE TABLE pjsip (id VARCHAR(20) NOT NULL, keyword VARCHAR(30) NOT NULL, data VARCHAR(8100) NOT NULL,
  flags INT NOT NULL DEFAULT 0, PRIMARY KEY (id, keyword));
"""


class TrunkHost(FreePbxHost):
    """A host with tables of trunks, whose registrations are part of its configuration."""

    def __init__(self, folder, node, server, database) -> None:
        super().__init__(folder, node, server, database)
        self.sql(SCHEMA)
        add_phone(self, 3001, "Ana")
        for name in ("pjsip.registration.conf", "pjsip.identify.conf"):
            (node.etc / name).touch()
            with (node.etc / "pjsip.conf").open("a") as file:
                file.write(f"#include {name}\n")
        node.cli("module reload res_pjsip.so")

    def add_trunk(self, number: int, name: str, **more: str) -> None:
        settings = {"trunk_name": name, "sip_server": "127.0.0.1", "sip_server_port": "9", "username": "acct77"}
        settings |= {"secret": "x", "registration": "send", "transport": "transport-udp", **more}
        self.sql(f"INSERT INTO trunks VALUES ({number}, 'pjsip', '{name}', '{name}', '10', 'off')")
        for keyword, value in settings.items():
            self.sql(f"INSERT INTO pjsip (id, keyword, data) VALUES ('{number}', '{keyword}', '{value}')")

    def setting(self, number: int, keyword: str) -> str:
        return self.sql(f"SELECT data FROM pjsip WHERE id = '{number}' AND keyword = '{keyword}'")

    def trunks(self) -> str:
        return self.sql("SELECT name, maxchans, disabled FROM trunks ORDER BY trunkid").replace("\t", " ")

    def registers(self) -> bool:
        return "ACME/sip:127.0.0.1:9" in self.node.cli("pjsip show registrations")


@pytest.fixture
def pair(pbx_node, mariadb, tmp_path) -> Iterator[Pair]:
    with ExitStack() as running:
        one, other = (TrunkHost(tmp_path / name, pbx_node(name), mariadb, f"trunks_{name.lower()}") for name in "AB")
        one.add_trunk(1, "ACME", media_address="192.0.2.7")
        for host in (one, other):
            host.init()
            running.callback(host.close)
            host.start()
        for host in (one, other):
            host.wait()
        job = form_farm(Site(one.node, one), Site(other.node, other), print)
        catalogue = one.here.store.catalogues.find_job(job)
        changed = catalogue.job(job).__class__(**{**_fields(catalogue.job(job)), "dataset": TRUNKS.name})
        grant(one.here, SaveCatalogue(catalogue.with_dataset(TRUNKS).with_job(changed)), "test")
        yield Pair(one, other, job)


def _said(pair: Pair, run: Run) -> str:
    return f"{run.state} {run.error} {as_text(run.sentence)} {pair.target.show(run.id)}"


def test_a_trunk_is_never_registered_by_two_hosts(pair):
    """One test, because two such hosts are costly to bring up; each step stands on the one before."""
    a, b = pair.source, pair.target
    _the_source_registers_its_trunk(a)
    _a_new_trunk_arrives_switched_off(pair, a, b)
    _a_second_run_asks_once_and_changes_nothing(pair, b)
    _a_change_of_the_trunk_arrives_and_addresses_stay(pair, a, b)
    _who_switches_a_trunk_on_is_not_overruled_unasked(pair, b)
    _a_return_and_the_next_run_keep_it_switched_off(pair, b)
    _once_the_policy_says_so_the_trunk_is_switched_on(pair, b)


def _the_source_registers_its_trunk(a):
    a.here.freepbx.regenerate()
    a.node.cli("module reload res_pjsip.so")
    a.node.cli("module reload res_pjsip_outbound_registration.so")
    a.sql("UPDATE admin SET value = 'false' WHERE variable = 'need_reload'")
    assert a.registers()


def _a_new_trunk_arrives_switched_off(pair, a, b):
    run = pair.sync()
    assert run.state is State.COMMITTED, _said(pair, run)
    assert (a.trunks(), b.trunks()) == ("ACME 10 off", "ACME 10 on")
    assert (b.setting(1, "secret"), b.setting(1, "transport")) == ("x", "0.0.0.0-udp")
    assert (b.setting(1, "media_address"), a.setting(1, "media_address")) == ("", "192.0.2.7")
    assert (a.registers(), b.registers()) == (True, False)
    assert "ACME" not in (b.node.etc / "pjsip.endpoint.conf").read_text()
    told = [one["told"] for one in pair.target.show(run.id)["plan"]["replaced"]]
    assert ["disabled becomes on here: two hosts must not register one account"] in told


def _a_second_run_asks_once_and_changes_nothing(pair, b):
    before = b.sql("SELECT * FROM trunks"), b.sql("SELECT * FROM pjsip")
    run = pair.sync()
    assert run.state is State.UNCHANGED, _said(pair, run)
    assert (b.sql("SELECT * FROM trunks"), b.sql("SELECT * FROM pjsip")) == before
    found = pair.target.show(run.id)["result"]
    assert (found["reloaded"], found["numbers"]["content_bytes"]) == ([], 0)


def _a_change_of_the_trunk_arrives_and_addresses_stay(pair, a, b):
    b.sql("UPDATE pjsip SET data = '198.51.100.1-udp' WHERE keyword = 'transport'")
    a.sql("UPDATE trunks SET maxchans = '20'")
    a.sql("UPDATE pjsip SET data = '203.0.113.9' WHERE keyword = 'media_address'")
    run = pair.sync()
    assert run.state is State.COMMITTED, _said(pair, run)
    assert b.trunks() == "ACME 20 on"
    assert (b.setting(1, "transport"), b.setting(1, "media_address")) == ("198.51.100.1-udp", "")


def _who_switches_a_trunk_on_is_not_overruled_unasked(pair, b):
    b.sql("UPDATE trunks SET disabled = 'off'")
    run = pair.sync()
    assert run.state is State.HELD, _said(pair, run)
    assert "would be changed back" in as_text(run.sentence)
    assert b.trunks() == "ACME 20 off"
    b.sql("UPDATE trunks SET disabled = 'on'")


def _a_return_and_the_next_run_keep_it_switched_off(pair, b):
    last = next(run["id"] for run in b.ask("runs") if run["state"] == "COMMITTED")
    b.ask("rollback", last, seconds=120)
    assert (b.trunks(), b.setting(1, "transport"), b.registers()) == ("ACME 10 on", "198.51.100.1-udp", False)
    run = pair.sync()
    assert run.state is State.COMMITTED, _said(pair, run)
    assert (b.trunks(), b.setting(1, "transport"), b.registers()) == ("ACME 20 on", "198.51.100.1-udp", False)


def _once_the_policy_says_so_the_trunk_is_switched_on(pair, b):
    b.sql("UPDATE pjsip SET data = 'transport-udp' WHERE keyword = 'transport'")
    peer = b.here.store.hosts.peers()[0]
    b.here.store.hosts.set_policy(peer.host.id, replace(peer.policy, replica=False))
    run = pair.sync()
    assert run.state is State.COMMITTED, _said(pair, run)
    assert (b.trunks(), b.setting(1, "transport")) == ("ACME 20 off", "transport-udp")
    assert b.registers()
