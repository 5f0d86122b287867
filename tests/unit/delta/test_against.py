"""A content told by another one that both sides hold; no foreign patch makes more than was announced."""

import struct

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.delta.against import patch_against, rebuilt

TEXT = b"".join(b"exten => %d,1,Dial(PJSIP/%d)\n" % (number, number) for number in range(30_000))


@given(st.binary(max_size=300), st.binary(max_size=300), st.binary(max_size=300))
def test_a_patch_makes_what_it_was_made_of(base, middle, end):
    new = base + middle + base + end
    assert rebuilt(base, patch_against(base, new), len(new)) == new


def test_a_few_edited_lines_in_a_large_file_take_few_bytes():
    new = TEXT.replace(b"=> 7777,", b"=> 8888,").replace(b"=> 7785,", b"")
    patch = patch_against(TEXT, new)
    assert len(patch) < 100
    assert rebuilt(TEXT, patch, len(new)) == new


@pytest.mark.parametrize("size", [0, 5, len(TEXT) - 1])
def test_it_refuses_to_make_more_than_was_announced(size):
    with pytest.raises(Invalid):
        rebuilt(TEXT, patch_against(TEXT, TEXT), size)


def test_it_refuses_an_announced_size_that_is_another():
    with pytest.raises(Invalid, match="another size"):
        rebuilt(b"", bytes(8) + zstandard.compress(b"x" * 2**20), 10)


@pytest.mark.parametrize(("start", "end"), [(2**32 - 1, 0), (0, 2**32 - 1), (len(TEXT), 1), (0, 0)])
def test_it_refuses_to_take_what_is_not_there(start, end):
    with pytest.raises(Invalid):
        rebuilt(TEXT, struct.pack(">II", start, end) + zstandard.compress(b""), 2 * len(TEXT))


@given(st.binary(max_size=200))
def test_it_refuses_bytes_that_are_no_patch(data):
    with pytest.raises(Invalid):
        rebuilt(TEXT, bytes(8) + b"not zstd" + data, 100)
