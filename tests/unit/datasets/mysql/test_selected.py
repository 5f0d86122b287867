import pytest

from pbxsync_worker.core.model.dataset import Condition, DeletePolicy, Match
from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.datasets.mysql.schema import store_names
from pbxsync_worker.datasets.mysql.selected import select
from tests.unit.datasets.mysql.columns import column, make_table, spec

TABLE = make_table(column("name"), column("extension"), column("secret"))


def names(*specs, table=TABLE, common=()):
    return select(specs, table, None, common).names


def test_all_columns_travel_sorted_by_name():
    assert names(spec("extension")) == ("extension", "name", "secret")


def test_only_named_columns_travel_and_the_key_with_them():
    assert names(spec("extension", columns=("name",))) == ("extension", "name")


def test_dropped_columns_stay_at_home():
    assert names(spec("extension", drop=("secret",))) == ("extension", "name")


def test_common_columns_narrow_what_travels_but_never_the_key():
    assert names(spec("extension"), common=("name",)) == ("extension", "name")


def test_without_a_key_every_column_names_the_row():
    selected = select([spec()], TABLE, None)
    assert [one.name for one in selected.key_columns] == ["extension", "name", "secret"]


@pytest.mark.parametrize(
    ("table", "chosen", "reason"),
    [
        (make_table(column("extension"), kind="VIEW"), spec("extension"), "no table but a view"),
        (make_table(column("extension"), engine="CSV"), spec("extension"), "storage engine CSV"),
        (make_table(column("extension"), name="pbxsync_marker"), spec("extension"), "table of PBXSync"),
        (TABLE, spec("id"), "no column id"),
        (TABLE, spec("extension", columns=("gone",)), "no column gone"),
        (TABLE, spec("extension", drop=("extension",)), "extension is dropped"),
        (TABLE, spec("extension", rows=(Condition("gone", Match.IN, ("1",)),)), "no column gone"),
        (TABLE, spec("extension", rows=(Condition("name", Match.IN, ()),)), "no usable value"),
        (TABLE, spec("extension", rows=(Condition("name", Match.LIKE, ("a", "b")),)), "no usable value"),
    ],
)
def test_it_refuses_with_the_reason(table, chosen, reason):
    with pytest.raises(Unsupported, match=reason):
        select([chosen], table, None)


def test_it_refuses_one_table_in_two_different_ways():
    with pytest.raises(Unsupported, match="twice, in different ways"):
        select([spec("extension"), spec("extension", columns=("name",))], TABLE, None)


def test_two_ways_that_differ_in_conditions_only_are_one():
    ways = [spec("extension", rows=(Condition("name", Match.IN, (one,)),), delete=DeletePolicy.KNOWN) for one in "ab"]
    condition, values = select(ways, TABLE, None).chosen
    assert condition.count(b" OR ") == 1
    assert values == (b"a", b"b")


def test_values_of_conditions_are_bound_never_written_into_the_statement():
    evil = "x') OR 1=1 -- "
    condition, values = select([spec("extension", rows=(Condition("name", Match.IN, (evil,)),))], TABLE, None).chosen
    assert evil.encode() not in condition
    assert values == (evil.encode(),)


def test_a_key_that_the_column_cannot_hold_is_found_nowhere():
    selected = select([spec("extension")], make_table(column("extension", "int")), None)
    assert selected.finds((b"abc",)) == (b"FALSE", [])


def test_a_key_value_store_has_an_old_and_a_new_name():
    assert store_names("Fax") == ("kvstore_FreePBX_modules_Fax", "kvstore_Fax")
