"""What people complain about when they keep two PBXs alike, one test each; docs/complaints.md has the whole list."""

import threading
from collections.abc import Iterator
from typing import Any

import mysql.connector
import pytest

from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy, FileSet, Place
from pbxsync_worker.core.model.presets import PRESETS, as_dataset
from pbxsync_worker.core.model.run import State
from scripts.lab.mariadb import MariaDb
from tests.integration.offices import ADDRESSES, IDENTITY, OWN_TABLES, Offices, two_offices
from tests.scenario.world import World, write

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def offices(mariadb: MariaDb, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offices]:
    yield from two_offices(tmp_path_factory.mktemp("offices"), mariadb.socket)


def people_of(offices: Offices) -> list[str]:
    return [str(number) for (number,) in offices.found("a", "SELECT extension FROM users ORDER BY 1")]


def test_call_waiting_is_not_switched_off_by_a_sync(offices):
    one, other = people_of(offices)[:2]
    offices.put_keys("a", {f"CW/{one}": None})
    offices.put_keys("b", {f"CW/{other}": None})
    offices.committed()
    assert offices.keys("b", "CW") == offices.keys("a", "CW")
    assert f"CW/{one}" not in offices.keys("b", "CW")
    assert offices.keys("b", "CW")[f"CW/{other}"] == "ENABLED"


def test_an_extension_without_a_phone_keeps_its_forwards(offices):
    offices.sql("a", "INSERT INTO users (extension, name) VALUES ('2800', 'No phone')")
    state = {"CF/2800": "600", "CFB/2800": "601", "CFU/2800": "602", "DND/2800": "YES"}
    offices.put_keys("a", state)
    offices.committed()
    families = ("CF", "CFB", "CFU", "DND")
    assert state.items() <= offices.keys("b", *families).items()
    assert offices.keys("b", *families) == offices.keys("a", *families)


def test_follow_me_still_asks_for_confirmation(offices):
    number = people_of(offices)[0]
    offices.sql("a", f"UPDATE findmefollow SET needsconf = 'CHECKED', grplist = '600#' WHERE grpnum = '{number}'")
    offices.put_keys("a", {f"AMPUSER/{number}/followme/grpconf": "ENABLED"})
    offices.committed()
    found = offices.found("b", f"SELECT needsconf, grplist FROM findmefollow WHERE grpnum = '{number}'")
    assert found == [("CHECKED", "600#")]
    assert offices.keys("b", "AMPUSER")[f"AMPUSER/{number}/followme/grpconf"] == "ENABLED"


def test_settings_of_a_mailbox_arrive_to_the_last_option(offices):
    number = people_of(offices)[1]
    line = f"{number} => 4711,Zoë,z@example,p@example,attach=yes|saycid=no|envelope=no|delete=yes|tz=central24"
    file = offices.a / "etc/voicemail.conf"
    file.write_text("\n".join([one for one in file.read_text().splitlines() if not one.startswith(number)] + [line]))
    offices.put_keys("a", {f"AMPUSER/{number}/novmpw": "no"})
    offices.committed()
    now = (offices.b / "etc/voicemail.conf").read_text().splitlines()
    assert line in now
    assert "serveremail=pbx-b" in now
    assert offices.keys("b", "AMPUSER")[f"AMPUSER/{number}/novmpw"] == "no"


@pytest.mark.parametrize(
    "name", ["pjsip.endpoint_custom_post.conf", "extensions_custom.conf", "queues_post_custom.conf"]
)
def test_custom_files_are_not_forgotten(offices, name):
    (offices.a / "etc" / name).write_text("[2001](+)\nuser_eq_phone = yes\n")
    offices.committed()
    assert (offices.b / "etc" / name).read_text() == (offices.a / "etc" / name).read_text()


def test_what_a_route_mails_is_not_forgotten(offices):
    mail = "(1, 'pbx@example', 'ops@example', 'Call', 'Someone dialled out')"
    offices.sql("a", f"REPLACE INTO outbound_route_email VALUES {mail}")
    offices.committed()
    assert offices.table("b", "outbound_route_email") == [
        (1, "pbx@example", "ops@example", "Call", "Someone dialled out")
    ]


def test_routes_arrive_whole(offices):
    offices.sql("a", "REPLACE INTO outbound_routes (route_id, name) VALUES (7, 'Abroad')")
    offices.sql("a", "REPLACE INTO outbound_route_trunks (route_id, trunk_id, seq) VALUES (7, 1, 0)")
    offices.sql("a", "REPLACE INTO outbound_route_sequence (route_id, seq) VALUES (7, 1)")
    patterns = "outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass)"
    offices.sql("a", f"REPLACE INTO {patterns} VALUES (7, '00', 'X.'), (7, '+', 'X.')")
    offices.committed()
    tables = ("outbound_routes", "outbound_route_patterns", "outbound_route_sequence", "outbound_route_trunks")
    assert [offices.table("b", one) for one in tables] == [offices.table("a", one) for one in tables]


def test_folders_that_do_not_exist_yet_are_made(offices):
    song = offices.a / "varlib/moh/quiet/song.wav"
    song.parent.mkdir(parents=True)
    song.write_bytes(bytes(99))
    assert not (offices.b / "varlib/moh").exists()
    offices.committed()
    assert (offices.b / "varlib/moh/quiet/song.wav").read_bytes() == bytes(99)


def test_null_does_not_become_empty_and_empty_not_null(offices):
    offices.sql("a", "UPDATE music SET application = NULL, format = '' WHERE category = 'default'")
    offices.sql("a", "UPDATE soundlang_settings SET value = 'es' WHERE keyword = 'language'")
    offices.committed()
    assert offices.table("b", "music") == offices.table("a", "music")
    assert offices.found("b", "SELECT application, format FROM music WHERE category = 'default'") == [(None, "")]
    assert offices.found("b", "SELECT value FROM soundlang_settings WHERE keyword = 'language'") == [("es",)]


def test_no_column_of_a_feature_code_is_lost(offices):
    values = "depend = 'atxfer', customcode = '*721', helptext = 'Forward'"
    offices.sql("a", f"UPDATE featurecodes SET {values} WHERE featurename = 'cfon'")
    offices.committed()
    assert offices.table("b", "featurecodes") == offices.table("a", "featurecodes")


def test_astdb_has_neither_a_key_less_nor_a_default_more(offices):
    number = people_of(offices)[2]
    offices.put_keys("a", {f"AMPUSER/{number}/accountcode": "", f"AMPUSER/{number}/followme/changecid": "default"})
    offices.put_keys("b", {f"AMPUSER/{number}/call_screen": "nothing"})
    offices.committed()
    assert offices.keys("b", "AMPUSER", "DEVICE") == offices.keys("a", "AMPUSER", "DEVICE")
    assert offices.keys("b", "AMPUSER")[f"AMPUSER/{number}/accountcode"] == ""


def test_agents_stay_logged_in_where_their_phone_is(offices):
    assert offices.keys("b", "Queue", "pbx") == {"Queue/PersistentMembers/700": "Agent/b", "pbx/UUID": "b"}


def test_a_changed_name_is_not_old_anywhere(offices):
    number = people_of(offices)[3]
    offices.sql("a", f"UPDATE users SET name = 'Peer Test' WHERE extension = '{number}'")
    offices.put_keys("a", {f"AMPUSER/{number}/cidname": "Peer Test"})
    offices.committed()
    assert offices.found("b", f"SELECT name FROM users WHERE extension = '{number}'") == [("Peer Test",)]
    assert offices.keys("b", "AMPUSER")[f"AMPUSER/{number}/cidname"] == "Peer Test"


def test_an_extension_that_is_gone_is_gone_everywhere(offices):
    offices.sql("b", "INSERT INTO users (extension, name) VALUES ('2888', 'Only here')")
    offices.sql("b", "INSERT INTO devices (id, tech) VALUES ('2888', 'pjsip')")
    offices.put_keys("b", {"AMPUSER/2888/cidname": "Only here", "DEVICE/2888/user": "2888", "CF/2888": "1"})
    offices.committed()
    assert offices.found("b", "SELECT extension FROM users WHERE extension = '2888'") == []
    assert offices.found("b", "SELECT id FROM devices WHERE id = '2888'") == []
    assert [key for key in offices.keys("b", "AMPUSER", "DEVICE", "CF") if "2888" in key] == []


@pytest.mark.parametrize("keyword", IDENTITY)
def test_settings_that_name_a_host_are_not_overwritten(offices, keyword):
    sql = f"SELECT value FROM freepbx_settings WHERE keyword = '{keyword}'"
    assert offices.found("b", sql) == [(f"{keyword} of b",)]


@pytest.mark.parametrize("key", [*ADDRESSES, f"udpport-10.0.0.{ord('b')}"])
def test_addresses_are_not_overwritten(offices, key):
    found = offices.found("b", f"SELECT val FROM kvstore_Sipsettings WHERE `key` = '{key}'")
    assert found == [(f"{key} of b",)]


def test_an_address_of_the_source_is_not_brought(offices):
    assert offices.found("b", f"SELECT val FROM kvstore_Sipsettings WHERE `key` = 'udpport-10.0.0.{ord('a')}'") == []


@pytest.mark.parametrize("table", OWN_TABLES)
def test_administrators_jobs_certificates_and_firewall_are_not_overwritten(offices, table):
    assert offices.table("a", table) == [] or offices.table("b", table) != offices.table("a", table)
    assert " of a" not in repr(offices.table("b", table))
    assert "pbx-a" not in repr(offices.table("b", table))


@pytest.mark.parametrize("name", ["keys/default.key", "keys/default.crt", "manager.conf", "res_odbc_additional.conf"])
def test_keys_certificates_and_secrets_in_files_are_not_overwritten(offices, name):
    (offices.a / "etc" / name).write_text("; of a, and new\n")
    offices.sync()
    assert (offices.b / "etc" / name).read_text() == "; of b\n"


def test_custom_transports_are_not_overwritten(offices):
    assert (offices.b / "etc/pjsip.transports_custom_post.conf").read_text() == "; address of b\n"


@pytest.mark.parametrize("one", PRESETS, ids=lambda one: one.name)
def test_no_preset_brings_programs(one):
    dataset = as_dataset([one], one.name, one.title)
    programs = (
        b"ASTVARLIBDIR/agi-bin/own.agi",
        b"ASTVARLIBDIR/bin/x",
        b"ASTDATADIR/agi-bin/x",
        b"ASTSPOOLDIR/incron/x",
    )
    assert [name for name in programs if dataset.file_set_taking(name)] == []


def test_tables_are_never_missing_nor_empty_during_a_run(offices, mariadb):
    staff = len(people_of(offices))
    name = offices.databases.name("b", "asterisk")
    tables = ("users", "devices", "sip", "trunks", "incoming", "ringgroups", "queues_config")
    before = {table: len(offices.table("b", table)) for table in tables}
    offices.sql("a", "UPDATE users SET noanswer = IF(noanswer = 'x', 'y', 'x')")
    offices.sql("a", "UPDATE sip SET data = IF(data = 'yes', 'no', 'yes') WHERE keyword = 'rtcp_mux'")
    seen: list[Any] = []
    stop = threading.Event()

    def look() -> None:
        link = mysql.connector.connect(unix_socket=str(mariadb.socket), user="root", use_pure=True, autocommit=True)
        counts = ", ".join(f"(SELECT COUNT(*) FROM {name}.{table})" for table in tables)
        cursor = link.cursor()
        while not stop.is_set():
            cursor.execute(f"SELECT {counts}")
            seen.append(cursor.fetchall()[0])
        cursor.close()
        link.close()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        offices.committed()
    finally:
        stop.set()
        thread.join()
    assert len(seen) > 20
    assert staff > 10
    assert [min(counts) for counts in zip(*seen, strict=True)] == [before[table] for table in tables]


def test_messages_of_callers_are_not_lost_and_greetings_arrive(offices):
    number = people_of(offices)[4]
    box = f"spool/voicemail/default/{number}"
    message = write(offices.b / box / "INBOX/msg0000.wav", b"a message")
    write(offices.b / box / "INBOX/msg0000.txt", "[message]\n")
    write(offices.a / box / "INBOX/msg0000.wav", b"another message")
    write(offices.a / box / "unavail.wav", b"a greeting")
    offices.committed()
    assert message.read_bytes() == b"a message"
    assert (offices.b / box / "unavail.wav").read_bytes() == b"a greeting"


def test_received_faxes_travel_where_a_dataset_names_their_folder(tmp_path):
    faxes = Dataset("faxes", "Faxes", (FileSet(Place.SPOOL, "fax", delete=DeletePolicy.NEVER),))
    world = World(tmp_path, dataset=faxes).settle_in()
    write(world.a / "spool/fax/2001/1700000000.1.pdf", b"%PDF-1.4")
    assert world.sync().state is State.COMMITTED
    assert (world.b / "spool/fax/2001/1700000000.1.pdf").read_bytes() == b"%PDF-1.4"
    world.close()
