import pytest

from pbxsync_worker.core import wire
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import RowPolicy
from pbxsync_worker.core.model.errors import NotAllowed, PeerLied, Unsupported
from pbxsync_worker.datasets.groups import Group
from pbxsync_worker.datasets.mysql.names import row_item
from pbxsync_worker.datasets.mysql.prepare import Coming, by_table, check_policy, common_columns, read_contents
from pbxsync_worker.datasets.mysql.rewrite import Difference, fits
from pbxsync_worker.datasets.mysql.selected import select
from tests.unit.datasets.mysql.columns import column, make_table, spec

NAME = b"SQL/asterisk/users/1"
OLD, NEW = row_item(NAME, b"old"), row_item(NAME, b"new")
ADD, REPLACE, REMOVE = Change(None, NEW), Change(OLD, NEW), Change(OLD, None)
SELECTED = select([spec("extension")], make_table(column("extension", letters=4), column("name")), None)


def row(**values):
    return wire.pack(tuple(sorted(values.items())))


@pytest.mark.parametrize(
    ("policy", "change", "allowed"),
    [
        *((RowPolicy.MIRROR, change, True) for change in (ADD, REPLACE, REMOVE)),
        *((RowPolicy.UPDATE, change, change is REPLACE) for change in (ADD, REPLACE, REMOVE)),
        *((RowPolicy.COLLECT, change, change is ADD) for change in (ADD, REPLACE, REMOVE)),
    ],
)
def test_each_policy_allows_what_it_says(policy, change, allowed):
    try:
        check_policy(policy, change)
    except NotAllowed:
        assert not allowed
    else:
        assert allowed


@pytest.mark.parametrize("given", [[], [b"ne"], [b"new", b"er"], [b"old"]])
def test_it_refuses_a_content_that_was_not_announced(given):
    with pytest.raises(PeerLied):
        list(read_contents([ADD], lambda _: given))


def test_more_than_was_announced_is_not_read():
    def endless():
        yield b"new"
        yield b"!"
        raise AssertionError("read on")

    with pytest.raises(PeerLied):
        list(read_contents([ADD], lambda _: endless()))


def test_changes_are_sorted_by_table_key_and_position():
    second = Change(None, row_item(NAME + b";2", b"x"))
    tables = by_table([Coming(ADD, b"new"), Coming(second, b"x")])
    assert {place: one.content for place, one in tables["asterisk", "users"][b"1"].items()} == {0: b"new", 1: b"x"}


def test_a_row_that_fits_is_given_by_its_fields():
    assert fits(SELECTED, row(extension=b"1", name=None)) == (("extension", b"1"), ("name", None))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (row(extension=b"12345", name=b""), "extension: it holds 4"),
        (row(extension=b"1", name=b"", more=b""), "no column more here"),
        (row(extension=b"1"), "name is missing on the source"),
    ],
)
def test_it_names_what_does_not_fit(content, reason):
    with pytest.raises(Unsupported, match=reason):
        fits(SELECTED, content)


def coming(**values):
    return [Coming(ADD, row(**values))]


def test_the_same_columns_need_no_agreement():
    assert common_columns(SELECTED, coming(extension=b"1", name=b"")) is None


def test_a_column_that_this_host_fills_by_itself_is_left_out():
    assert common_columns(SELECTED, coming(extension=b"1")) == ("extension",)


def test_a_column_that_nobody_can_fill_is_not_left_out():
    table = make_table(column("extension"), column("name", nullable=False))
    assert common_columns(select([spec("extension")], table, None), coming(extension=b"1")) is None


def test_a_column_that_the_source_got_again_is_compared_again():
    narrowed = select([spec("extension")], SELECTED.table, None, ("extension",))
    assert common_columns(narrowed, coming(extension=b"1", name=b"")) == ()


def test_equal_rows_of_a_key_are_interchangeable():
    a, b, c = (row(extension=b"1", name=name) for name in (b"a", b"b", b"c"))
    found = Difference.of([Group(b"1", (a, a, b), (a, c, c))])
    assert (len(found.gone), len(found.changed), len(found.new)) == (0, 2, 0)
