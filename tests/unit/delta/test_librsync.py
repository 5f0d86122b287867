"""Signature, delta and patch: the same bytes come out, and a hostile delta never yields more than announced."""

import io
import random
import shutil
import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.delta import librsync

OLD = random.Random(1).randbytes(300_000)
NEW = OLD[:100_000] + b"a line in the middle\n" + OLD[100_050:] + b"and one at the end"


def signed(data):
    return librsync.signature(io.BytesIO(data), len(data))


def changes(old, new, cut=65536):
    return b"".join(librsync.delta(signed(old), (new[at : at + cut] for at in range(0, len(new), cut))))


def patched(old, delta, limit, cut=65536):
    pieces = (delta[at : at + cut] for at in range(0, len(delta), cut))
    return b"".join(librsync.patch(io.BytesIO(old), pieces, limit))


@given(old=st.binary(max_size=3000), new=st.binary(max_size=3000), cut=st.integers(1, 500))
@settings(max_examples=60, deadline=None)
def test_a_patched_base_is_the_new_content_however_the_bytes_are_cut(old, new, cut):
    assert patched(old, changes(old, new, cut), len(new), cut) == new


def test_a_small_change_of_a_large_file_makes_a_small_delta():
    delta = changes(OLD, NEW)
    assert len(delta) + len(signed(OLD)) < len(NEW) // 15
    assert patched(OLD, delta, len(NEW)) == NEW


def test_it_stops_before_the_announced_size_is_exceeded():
    delta = changes(OLD, NEW)
    sizes: list[int] = []
    with pytest.raises(Invalid, match="more than the announced"):
        sizes.extend(len(piece) for piece in librsync.patch(io.BytesIO(OLD), [delta], 200_000))
    assert sum(sizes) <= 200_000


def test_a_delta_that_copies_the_same_block_for_ever_is_stopped():
    copy = b"\x45\x00\xff"  # RS_OP_COPY_N1_N1: 255 bytes from position 0
    bomb = struct.pack(">I", 0x72730236) + copy * 100_000 + b"\0"
    with pytest.raises(Invalid, match="more than the announced"):
        list(librsync.patch(io.BytesIO(OLD), [bomb], 1000))


@pytest.mark.parametrize(
    "command",
    [
        b"\x4f\x00\x00\x00\x00\x7f\xff\xff\xff\x10\x00",  # far behind the end of the base
        b"\x54" + b"\xff" * 8 + b"\x10" + b"\0",  # a negative position
        b"\xff",  # no such command
        b"\x41\x05ab",  # a literal that is cut
    ],
)
def test_it_refuses_a_delta_out_of_range(command):
    with pytest.raises(Invalid):
        list(librsync.patch(io.BytesIO(OLD), [struct.pack(">I", 0x72730236) + command], 10_000))


def test_it_refuses_a_delta_that_goes_on_after_its_end():
    with pytest.raises(Invalid, match="follows its end"):
        patched(OLD, changes(OLD, NEW) + b"more", len(NEW))


def test_it_refuses_a_delta_that_is_cut():
    with pytest.raises(Invalid, match="too early"):
        patched(OLD, changes(OLD, NEW)[:-1], len(NEW))


def test_a_thousand_mutated_deltas_never_yield_more_than_the_limit_and_the_digest_finds_every_wrong_one():
    chance = random.Random(7)
    good = changes(OLD[:20_000], NEW[:20_000])
    silent = 0
    for _ in range(1000):
        bad = bytearray(good)
        bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
        try:
            made = patched(OLD[:20_000], bytes(bad), 20_000)
        except Invalid:
            continue
        assert len(made) <= 20_000
        if made != NEW[:20_000]:
            silent += 1
            assert digest_of(made) != digest_of(NEW[:20_000])
    assert silent, "without one silently wrong result this test shows nothing"


@pytest.mark.parametrize(
    "header",
    [
        (0x72730136, 2048, 8),  # MD4
        (librsync.MAGIC, 1, 8),
        (librsync.MAGIC, 2**31, 8),
        (librsync.MAGIC, 2048, 0),
        (librsync.MAGIC, 2048, 33),
        (0x72730236, 2048, 8),
    ],
)
def test_it_refuses_a_signature_with_an_impossible_header(header):
    with pytest.raises(Invalid):
        list(librsync.delta(struct.pack(">III", *header) + b"x" * 12, [NEW]))


def test_it_refuses_a_signature_that_is_cut():
    with pytest.raises(Invalid):
        list(librsync.delta(signed(OLD)[:-3], [NEW]))


def test_a_mutated_signature_costs_bytes_but_never_correctness_beyond_the_digest():
    chance = random.Random(3)
    good = signed(OLD[:50_000])
    for _ in range(100):
        bad = bytearray(good)
        bad[chance.randrange(12, len(bad))] ^= 1 << chance.randrange(8)
        delta = b"".join(librsync.delta(bytes(bad), [NEW[:50_000]]))
        assert len(patched(OLD[:50_000], delta, 60_000)) == 50_000


def test_a_base_that_cannot_be_read_is_our_trouble_and_not_the_peers():
    class Broken(io.BytesIO):
        def read(self, *_):
            raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(librsync.patch(Broken(OLD), [changes(OLD, NEW)], len(NEW)))


@pytest.mark.skipif(shutil.which("rdiff") is None, reason="the program rdiff is not installed")
def test_rdiff_understands_our_signature_and_we_understand_its_delta(tmp_path):
    (tmp_path / "signature").write_bytes(signed(OLD))
    (tmp_path / "new").write_bytes(NEW)
    command = ["rdiff", "delta", str(tmp_path / "signature"), str(tmp_path / "new"), str(tmp_path / "delta")]
    subprocess.run(command, check=True, timeout=20)
    assert patched(OLD, (tmp_path / "delta").read_bytes(), len(NEW)) == NEW


@pytest.mark.skipif(shutil.which("rdiff") is None, reason="the program rdiff is not installed")
def test_rdiff_applies_our_delta(tmp_path):
    (tmp_path / "old").write_bytes(OLD)
    (tmp_path / "delta").write_bytes(changes(OLD, NEW))
    command = ["rdiff", "patch", str(tmp_path / "old"), str(tmp_path / "delta"), str(tmp_path / "new")]
    subprocess.run(command, check=True, timeout=20)
    assert (tmp_path / "new").read_bytes() == NEW
