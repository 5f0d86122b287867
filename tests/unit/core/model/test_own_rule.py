"""An administrator's own rules about rows that arrive."""

import pytest

from pbxsync_worker.core.model.dataset import Condition, Match
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.own_rule import Becomes, OwnRule, read_condition, show_condition, wrong_fields
from pbxsync_worker.core.model.presets.overlay import Keep, Replace, arrive

RULE = OwnRule(Becomes.REPLACE, "asterisk", "trunks", "maxchans", "5", "a thin line")


def test_a_rule_is_laid_over_rows():
    assert arrive(("asterisk", "trunks"), {"maxchans": "20"}, None, [RULE.rule]).row == {"maxchans": "5"}


def test_a_rule_replaces_or_keeps():
    kept = OwnRule(Becomes.KEEP, "asterisk", "trunks", "maxchans", "1", "mine")
    assert RULE.rule == Replace("asterisk", "trunks", "maxchans", "5", "a thin line")
    assert kept.rule == Keep("asterisk", "trunks", "maxchans", "1", "mine")


@pytest.mark.parametrize(
    ("line", "condition"),
    [
        ("keyword in transport, media_address", Condition("keyword", Match.IN, ("transport", "media_address"))),
        ("id NOT LIKE tr-%", Condition("id", Match.NOT_LIKE, ("tr-%",))),
        ("data like a, b", Condition("data", Match.LIKE, ("a, b",))),
        ("id not in 1", Condition("id", Match.NOT_IN, ("1",))),
    ],
)
def test_a_condition_is_read_from_a_line_and_shown_as_one(line, condition):
    assert read_condition(line) == condition
    assert read_condition(show_condition(condition)) == condition


@pytest.mark.parametrize("line", ["", "keyword", "keyword in", "keyword = x", "a;b in c", "x in " + "y" * 1000])
def test_what_is_no_condition_is_refused(line):
    with pytest.raises(Invalid, match="is not"):
        read_condition(line)


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({}, ()),
        ({"table": "kvstore:Sipsettings"}, ()),
        ({"table": "trunks; DROP"}, ("table",)),
        ({"column": ""}, ("column",)),
        ({"why": " "}, ("why",)),
        ({"value": "x" * 1001}, ("value",)),
    ],
)
def test_fields_that_no_rule_can_have_are_named(values, wrong):
    fields = {name: getattr(RULE, name) for name in RULE.__slots__} | values
    assert wrong_fields(OwnRule(**fields)) == wrong
