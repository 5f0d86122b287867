"""Compressed streams: what goes in comes out, cut anywhere, and nothing foreign grows beyond its limit."""

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.delta.codec import PIECE, Codec, compressor, decompress, words
from pbxsync_worker.peer.wire import VERSION

CODECS = list(Codec)
COMPRESSING = [one for one in Codec if one is not Codec.NONE]
TEXT = b"[3001]\ntype=endpoint\ncontext=from-internal\n" * 5000


def packed(codec, data):
    stream = compressor(codec)
    return stream.add(data) + stream.finish()


@pytest.mark.parametrize("codec", CODECS)
@given(data=st.binary(max_size=2000), cut=st.integers(1, 50), flush=st.booleans())
@settings(max_examples=40, deadline=None)
def test_what_goes_in_comes_out_however_the_bytes_are_cut(codec, data, cut, flush):
    stream = compressor(codec)
    sent = stream.add(data[:700]) + (stream.flush() if flush else b"") + stream.add(data[700:]) + stream.finish()
    pieces = [sent[at : at + cut] for at in range(0, len(sent), cut)]
    assert b"".join(decompress(codec, pieces, len(data))) == data


@pytest.mark.parametrize("codec", COMPRESSING)
def test_configuration_becomes_much_smaller(codec):
    assert len(packed(codec, TEXT)) * 50 < len(TEXT)


@pytest.mark.parametrize("codec", CODECS)
def test_what_was_flushed_can_be_read_before_the_stream_goes_on(codec):
    stream = compressor(codec)
    first = stream.add(b"first") + stream.flush()

    def arriving():
        yield first
        raise AssertionError("asked for more before giving what was there")

    assert next(decompress(codec, arriving(), 100)) == b"first"


@pytest.mark.parametrize("codec", CODECS)
def test_it_refuses_one_byte_more_than_the_limit(codec):
    with pytest.raises(Invalid, match="more than the allowed"):
        list(decompress(codec, [packed(codec, TEXT)], len(TEXT) - 1))


@pytest.mark.parametrize("codec", COMPRESSING)
def test_it_refuses_a_stream_that_ends_too_early(codec):
    with pytest.raises(Invalid, match="too early"):
        list(decompress(codec, [packed(codec, TEXT)[:-2]], len(TEXT)))


@pytest.mark.parametrize("codec", COMPRESSING)
def test_it_refuses_bytes_after_the_end(codec):
    with pytest.raises(Invalid):
        list(decompress(codec, [packed(codec, TEXT), b"more"], 10 * len(TEXT)))


@pytest.mark.parametrize("codec", COMPRESSING)
def test_it_refuses_what_is_no_stream_at_all(codec):
    with pytest.raises(Invalid):
        list(decompress(codec, [b"\x00\x01\x02 not compressed"], 1000))


def test_what_both_sides_know_has_not_changed_without_another_version_of_the_protocol():
    known = digest_of(words().as_bytes()).hex()
    assert (VERSION, known[:16]) == (2, "806dd84983b7b65e")


BOMBS = {
    "zstd": (Codec.ZSTD, zstandard.ZstdCompressor(level=19).compress(b"\0" * 2**27)),
    "zstd without a size": (Codec.ZSTD, zstandard.ZstdCompressor(write_content_size=False).compress(b"\0" * 2**27)),
    "words": (Codec.WORDS, zstandard.ZstdCompressor(level=19, dict_data=words()).compress(b"\0" * 2**27)[4:]),
    "brotli": (Codec.BROTLI, brotli.compress(b"\0" * 2**27)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_put_out_at_the_limit(name):
    codec, bomb = BOMBS[name]
    assert len(bomb) < 2**17
    sizes: list[int] = []
    with pytest.raises(Invalid, match="more than the allowed"):
        sizes.extend(len(piece) for piece in decompress(codec, [bomb], 2**20))
    assert max(sizes) < 2 * PIECE
    assert sum(sizes) <= 2**20


def test_it_refuses_a_stream_that_asks_for_a_huge_window():
    parameters = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True, write_content_size=0)
    greedy = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    sent = greedy.compress(b"x" * 100) + greedy.flush()
    with pytest.raises(Invalid):
        list(decompress(Codec.ZSTD, [sent], 1000))
