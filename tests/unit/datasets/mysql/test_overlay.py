"""Rows as they arrive on this host: which are concerned, what they become, and what need not be looked at again."""

from dataclasses import replace

import pytest

from pbxsync_worker.core import wire
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.dataset import RowPolicy, TableSet
from pbxsync_worker.core.model.errors import PeerLied
from pbxsync_worker.core.model.inventory import EMPTY, Inventory
from pbxsync_worker.core.model.presets.overlay import EVERYWHERE, REPLICA, Replace
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.datasets.mysql import RowOverlay
from pbxsync_worker.datasets.mysql.names import decode_row, row_item
from tests.unit.datasets.mysql.rows import PJSIP, TABLES, TRUNKS, pjsip, trunk


@pytest.fixture
def overlay(tmp_path):
    def make(rules=(*EVERYWHERE, *REPLICA), tables=TABLES):
        return RowOverlay(tables, rules, tmp_path / "overlay-job", Disk())

    return make


def test_a_trunk_arrives_switched_off_with_another_digest(overlay):
    name, content = trunk(1, disabled="off")
    arrival = overlay().arrive(row_item(name, content), content, None)
    assert arrival.item == row_item(name, trunk(1, disabled="on")[1])
    assert dict(decode_row(arrival.content))["disabled"] == b"on"
    assert as_text(arrival.told[0]).startswith("disabled becomes on here")


@pytest.mark.parametrize(
    ("name", "concerned"),
    [
        (PJSIP + b"1,transport", True),
        (PJSIP + b"1,media_address", True),
        (PJSIP + b"1,secret", False),
        (PJSIP + b"!" + b"0" * 64, True),  # a hidden key may be anything
        (TRUNKS + b"1,pjsip,ACME", True),
        (b"SQL/asterisk/users/2001", False),
    ],
)
def test_the_name_tells_which_rows_are_concerned(overlay, name, concerned):
    assert (name in overlay().concerned(Inventory.of([row_item(name, b"x")]))) is concerned


def test_without_rules_or_for_rows_that_are_collected_nothing_is_concerned(overlay):
    collected = tuple(replace(one, policy=RowPolicy.COLLECT) for one in TABLES)
    row = row_item(TRUNKS + b"1,pjsip,ACME", b"x")
    assert not overlay(rules=()).concerned(Inventory.of([row]))
    assert not overlay(tables=collected).concerned(Inventory.of([row]))


def test_what_arrived_once_is_known_the_next_time(overlay):
    theirs = row_item(*trunk(1, disabled="off"))
    first = overlay()
    arrival = first.arrive(theirs, trunk(1, disabled="off")[1], None)
    first.remember()
    assert overlay().known(theirs, arrival.item) == arrival.told


def test_what_somebody_changed_here_since_is_not_known(overlay):
    theirs = row_item(*trunk(1, disabled="off"))
    first = overlay()
    first.arrive(theirs, trunk(1, disabled="off")[1], None)
    first.remember()
    assert overlay().known(theirs, theirs) is None


def test_other_rules_know_nothing_of_what_arrived_before(overlay):
    theirs = row_item(*trunk(1, disabled="off"))
    first, rule = overlay(), REPLICA[0]
    assert isinstance(rule, Replace)
    arrival = first.arrive(theirs, trunk(1, disabled="off")[1], None)
    first.remember()
    assert overlay(rules=(replace(rule, value="maybe"),)).known(theirs, arrival.item) is None


def test_a_damaged_memory_is_as_good_as_none(overlay, tmp_path):
    theirs = row_item(*trunk(1, disabled="off"))
    first = overlay()
    arrival = first.arrive(theirs, trunk(1, disabled="off")[1], None)
    first.remember()
    (tmp_path / "overlay-job").write_bytes((tmp_path / "overlay-job").read_bytes()[:-1])
    assert overlay().known(theirs, arrival.item) is None


def test_what_did_not_change_is_not_written_again(overlay, tmp_path):
    theirs = row_item(*trunk(1, disabled="off"))
    first = overlay()
    arrival = first.arrive(theirs, trunk(1, disabled="off")[1], None)
    first.remember()
    before = (tmp_path / "overlay-job").stat().st_ino
    second = overlay()
    second.known(theirs, arrival.item)
    second.remember()
    assert (tmp_path / "overlay-job").stat().st_ino == before


def test_the_same_address_on_both_sides_needs_no_look(overlay):
    name, content = pjsip("1", "transport", "0.0.0.0-udp")
    assert overlay().known(row_item(name, content), row_item(name, content)) == ()


def test_an_address_of_this_host_stays(overlay):
    name, theirs = pjsip("1", "transport", "10.0.0.4-udp")
    _, here = pjsip("1", "transport", "10.0.0.5-udp")
    arrival = overlay().arrive(row_item(name, theirs), theirs, here)
    assert arrival.item == row_item(name, here)
    assert as_text(arrival.told[0]) == "data stays as it is here: it names an address of this host"


def test_settings_of_no_trunk_do_not_arrive_on_a_replica(overlay):
    own, orphan = pjsip("1", "secret", "x"), pjsip("7", "secret", "x")
    theirs = Inventory.of(row_item(*one) for one in (trunk(1), own, orphan))
    assert set(overlay().unwanted(theirs, EMPTY)) == {orphan[0]}
    assert overlay(rules=EVERYWHERE).unwanted(theirs, EMPTY) == {}


def test_settings_of_no_trunk_that_are_here_already_go_on(overlay):
    both = Inventory.of([row_item(*pjsip("7", "secret", "x"))])
    assert overlay().unwanted(both, both) == {}


def test_without_the_table_of_trunks_no_new_settings_of_trunks_arrive(overlay):
    theirs = Inventory.of([row_item(*pjsip("1", "secret", "x"))])
    only = tuple(one for one in TABLES if one.table == "pjsip")
    assert len(overlay(tables=only).unwanted(theirs, EMPTY)) == 1


def test_rows_of_a_device_belong_to_no_trunk_and_need_none(overlay):
    device = row_item(b"SQL/asterisk/sip/2001,secret", b"x")
    trunk_of_sip = row_item(b"SQL/asterisk/sip/tr-peer-7,secret", b"x")
    table = TableSet("asterisk", "sip", ("id", "keyword"))
    assert set(overlay(tables=(*TABLES, table)).unwanted(Inventory.of([device, trunk_of_sip]), EMPTY)) == {
        trunk_of_sip.name
    }


def test_rows_that_cannot_be_told_apart_stay_as_they_are(overlay):
    name, content = trunk(1)
    theirs = Inventory.of([row_item(name, content), row_item(name + b";2", content + b" ")])
    assert set(overlay().unwanted(theirs, EMPTY)) == {name, name + b";2"}
    assert set(overlay().unwanted(Inventory.of([row_item(name, content)]), theirs)) == {name, name + b";2"}


def test_a_malformed_row_is_refused(overlay):
    name, _ = trunk(1)
    with pytest.raises(PeerLied):
        overlay().arrive(row_item(name, b"x"), wire.pack([1]), None)
