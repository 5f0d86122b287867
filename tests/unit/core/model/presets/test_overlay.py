"""What a host puts in the place of what arrives, and what it keeps."""

import pytest

from pbxsync_worker.core.model.dataset import Condition, Match
from pbxsync_worker.core.model.presets.overlay import (
    EVERYWHERE,
    REPLICA,
    Arrived,
    Keep,
    Replace,
    arrive,
    holds,
    may_hold,
)
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


@pytest.mark.parametrize(
    ("here", "overruled"), [(None, False), ({"disabled": "on"}, False), ({"disabled": "off"}, True)]
)
def test_a_trunk_that_somebody_switched_on_here_is_told_apart(here, overruled):
    assert arrive(("asterisk", "trunks"), TRUNK, here, REPLICA).overruled is overruled


@pytest.mark.parametrize("table", ["sip", "pjsip"])
def test_the_transport_of_this_host_is_kept(table):
    here = TRANSPORT | {"data": "10.0.0.5-udp"}
    arrived = arrive(("asterisk", table), TRANSPORT, here, EVERYWHERE)
    assert arrived.row == here
    assert [as_text(one) for one in arrived.told] == ["data stays as it is here: it names an address of this host"]


def test_a_new_device_gets_no_transport():
    arrived = arrive(("asterisk", "sip"), TRANSPORT, None, EVERYWHERE)
    assert arrived.row["data"] == ""
    assert [as_text(one) for one in arrived.told] == ["data stays empty here: it names an address of this host"]


@pytest.mark.parametrize(
    ("theirs", "becomes"), [("10.0.0.4-udp", "0.0.0.0-udp"), ("10.0.0.4-tls", "0.0.0.0-tls"), ("", ""), ("mine", "")]
)
def test_a_new_trunk_gets_the_transport_for_every_address(theirs, becomes):
    assert arrive(("asterisk", "pjsip"), TRANSPORT | {"data": theirs}, None, EVERYWHERE).row["data"] == becomes


def test_the_first_rule_about_a_column_decides():
    both = (Replace("d", "t", "c", "1", "mine"), Replace("d", "t", "c", "2", "shipped"))
    assert arrive(("d", "t"), {"c": "0"}, None, both).row == {"c": "1"}


def test_what_arrived_once_arrives_the_same_again():
    for rules in (REPLICA, EVERYWHERE):
        for table, row in (("trunks", TRUNK), ("pjsip", TRANSPORT), ("sip", TRANSPORT)):
            once = arrive(("asterisk", table), row, None, rules).row
            assert arrive(("asterisk", table), row, once, rules).row == once


def test_a_condition_on_a_column_that_is_not_known_may_hold():
    condition = (Condition("keyword", Match.IN, ("transport",)), Condition("data", Match.LIKE, ("x",)))
    assert may_hold(condition, {"keyword": "transport"})
    assert not may_hold(condition, {"keyword": "secret"})


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
    assert arrive(table, row, None, (*EVERYWHERE, *REPLICA)) == Arrived(row)


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
