"""The version gate between two databases on a real MariaDB: what each step says, and what still travels."""

import time
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from pbxsync_worker.asterisk.freepbx import FreePbx, FreePbxPaths
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.dataset import BoxSet, Condition, Dataset, FamilySet, Match, TableSet
from pbxsync_worker.core.model.facts import HostFacts, Look
from pbxsync_worker.core.model.presets.tables import rows, store, tables
from pbxsync_worker.datasets.mysql import Login
from pbxsync_worker.peer.digests import lasting_of
from pbxsync_worker.peer.facts import telling, told
from pbxsync_worker.wiring.facts import Beside, OwnFacts, gate_to
from pbxsync_worker.wiring.restored import Restored
from scripts.lab.mariadb import MariaDb
from tests.fakes.clock import HandClock

pytestmark = pytest.mark.integration

SCHEMA = """
CREATE TABLE admin (variable VARCHAR(20) PRIMARY KEY, value VARCHAR(80));
CREATE TABLE modules (id INT AUTO_INCREMENT PRIMARY KEY, modulename VARCHAR(50), version VARCHAR(20), enabled INT);
CREATE TABLE freepbx_settings (keyword VARCHAR(50) PRIMARY KEY, value VARCHAR(255), type VARCHAR(25), options LONGBLOB);
CREATE TABLE users (extension VARCHAR(20) PRIMARY KEY, name VARCHAR(50), ringtimer INT(3) NOT NULL DEFAULT 0);
CREATE TABLE devices (id VARCHAR(20) PRIMARY KEY, tech VARCHAR(10), description VARCHAR(50));
CREATE TABLE kvstore_Paging (`key` CHAR(255), val VARCHAR(4096), type CHAR(16), id CHAR(255), UNIQUE (`key`, id));
INSERT INTO admin VALUES ('version', '17.0.19.24'), ('need_reload', 'false');
INSERT INTO modules (modulename, version, enabled) VALUES ('core', '17.0.18.4', 1), ('paging', '17.0.3', 1);
INSERT INTO freepbx_settings VALUES ('AMPEXTENSIONS', 'extensions', 'select', 'extensions,deviceanduser'),
  ('MIXMON_FORMAT', 'wav', 'select', 'wav,mp3'), ('RINGTIMER', '15', 'int', '1,60'), ('SECRET', 'hush', 'text', '');
INSERT INTO devices VALUES ('2001', 'pjsip', 'Ana');
"""
USERS = """
INSERT INTO users VALUES ('2001', 'María del Carmen Fernández de Aranda Núñez', 0), ('2002', NULL, 0);
"""
CDR = "CREATE TABLE cdr (uniqueid VARCHAR(32), calldate DATETIME NOT NULL, INDEX (uniqueid))"
PEOPLE = Dataset("people", "People", tables=(*tables("users", "devices"), store("Paging")))
TUNING = Dataset("tuning", "Tuning", tables=(rows("freepbx_settings", columns=("value",)),))
RECORDS = Dataset("records", "Records", tables=(TableSet("asteriskcdrdb", "cdr", ("uniqueid",)),))
STATE = Dataset("state", "State", families=(FamilySet("CF"),))
BOXES = Dataset("boxes", "Boxes", boxes=(BoxSet(),))
_NUMBERS = count(1)


class Config:
    """A configuration folder whose voicemail.conf can be set."""

    voicemail = b"[general]\nformat=wav49|wav\n"

    def read(self, path):
        return self.voicemail if path == "voicemail.conf" else None

    def names(self):
        return ["voicemail.conf"]


class Host:
    """Databases in FreePBX's shape with what lies around them; asterisk, modules: what runs there."""

    def __init__(self, server: MariaDb, folder: Path, name: str) -> None:
        self.server, self.name = server, name
        self.database = f"gate{next(_NUMBERS)}"
        self.config, self.clock = Config(), HandClock()
        self.asterisk, self.lacks = "22.1.0", {"chan_sip.so"}
        self.run = folder / name
        (self.run / "sounds" / "en").mkdir(parents=True)
        conf = self.run / "freepbx.conf"
        conf.touch()
        paths = FreePbxPaths(self.run / "lock", conf, run=self.run, processes=self.run / "proc")
        self.freepbx = FreePbx(paths, self.clock)
        for database in (self.database, f"{self.database}_cdr"):
            server.client(f"CREATE DATABASE {database} CHARACTER SET utf8mb4")
        self.sql(SCHEMA)
        server.client(CDR, f"{self.database}_cdr")

    def sql(self, text: str) -> str:
        return self.server.client(text, self.database)

    def _login(self, database: str) -> Login:
        return Login("root", str, database, socket=str(self.server.socket), seconds=20)

    @property
    def own(self) -> OwnFacts:
        logins = {"asterisk": self._login(self.database), "asteriskcdrdb": self._login(f"{self.database}_cdr")}
        return OwnFacts(
            lambda: self.name,
            lambda modules: (self.asterisk, frozenset(modules) - self.lacks),
            self.freepbx,
            lambda: logins,
            lambda: self.config,
            self.run / "sounds",
            self.clock,
        )

    def facts(self, dataset: Dataset, ours: HostFacts, look: Look = ()) -> HostFacts:
        """Answer as a peer does, by way of a message."""
        answer = telling(self.own.of(dataset, look), b"" if look else lasting_of(ours))
        return replace(told(answer, ours), name=self.name)


@pytest.fixture
def hosts(mariadb, tmp_path) -> tuple[Host, Host]:
    """Give a source and a target that are alike."""
    source, target = Host(mariadb, tmp_path, "A"), Host(mariadb, tmp_path, "B")
    source.sql(USERS)
    return source, target


def said(hosts, dataset=PEOPLE):
    findings, _ = gate_to(hosts[0], hosts[1].own)(dataset)
    return [f"{one.level} {one.about}" for one in findings]


def raised(hosts, dataset=PEOPLE):
    found: dict[bytes, int] = {}
    gate_to(hosts[0], hosts[1].own, Beside(found.update))(dataset)
    return found


def left(hosts, dataset=PEOPLE):
    return gate_to(hosts[0], hosts[1].own)(dataset)[1]


@pytest.mark.parametrize("dataset", [PEOPLE, TUNING, RECORDS, STATE, BOXES], ids=lambda one: one.name)
def test_two_hosts_that_are_alike_may_go_with_everything(hosts, dataset):
    assert (said(hosts, dataset), left(hosts, dataset)) == ([], dataset)


AT_THE_TARGET = {
    "1 framework": ("UPDATE admin SET value = '16.0.40' WHERE variable = 'version'", ["refuse B"]),
    "3 older module": ("UPDATE modules SET version = '17.0.9' WHERE modulename = 'core'", ["refuse core"]),
    "3 newer module": ("UPDATE modules SET version = '17.0.20' WHERE modulename = 'core'", ["warn core"]),
    "3 missing module": ("DELETE FROM modules WHERE modulename = 'paging'", ["map paging"]),
    "3 disabled module": ("UPDATE modules SET enabled = 0 WHERE modulename = 'paging'", ["map paging"]),
    "4 missing table": ("DROP TABLE devices", ["refuse asterisk.devices"]),
    "4 missing column": ("ALTER TABLE users DROP ringtimer", ["hold asterisk.users.ringtimer"]),
    "4 shorter": ("ALTER TABLE users MODIFY name VARCHAR(40)", ["hold asterisk.users.name"]),
    "4 longer": ("ALTER TABLE users MODIFY name VARCHAR(255)", []),
    "4 shorter, and long enough": ("ALTER TABLE users MODIFY name VARCHAR(45)", []),
    "4 never NULL": ("ALTER TABLE users MODIFY name VARCHAR(50) NOT NULL", ["hold asterisk.users.name"]),
    "4 never NULL, and it is not": (
        "ALTER TABLE users MODIFY extension VARCHAR(20) NOT NULL; ALTER TABLE devices MODIFY tech VARCHAR(10) NOT NULL",
        [],
    ),
    "4 other letters that are not used": (
        "ALTER TABLE devices MODIFY description VARCHAR(50) CHARACTER SET latin1",
        ["warn asterisk.devices.description"],
    ),
    "4 another type": ("ALTER TABLE users MODIFY name INT", ["hold asterisk.users.name"]),
    "4 the width of a number": ("ALTER TABLE users MODIFY ringtimer INT(11) NOT NULL DEFAULT 0", []),
    "4 sign": (
        "ALTER TABLE users MODIFY ringtimer INT UNSIGNED NOT NULL DEFAULT 0",
        ["hold asterisk.users.ringtimer"],
    ),
    "4 letters": ("ALTER TABLE users MODIFY name VARCHAR(50) CHARACTER SET latin1", ["hold asterisk.users.name"]),
    "4 order": ("ALTER TABLE users MODIFY name VARCHAR(50) COLLATE utf8mb4_bin", ["warn asterisk.users.name"]),
    "4 default": ("ALTER TABLE users ALTER name SET DEFAULT 'x'", ["warn asterisk.users.name"]),
    "4 one more column": ("ALTER TABLE users ADD email VARCHAR(20)", ["map asterisk.users.email"]),
    "4 one more that needs a value": ("ALTER TABLE users ADD n INT NOT NULL", ["hold asterisk.users.n"]),
    "4 one more that counts": (
        "ALTER TABLE users ADD n INT UNIQUE AUTO_INCREMENT",
        ["hold asterisk.users.n", "map asterisk.users.n"],
    ),
    "4 unique": ("ALTER TABLE users ADD UNIQUE (name)", ["hold asterisk.users.name"]),
    "5 store": ("RENAME TABLE kvstore_Paging TO kvstore_FreePBX_modules_Paging", ["map asterisk.kvstore:Paging"]),
    "8 mode": (
        "UPDATE freepbx_settings SET value = 'deviceanduser' WHERE keyword = 'AMPEXTENSIONS'",
        ["refuse AMPEXTENSIONS"],
    ),
    "8 recording": (
        "UPDATE freepbx_settings SET value = 'mp3' WHERE keyword = 'MIXMON_FORMAT'",
        ["warn MIXMON_FORMAT"],
    ),
    "9 unsaved work": ("UPDATE admin SET value = 'true' WHERE variable = 'need_reload'", ["hold B"]),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), AT_THE_TARGET.values(), ids=AT_THE_TARGET)
def test_what_differs_at_the_target_is_said(hosts, change, expected):
    hosts[1].sql(change)
    assert said(hosts) == expected


def test_4_what_names_the_rows_must_be_there(hosts):
    hosts[1].sql("ALTER TABLE users DROP extension")
    assert said(hosts)[0] == "refuse asterisk.users.extension"


def test_another_major_version_lets_call_records_and_feature_state_pass(hosts):
    hosts[1].sql("UPDATE admin SET value = '16.0.40' WHERE variable = 'version'")
    assert (said(hosts, RECORDS), said(hosts, STATE)) == ([], [])


def test_2_modules_of_asterisk_must_be_there(hosts):
    hosts[1].lacks.add("res_pjsip.so")
    assert said(hosts) == ["refuse res_pjsip.so"]


def test_2_another_asterisk_is_told(hosts):
    hosts[1].asterisk = "20.9.1"
    assert said(hosts) == ["warn B"]


def test_2_chan_sip_devices_need_chan_sip(hosts):
    hosts[0].sql("INSERT INTO devices VALUES ('2002', 'sip', 'Old')")
    assert said(hosts) == ["hold chan_sip.so"]


def test_3_tables_of_a_module_that_is_not_in_use_do_not_travel(hosts):
    hosts[1].sql("UPDATE modules SET enabled = 0 WHERE modulename = 'paging'")
    assert [one.table for one in left(hosts).tables] == ["users", "devices"]


def test_4_a_column_that_only_one_host_has_does_not_travel(hosts):
    hosts[1].sql("ALTER TABLE users ADD email VARCHAR(20)")
    assert left(hosts).tables[0].drop == ("email",)


def test_4_a_table_that_the_source_lacks_is_left_alone(hosts):
    hosts[0].sql("DROP TABLE devices")
    assert said(hosts) == ["map asterisk.devices"]
    assert "devices" not in [one.table for one in left(hosts).tables]


def test_6_a_setting_that_may_hold_other_values_stays(hosts):
    hosts[1].sql("UPDATE freepbx_settings SET options = '1,120' WHERE keyword = 'RINGTIMER'")
    hosts[1].sql("DELETE FROM freepbx_settings WHERE keyword = 'SECRET'")
    assert said(hosts, TUNING) == ["map RINGTIMER", "map SECRET"]
    assert left(hosts, TUNING).tables[0].rows[-1].values == ("RINGTIMER", "SECRET")


def test_6_values_of_settings_stay_at_home(hosts):
    assert "hush" not in repr(hosts[0].own.of(TUNING))


def test_8_voicemail_formats_languages_and_codecs(hosts):
    (hosts[0].run / "sounds" / "fr").mkdir()
    hosts[1].config.voicemail = b"[general]\nformat=gsm\n"
    hosts[1].lacks.add("codec_opus.so")
    assert said(hosts) == ["warn voicemail.conf", "warn languages", "warn codecs"]


@pytest.mark.parametrize("which", [0, 1], ids=["source", "target"])
def test_9_a_restore_that_runs_on_either_host_holds(hosts, which):
    (hosts[which].run / "restore_running.lock").touch()
    assert said(hosts) == [f"hold {'AB'[which]}"]
    assert said(hosts, STATE) == [f"hold {'AB'[which]}"]


def test_10_numbers_of_the_source_are_never_given_again(hosts):
    for host, number in zip(hosts, (50, 7), strict=True):
        host.sql(f"ALTER TABLE devices ADD n INT UNIQUE AUTO_INCREMENT, AUTO_INCREMENT = {number}")
    assert said(hosts) == ["map asterisk.devices"]
    assert raised(hosts) == {b"SQL/asterisk/devices/": 51}
    hosts[1].sql("ALTER TABLE devices AUTO_INCREMENT = 51")
    assert (said(hosts), raised(hosts)) == ([], {})


def test_4_letters_that_all_fit_are_told_only(hosts):
    hosts[0].sql("ALTER TABLE users MODIFY name VARCHAR(50) CHARACTER SET latin1")
    assert said(hosts) == ["warn asterisk.users.name"]


def test_4_only_rows_that_travel_are_looked_at(hosts):
    chosen = replace(PEOPLE, tables=(replace(PEOPLE.tables[0], rows=(Condition("extension", Match.IN, ("2002",)),)),))
    hosts[1].sql("ALTER TABLE users MODIFY name VARCHAR(9) CHARACTER SET latin1")
    assert said(hosts, chosen) == ["warn asterisk.users.name"]


@pytest.mark.parametrize("which", [0, 1], ids=["source", "target"])
def test_9_a_host_whose_tables_were_made_anew_since_the_last_run_holds(hosts, which, tmp_path):
    def run(*, ends_well):
        past = Restored(tmp_path / "seen", Disk())
        findings, _ = gate_to(hosts[0], hosts[1].own, Beside(past=past))(PEOPLE)
        if ends_well:
            past.keep()
        return [f"{one.level} {one.about}" for one in findings]

    for host in hosts:
        host.clock.move(time.time() - host.clock.now() + 1)
    assert (run(ends_well=True), run(ends_well=True)) == ([], [])
    hosts[which].clock.move(-60)  # as if the last look had been a minute before these tables were made
    assert run(ends_well=True)[:1] == ["warn B"]
    hosts[which].clock.move(60)
    assert run(ends_well=False) == [f"hold {'AB'[which]}"]
    assert run(ends_well=True) == [f"hold {'AB'[which]}"]
    assert run(ends_well=True) == []


def test_9_one_table_that_was_made_anew_is_no_restored_backup(hosts, tmp_path):
    past = Restored(tmp_path / "seen", Disk())
    past.since("target", 0, hosts[1].own.of(PEOPLE).made)
    past.keep()
    time.sleep(1.1)  # the server's own clock, in whole seconds
    hosts[1].sql("RENAME TABLE users TO old; CREATE TABLE users LIKE old; DROP TABLE old")
    assert [one.level for one in gate_to(hosts[0], hosts[1].own, Beside(past=past))(PEOPLE)[0]] == []


def test_11_clocks_that_are_apart_hold_call_records_only(hosts):
    hosts[0].clock.move(5)
    assert (said(hosts), said(hosts, RECORDS)) == (["warn B"], ["hold B"])


def test_mailboxes_alone_are_not_brought_to_another_framework_nor_where_nothing_runs_them(hosts):
    hosts[1].sql("UPDATE admin SET value = '16.0.40' WHERE variable = 'version'")
    assert said(hosts, BOXES) == ["refuse B"]
    hosts[1].sql("UPDATE admin SET value = '17.0.1' WHERE variable = 'version'")
    hosts[1].lacks.add("app_voicemail.so")
    hosts[1].config.voicemail = b"[general]\nformat=gsm\n"
    assert said(hosts, BOXES) == ["refuse app_voicemail.so", "warn voicemail.conf"]


def test_mailboxes_wait_for_unsaved_work(hosts):
    hosts[0].sql("UPDATE admin SET value = 'true' WHERE variable = 'need_reload'")
    assert said(hosts, BOXES) == ["hold A"]


def test_a_host_without_its_own_tables_says_nothing_of_them(hosts):
    for host in hosts:
        host.sql("DROP TABLE admin, modules, freepbx_settings")
    found = hosts[1].own.of(PEOPLE)
    assert (found.freepbx, found.modules, found.settings, found.need_reload) == ("", (), (), False)
    assert said(hosts) == ["refuse A", "refuse B"]
