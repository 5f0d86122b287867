"""Several selections become one without selecting anything twice."""

import pytest

from pbxsync_worker.core.model.dataset import BoxSet, Condition, FamilySet, FileSet, Match, Place, RowPolicy, TableSet
from pbxsync_worker.core.model.presets.merge import merged
from pbxsync_worker.core.model.presets.types import Parts

ALL = TableSet("asterisk", "users", ("extension",))
SOME = TableSet("asterisk", "users", ("extension",), (Condition("extension", Match.LIKE, ("2%",)),))
UPDATE = TableSet("asterisk", "users", ("extension",), columns=("voicemail",), policy=RowPolicy.UPDATE)


def tables(*chosen):
    return merged([Parts(tables=(one,)) for one in chosen]).tables


@pytest.mark.parametrize("narrow", [ALL, SOME, UPDATE])
def test_the_wider_selection_of_a_table_wins_in_any_order(narrow):
    assert tables(ALL, narrow) == tables(narrow, ALL) == (ALL,)


def test_fewer_columns_never_replace_more():
    wide = TableSet("asterisk", "users", ("extension",), columns=("voicemail", "name"), policy=RowPolicy.UPDATE)
    assert tables(UPDATE, wide) == (wide,)


def test_what_only_adds_rows_does_not_stand_for_what_changes_them():
    collect = TableSet("asterisk", "users", ("extension",), policy=RowPolicy.COLLECT)
    assert len(tables(collect, UPDATE)) == 2


def test_another_database_is_another_table():
    other = TableSet("other", "users", ("extension",))
    assert tables(ALL, other) == (ALL, other)


def test_all_keys_of_a_family_stand_for_some_of_them():
    parts = [Parts(families=(FamilySet("AMPUSER", "*/voicemail"),)), Parts(families=(FamilySet("AMPUSER"),))]
    assert merged(parts).families == (FamilySet("AMPUSER"),)


def test_two_patterns_of_a_family_stand_side_by_side():
    two = (FamilySet("AMPUSER", "*/voicemail"), FamilySet("AMPUSER", "*/novmpw"), FamilySet("CF"))
    assert merged([Parts(families=two)]).families == two


def test_the_same_files_are_named_once():
    one = Parts(file_sets=(FileSet(Place.ETC),))
    assert merged([one, one]) == one


def test_mailboxes_that_two_presets_select_are_selected_once():
    parts = [Parts(boxes=(BoxSet(),)), Parts(boxes=(BoxSet(),))]
    assert merged(parts).boxes == (BoxSet(),)
    assert not Parts()
    assert parts[0]
