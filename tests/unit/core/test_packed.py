import pytest
import zstandard

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.packed import packed, unpacked
from pbxsync_worker.core.wire import pack


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 5000])
def test_what_was_packed_comes_out_again(count: int) -> None:
    values = [f"{number} {number**7}" for number in range(count)]
    assert list(unpacked(packed(values), str)) == values


def test_what_an_older_version_stored_is_read() -> None:
    for count in (0, 3, 70_000):
        values = tuple(range(count))
        assert tuple(unpacked(zstandard.compress(pack(values)), int)) == values


def test_it_refuses_what_was_cut() -> None:
    whole = packed([f"{number}" for number in range(2000)])
    for cut in (0, 1, len(whole) // 2, len(whole) - 1):
        with pytest.raises(Invalid):
            list(unpacked(whole[:cut], str))


def test_it_refuses_what_is_no_stream_and_what_is_of_another_kind() -> None:
    for data in (b"nothing", zstandard.compress(b"\0\0\0\5ab"), packed([1, 2])):
        with pytest.raises(Invalid):
            list(unpacked(data, str))
