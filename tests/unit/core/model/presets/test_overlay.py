"""What a host puts in the place of what arrives, and what it keeps."""

import pytest

from pbxsync_worker.core.model.dataset import Condition, Match
from pbxsync_worker.core.model.presets.overlay import REPLICA, Arrived, Keep, Replace, arrive, holds
from pbxsync_worker.core.model.sentence import as_text

TRUNK = {"trunkid": "1", "name": "ACME", "disabled": "off"}
TRANSPORT = {"id": "1", "keyword": "transport", "data": "10.0.0.4-udp"}


def test_a_trunk_is_switched_off_on_a_replica_and_people_are_told():
    arrived = arrive(("asterisk", "trunks"), TRUNK, None, REPLICA)
    assert arrived.row == TRUNK | {"disabled": "on"}
    assert [as_text(one) for one in arrived.told] == [
        "disabled becomes on here: two hosts must not register one account"
    ]


def test_a_trunk_that_is_switched_off_already_is_not_told():
    assert arrive(("asterisk", "trunks"), TRUNK | {"disabled": "on"}, None, REPLICA).told == ()


@pytest.mark.parametrize("table", ["sip", "pjsip"])
def test_the_transport_of_this_host_is_kept(table):
    here = TRANSPORT | {"data": "10.0.0.5-udp"}
    arrived = arrive(("asterisk", table), TRANSPORT, here, REPLICA)
    assert arrived.row == here
    assert [as_text(one) for one in arrived.told] == ["data stays as it is here: it names an address of this host"]


def test_a_new_device_gets_no_transport():
    assert arrive(("asterisk", "sip"), TRANSPORT, None, REPLICA).row["data"] == ""


@pytest.mark.parametrize(
    ("table", "row"),
    [
        (("asterisk", "sip"), {"id": "1", "keyword": "secret", "data": "x"}),
        (("asterisk", "users"), {"extension": "1"}),
        (("asteriskcdrdb", "trunks"), TRUNK),
        (("asterisk", "trunks"), {"trunkid": "1"}),
    ],
)
def test_everything_else_arrives_as_it_is(table, row):
    assert arrive(table, row, None, REPLICA) == Arrived(row)


def test_what_is_kept_may_be_null():
    keep = Keep("d", "t", "c", "new", "why")
    assert arrive(("d", "t"), {"c": "theirs"}, {"c": None}, [keep]).row == {"c": None}


def test_one_part_of_an_overlay_sees_what_the_source_said():
    both = (Replace("d", "t", "c", "1", "a"), Replace("d", "t", "e", "2", "b", (Condition("c", Match.IN, ("0",)),)))
    assert arrive(("d", "t"), {"c": "0", "e": "0"}, None, both).row == {"c": "1", "e": "2"}


@pytest.mark.parametrize(
    ("match", "values", "value", "expected"),
    [
        (Match.IN, ("a", "b"), "B", True),
        (Match.IN, ("a",), "c", False),
        (Match.NOT_IN, ("a",), "c", True),
        (Match.NOT_IN, ("a",), "A", False),
        (Match.LIKE, ("tr-%",), "TR-peer-1", True),
        (Match.LIKE, ("a_c",), "abc", True),
        (Match.LIKE, ("a.c",), "abc", False),
        (Match.NOT_LIKE, ("tr-%",), "2001", True),
        (Match.NOT_LIKE, ("tr-%",), "tr-1", False),
        (Match.NOT_IN, ("a",), None, True),
        (Match.NOT_LIKE, ("%",), None, True),
        (Match.IN, ("a",), None, False),
        (Match.LIKE, ("%",), None, False),
    ],
)
def test_conditions_hold_as_they_do_in_the_database(match, values, value, expected):
    assert holds((Condition("c", match, values),), {"c": value}) is expected
