"""The port to FreePBX and the stand-in for it: rows become files, and every failure has its form."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from pbxsync_worker.asterisk.freepbx import FreePbx, FreePbxPaths
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.errors import AsteriskSilent, ReloadFailed, Retry
from scripts.lab.fwconsole import install
from scripts.lab.mariadb import MariaDb
from tests.fakes.ami_server import AmiServer

pytestmark = pytest.mark.integration

TABLES = """
CREATE TABLE freepbx_settings (keyword VARCHAR(50) PRIMARY KEY, value VARCHAR(255));
CREATE TABLE admin (variable VARCHAR(20) PRIMARY KEY, value VARCHAR(80));
CREATE TABLE modules (modulename VARCHAR(50) PRIMARY KEY, version VARCHAR(20), enabled TINYINT);
CREATE TABLE users (extension VARCHAR(20), name VARCHAR(50), voicemail VARCHAR(50), ringtimer INT);
CREATE TABLE devices (id VARCHAR(20), tech VARCHAR(10), dial VARCHAR(255), user VARCHAR(50), description VARCHAR(50));
CREATE TABLE sip (id VARCHAR(20), keyword VARCHAR(30), data VARCHAR(8100), PRIMARY KEY (id, keyword));
CREATE TABLE notifications (module VARCHAR(24), id VARCHAR(24), level INT, display_text VARCHAR(255),
  extended_text LONGBLOB, link VARCHAR(255), reset TINYINT, candelete TINYINT, timestamp INT, PRIMARY KEY (module, id));
INSERT INTO admin VALUES ('need_reload', 'false'), ('version', '17.0.19.24');
INSERT INTO modules VALUES ('core', '17.0.18.4', 1), ('framework', '17.0.19.24', 1);
INSERT INTO users VALUES ('2001', 'Sona Braun', 'default', 0);
INSERT INTO devices VALUES ('2001', 'pjsip', 'PJSIP/2001', '2001', 'Sona Braun');
INSERT INTO sip VALUES ('2001', 'secret', 's3cret'), ('2001', 'context', 'from-internal');
"""


class Host:
    """A host of which FreePBX is a stand-in, and Asterisk a scripted AMI."""

    def __init__(self, server: MariaDb, ami: AmiServer, folder: Path) -> None:
        self.etc, self.run = folder / "etc", folder / "run"
        for made in (self.etc, self.run, folder / "locks"):
            made.mkdir()
        self.database = "fw" + "".join(char for char in folder.name if char.isalnum())[-24:]
        self.server, self.ami = server, ami
        server.client(f"DROP DATABASE IF EXISTS {self.database}; CREATE DATABASE {self.database}")
        server.client(f"GRANT ALL ON {self.database}.* TO 'fw'@'localhost' IDENTIFIED BY 'pass'")
        self.sql(TABLES)
        settings = {
            "ASTETCDIR": self.etc,
            "ASTRUNDIR": self.run,
            "ASTMANAGERHOST": "127.0.0.1",
            "ASTMANAGERPORT": ami.port,
            "AMPMGRUSER": "admin",
            "AMPMGRPASS": "right",
        }
        for keyword, value in settings.items():
            self.sql(f"INSERT INTO freepbx_settings VALUES ('{keyword}', '{value}')")
        conf = folder / "freepbx.conf"
        values = {"AMPDBUSER": "fw", "AMPDBPASS": "pass", "AMPDBNAME": self.database, "AMPDBSOCK": server.socket}
        conf.write_text("<?php\n" + "".join(f"$amp_conf['{name}'] = '{value}';\n" for name, value in values.items()))
        paths = FreePbxPaths(
            lock=folder / "locks/freepbx.lock", conf=conf, program=install(folder, conf), as_web_user=(), run=self.run
        )
        self.port = FreePbx(paths, SystemClock(), seconds=60)

    def sql(self, text: str) -> str:
        return self.server.client(text, self.database).strip()


@pytest.fixture
def host(mariadb: MariaDb, tmp_path: Path) -> Iterator[Host]:
    with AmiServer().running() as ami:
        made = Host(mariadb, ami, tmp_path)
        yield made
        mariadb.client(f"DROP DATABASE {made.database}")


def test_rows_become_files_and_asterisk_is_not_reloaded(host):
    assert host.port.regenerate().messages == ("Reload Started", "Reload Complete")
    assert "callerid=Sona Braun <2001>\n" in (host.etc / "pjsip.endpoint.conf").read_text()
    assert [action["Action"] for action in host.ami.actions] == ["Login"]


def test_a_second_time_rewrites_in_place_and_only_the_salt_differs(host):
    host.port.regenerate()
    before = {path.name: (path.stat().st_ino, path.read_bytes()) for path in host.etc.iterdir()}
    host.port.regenerate()
    after = {path.name: (path.stat().st_ino, path.read_bytes()) for path in host.etc.iterdir()}
    assert {name: inode for name, (inode, _) in before.items()} == {name: inode for name, (inode, _) in after.items()}
    assert [name for name in before if before[name] != after[name]] == ["ari_additional.conf"]


def test_what_people_write_stays_and_missing_includes_are_made(host):
    (host.etc / "voicemail.conf").write_text("[default]\n2001=1\n")
    (host.etc / "pjsip.aor_custom.conf").write_text("; mine\n")
    host.port.regenerate()
    assert (host.etc / "voicemail.conf").read_text() == "[default]\n2001=1\n"
    assert (host.etc / "pjsip.aor_custom.conf").read_text() == "; mine\n"
    assert (host.etc / "pjsip.endpoint_custom_post.conf").read_bytes() == b""


def test_it_leaves_the_red_button_and_a_notification_behind(host):
    host.port.regenerate()
    assert host.sql("SELECT value FROM admin WHERE variable = 'need_reload'") == "true"
    assert host.sql("SELECT id FROM notifications") == "ASTRELOADSKIP"


def test_without_asterisk_nothing_is_written(host):
    host.sql("UPDATE freepbx_settings SET value = '1' WHERE keyword = 'ASTMANAGERPORT'")
    with pytest.raises(AsteriskSilent, match="Asterisk Manager"):
        host.port.regenerate()
    assert list(host.etc.iterdir()) == []


def test_with_the_secret_of_another_host_nothing_is_written(host):
    host.sql("UPDATE freepbx_settings SET value = 'other' WHERE keyword = 'AMPMGRPASS'")
    with pytest.raises(AsteriskSilent, match="Asterisk Manager"):
        host.port.regenerate()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("DROP TABLE users", "Base table or view not found"),
        ("DELETE FROM modules WHERE modulename = 'core'", "BMO Class"),
    ],
)
def test_a_database_that_was_cut_off_in_a_restore_is_told(host, damage, reason):
    host.sql(damage)
    with pytest.raises(ReloadFailed, match=reason):
        host.port.regenerate()
    assert list(host.run.iterdir()) == []


def test_a_reload_of_freepbx_itself_is_waited_for(host):
    (host.run / "reload.lock").write_text(str(os.getpid()))
    with pytest.raises(Retry, match="already"):
        host.port.regenerate()


def test_it_is_found_with_nothing_missing(host):
    detected = host.port.detect()
    assert (detected.freepbx, detected.missing) == (True, ())


def test_the_database_of_a_running_pbx_gives_all_its_endpoints(host, shared_fixtures):
    with (shared_fixtures / "asterisk.sql.zst").open("rb") as packed:
        dump = zstandard.ZstdDecompressor().stream_reader(packed).read()
    update = "'UPDATE freepbx_settings SET value = ', QUOTE(value), ' WHERE keyword = ', QUOTE(keyword), ';'"
    settings = host.sql(f"SELECT CONCAT({update}) FROM freepbx_settings")
    host.server.client(dump, host.database)
    host.sql(settings)
    host.port.regenerate()
    devices = int(host.sql("SELECT COUNT(*) FROM devices WHERE tech = 'pjsip'"))
    trunks = int(host.sql("SELECT COUNT(*) FROM trunks WHERE tech = 'pjsip' AND disabled <> 'on'"))
    assert devices >= 300
    assert (host.etc / "pjsip.endpoint.conf").read_text().count("type=endpoint") == devices + trunks
    assert "exten => 600,1,NoOp(Sales)" in (host.etc / "extensions_additional.conf").read_text()
