"""Values to MessagePack and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.host import Catalogue
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.run import Run
from pbxsync_worker.core.wire import pack, unpack
from tests.unit.core.values import ITEMS, catalogue, run


@given(ITEMS)
def test_an_item_comes_back_as_it_was(item):
    assert unpack(pack(item), Item) == item


@pytest.mark.parametrize(("value", "kind"), [(run(), Run), (catalogue(), Catalogue)])
def test_a_value_comes_back_as_it_was(value, kind):
    assert unpack(pack(value), kind) == value


@given(st.binary(max_size=40))
def test_any_bytes_are_a_value_or_refused(data):
    try:
        assert isinstance(unpack(data, Run), Run)
    except Invalid as error:
        assert error.fields["what"] == "message"  # noqa: PT017 - either is right


@given(st.data())
def test_cut_anywhere_it_is_refused(data):
    whole = pack(run())
    with pytest.raises(Invalid):
        unpack(whole[: data.draw(st.integers(0, len(whole) - 1))], Run)


def test_it_refuses_a_value_of_another_type():
    with pytest.raises(Invalid):
        unpack(pack(catalogue()), Run)


def test_it_refuses_a_value_outside_its_enumeration():
    with pytest.raises(Invalid):
        unpack(pack(run()).replace(b"REQUESTED", b"REQUESTEX"), Run)


def test_it_refuses_a_nesting_without_end():
    with pytest.raises(Invalid):
        unpack(b"\x91" * 100_000, object)
