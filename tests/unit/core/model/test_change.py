"""What a change does."""

import pytest

from pbxsync_worker.core.model.change import Change, ChangeKind
from tests.unit.core.values import directory, file

OLD, NEW = file(b"f", b"old"), file(b"f", b"new")


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (None, NEW, ChangeKind.ADD),
        (OLD, None, ChangeKind.REMOVE),
        (OLD, NEW, ChangeKind.REPLACE),
        (OLD, directory(b"f"), ChangeKind.REPLACE),
        (OLD, file(b"f", b"old", mode=0o600), ChangeKind.ATTRIBUTES),
    ],
)
def test_its_kind_follows_from_its_two_sides(before, after, kind):
    assert Change(before, after).kind is kind


@pytest.mark.parametrize("change", [Change(None, NEW), Change(OLD, None), Change(OLD, NEW)])
def test_it_has_the_name_of_either_side(change):
    assert change.name == b"f"


def test_a_change_of_nothing_has_no_name():
    with pytest.raises(AssertionError):
        _ = Change(None, None).name
