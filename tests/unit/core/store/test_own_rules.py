"""Rules about rows that arrive are kept in their order."""

import pytest

from pbxsync_worker.core.model.dataset import Condition, Match
from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.own_rule import Becomes, OwnRule

RULE = OwnRule(Becomes.KEEP, "asterisk", "sip", "data", "", "mine", (Condition("keyword", Match.IN, ("context",)),))


def test_rules_are_given_as_they_were_added(store):
    first, second = store.own_rules.add(RULE), store.own_rules.add(RULE)
    assert store.own_rules.all() == {first: RULE, second: RULE}
    assert first < second


def test_a_removed_rule_is_told_and_gone(store):
    number = store.own_rules.add(RULE)
    assert store.own_rules.remove(number) == RULE
    assert store.own_rules.all() == {}


def test_a_rule_that_is_not_there_cannot_be_removed(store):
    with pytest.raises(NotFound, match="rule"):
        store.own_rules.remove(7)
