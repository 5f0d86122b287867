"""Rows of one table travel only where the other table can hold them."""

from dataclasses import replace
from typing import Any

import pytest

from pbxsync_worker.core.model.dataset import RowPolicy, TableSet
from pbxsync_worker.core.model.facts import Column, GateLevel, TableFacts
from pbxsync_worker.core.model.fit import fit
from pbxsync_worker.core.model.sentence import as_text

HOLD, WARN, MAP, REFUSE = GateLevel.HOLD, GateLevel.WARN, GateLevel.MAP, GateLevel.REFUSE
SET = TableSet("asterisk", "t", ("id",))


def column(name, **more):
    usual: dict[str, Any] = {"type": "varchar", "length": 20, "collation": "utf8mb4_unicode_ci"}
    return Column(name, **(usual | more))


def table(*columns, **more):
    return TableFacts("asterisk", "t", (column("id"), *columns), **more)


def judged(source, target, chosen=SET):
    return [(one.level, one.about.rpartition(".")[2]) for one in fit(chosen, source, target)]


def one_column(source, target):
    return judged(table(column("c", **source)), table(column("c", **target)))


@pytest.mark.parametrize(
    ("source", "target", "found"),
    [
        ({}, {}, []),
        ({"type": "int"}, {"type": "text"}, [HOLD]),
        ({"length": 40}, {"length": 20}, [HOLD]),
        ({"length": 40, "longest": 21}, {"length": 20}, [HOLD]),
        ({"length": 40, "longest": 20}, {"length": 20}, []),
        ({"length": 20}, {"length": 40}, []),
        ({"length": None}, {"length": 20}, []),
        ({"length": 20}, {"length": None}, []),
        ({"nullable": True}, {"nullable": False}, [HOLD]),
        ({"nullable": True, "nulls": False}, {"nullable": False}, []),
        ({"nullable": False}, {"nullable": True}, []),
        ({}, {"collation": "latin1_swedish_ci"}, [HOLD]),
        ({"non_ascii": False}, {"collation": "latin1_swedish_ci"}, [WARN]),
        ({}, {"collation": "utf8mb4_general_ci"}, [WARN]),
        ({"collation": "utf8_general_ci"}, {"collation": "utf8mb3_general_ci"}, [WARN]),
        ({"default": "off"}, {"default": "on"}, [WARN]),
    ],
)
def test_a_column_is_held_where_a_value_may_be_lost(source, target, found):
    assert one_column(source, target) == [(level, "c") for level in found]


def test_a_column_that_the_target_lacks_is_held():
    assert judged(table(column("c")), table()) == [(HOLD, "c")]


def test_a_column_that_the_target_lacks_stays_behind_where_records_are_collected():
    collected = replace(SET, policy=RowPolicy.COLLECT, by="id")
    assert judged(table(column("c")), table(), collected) == [(MAP, "c")]


@pytest.mark.parametrize(
    ("more", "policy", "level"),
    [
        ({}, RowPolicy.MIRROR, MAP),
        ({"nullable": False, "default": ""}, RowPolicy.MIRROR, MAP),
        ({"nullable": False}, RowPolicy.MIRROR, HOLD),
        ({"nullable": False}, RowPolicy.UPDATE, MAP),
    ],
)
def test_a_column_that_only_the_target_has_is_left_to_it_where_it_needs_no_value(more, policy, level):
    chosen = TableSet("asterisk", "t", ("id",), policy=policy)
    assert judged(table(), table(column("c", **more)), chosen) == [(level, "c")]


def test_what_does_not_travel_is_not_compared():
    other = table(column("c", type="int"), column("d", type="int"))
    chosen = TableSet("asterisk", "t", ("id",), columns=("d",), drop=("d",))
    assert judged(table(column("c"), column("d")), other, chosen) == []


def test_it_refuses_rows_without_their_name():
    without = TableFacts("asterisk", "t", (column("c"),))
    assert judged(table(column("c")), without) == [(REFUSE, "id"), (HOLD, "id")]
    assert judged(without, table(column("c")))[0] == (REFUSE, "id")


def test_it_holds_where_only_the_target_wants_something_unique():
    target = table(column("c"), unique=frozenset({("c",), ("id",)}))
    assert judged(table(column("c")), target) == [(HOLD, "c")]
    assert judged(target, table(column("c"))) == []


def test_a_finding_names_its_column_in_words():
    found = fit(SET, table(column("c")), table())
    assert as_text(found[0].sentence) == "asterisk.t.c is missing on the target"
