"""The stand-in for FreePBX generates files that Asterisk reads as the rows mean them."""

from typing import Any

import pytest

from pbxsync_worker.asterisk.config import read_config
from pbxsync_worker.asterisk.expected import expected_counts
from scripts.lab.fwfiles import generated

ROWS: dict[str, list[dict[str, Any]]] = {
    "users": [
        {"extension": "2002", "name": "Petra; Becker", "voicemail": "novm", "ringtimer": 0},
        {"extension": "2001", "name": "Sona Braun", "voicemail": "default", "ringtimer": 25},
    ],
    "devices": [
        {"id": "2001", "tech": "pjsip", "dial": "PJSIP/2001", "user": "2001", "description": "Sona"},
        {"id": "3001", "tech": "dahdi", "dial": "DAHDI/1", "user": "2001", "description": "card"},
        {"id": "99", "tech": "pjsip", "dial": "PJSIP/99", "user": "none", "description": "Hall"},
    ],
    "sip": [
        {"id": "2001", "keyword": "secret", "data": "s3cret"},
        {"id": "2001", "keyword": "dtmfmode", "data": "rfc4733"},
        {"id": "2001", "keyword": "qualifyfreq", "data": "60"},
        {"id": "2001", "keyword": "transport", "data": ""},
    ],
    "ringgroups": [{"grpnum": "600", "grplist": "2001-2002", "grptime": 20, "description": "Sales"}],
    "queues_config": [{"extension": "700", "descr": "Support"}],
    "queues_details": [
        {"id": "700", "keyword": "strategy", "data": "ringall"},
        {"id": "700", "keyword": "cron_schedule", "data": "never"},
        {"id": "701", "keyword": "strategy", "data": "ringall"},
    ],
    "music": [{"category": "jazz", "type": "files"}, {"category": "radio", "type": "custom"}],
    "kvstore_Sipsettings": [
        {"key": "binds", "val": '{"udp":{"127.0.0.2":"on"}}'},
        {"key": "udpport-127.0.0.2", "val": "5070"},
    ],
}


class View:
    def __init__(self, files):
        self.files = files

    def read(self, path):
        text = self.files.get(path)
        return None if text is None else text.encode()

    def names(self):
        return list(self.files)


@pytest.fixture
def files():
    return generated(ROWS)


def sections(files, name):
    config = read_config(View(files | dict.fromkeys(included(files[name]), "")), name, part=True)
    assert config is not None
    assert config.faults == ()
    return {one.name: one for one in config.sections}


def included(text):
    return [line.split()[1] for line in text.splitlines() if line.startswith("#include")]


def test_every_file_can_be_read_without_a_fault(files):
    for name in files:
        sections(files, name)


def test_a_pjsip_device_becomes_endpoint_aor_and_auth(files):
    endpoint = sections(files, "pjsip.endpoint.conf")["2001"]
    assert (endpoint.get("callerid"), endpoint.get("mailboxes")) == ("Sona Braun <2001>", "2001@default")
    assert endpoint.get("dtmf_mode") == "rfc4733"
    assert endpoint.get("transport") == ""
    assert sections(files, "pjsip.aor.conf")["2001"].get("qualify_frequency") == "60"
    assert sections(files, "pjsip.auth.conf")["2001-auth"].get("password") == "s3cret"


def test_other_technologies_are_no_endpoints_and_a_device_needs_no_user(files):
    assert set(sections(files, "pjsip.endpoint.conf")) == {"0", "2001", "99"}
    assert sections(files, "pjsip.endpoint.conf")["99"].get("callerid") == "Hall <none>"


def test_the_transport_is_that_of_this_host(files):
    assert sections(files, "pjsip.transports.conf")["127.0.0.2-udp"].get("bind") == "127.0.0.2:5070"


def test_extensions_groups_and_queues_can_be_dialled(files):
    text = files["extensions_additional.conf"]
    assert "exten => 2001,2,Dial(PJSIP/2001,25)\n" in text
    assert "exten => 2001,hint,PJSIP/2001\n" in text
    assert "exten => 2002,1,NoOp(Petra\\; Becker)\nexten => 2002,2,Congestion()\n" in text
    assert "exten => 600,2,Dial(PJSIP/2001,20)\n" in text
    assert "exten => 700,2,Queue(700)\n" in text


def test_only_what_asterisk_knows_of_a_queue_is_written(files):
    queue = sections(files, "queues_additional.conf")
    assert [one.name for one in queue["700"].settings] == ["strategy"]
    assert set(queue) == {"700"}


def test_classes_of_files_become_music(files):
    assert set(sections(files, "musiconhold_additional.conf")) == {"default", "jazz"}


def test_the_same_rows_in_another_order_give_the_same_files(files):
    assert generated({name: rows[::-1] for name, rows in ROWS.items()}) == files


def test_no_rows_give_an_empty_pbx_without_an_error():
    empty = generated(dict.fromkeys(ROWS, ()))
    main = {"pjsip.conf": "".join(f"#include pjsip.{kind}.conf\n" for kind in ("endpoint", "aor", "auth"))}
    more = {name: "" for text in empty.values() for name in included(text)}
    counts = expected_counts(View(empty | more | main)).counts
    assert counts["endpoints"] == counts["aors"] == counts["auths"] == 0


def trunk(number: int, disabled: str | None, **settings: str) -> dict[str, list[dict[str, Any]]]:
    own = {"trunk_name": "ACME", "sip_server": "192.0.2.1", "transport": "0.0.0.0-udp", **settings}
    rows = [{"id": str(number), "keyword": name, "data": value} for name, value in own.items()]
    return {"trunks": [{"trunkid": 1, "disabled": disabled}], "pjsip": rows}


@pytest.mark.parametrize(
    ("rows", "registers"),
    [
        (trunk(1, "off"), True),
        (trunk(1, None), True),
        (trunk(1, "on"), False),
        (trunk(1, "off", disabletrunk="on"), False),
        (trunk(7, "on"), True),  # settings of no trunk are registered all the same
        (trunk(1, "off", registration="none"), False),
    ],
)
def test_a_trunk_registers_unless_it_is_switched_off(rows, registers):
    assert ("[ACME]" in generated(ROWS | rows)["pjsip.registration.conf"]) is registers


def test_a_trunk_that_is_switched_off_is_in_no_file():
    assert [name for name, text in generated(ROWS | trunk(1, "on")).items() if "ACME" in text] == []


def test_a_trunk_uses_its_transport_as_it_is():
    assert "transport=0.0.0.0-udp\n" in generated(ROWS | trunk(1, "off"))["pjsip.endpoint.conf"]
