"""Truth with what is not known."""

import pytest

from pbxsync_worker.core.model.decision import Truth
from pbxsync_worker.rules.logic import all_of, any_of, opposite

YES, NO, UNKNOWN, LATER = Truth.YES, Truth.NO, Truth.UNKNOWN, Truth.LATER


@pytest.mark.parametrize(
    ("parts", "every", "one"),
    [
        ((YES, YES), YES, YES),
        ((YES, NO), NO, YES),
        ((NO, NO), NO, NO),
        ((YES, UNKNOWN), UNKNOWN, YES),
        ((NO, UNKNOWN), NO, UNKNOWN),
        ((YES, LATER), LATER, YES),
        ((NO, LATER), NO, LATER),
        ((UNKNOWN, LATER), LATER, LATER),
        ((UNKNOWN, UNKNOWN), UNKNOWN, UNKNOWN),
    ],
)
def test_a_certain_part_decides_where_it_can(parts, every, one):
    assert (all_of(parts), any_of(parts)) == (every, one)


@pytest.mark.parametrize(("truth", "other"), [(YES, NO), (NO, YES), (UNKNOWN, UNKNOWN), (LATER, LATER)])
def test_the_opposite_of_what_nobody_knows_is_as_unknown(truth, other):
    assert opposite(truth) is other
