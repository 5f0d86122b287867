"""The kind of samples is told by the header of a recording, else by the extension that Asterisk gives it."""

import struct

import pytest

from pbxsync_worker.delta.wav import Coding, coding_of


def header(tag: int = 1, bits: int = 16, before: bytes = b"") -> bytes:
    """Return the beginning of a .wav file, with other chunks before its samples."""
    told = struct.pack("<4sIHHIIHH", b"fmt ", 16, tag, 1, 8000, 16000, 2, bits)
    return b"RIFF\0\0\0\0WAVE" + told + before + b"data\0\0\0\0"


@pytest.mark.parametrize(
    ("tag", "bits", "coding"),
    [(1, 16, Coding.LINEAR), (0xFFFE, 16, Coding.LINEAR), (6, 8, Coding.A_LAW), (7, 8, Coding.MU_LAW)],
)
def test_a_header_tells_how_samples_are_written_and_where_they_begin(tag, bits, coding):
    start = header(tag, bits)
    assert coding_of(b"x/msg0000.gsm", start) == (coding, len(start))


def test_other_chunks_before_the_samples_are_passed_over_also_of_odd_length():
    start = header(before=b"LIST\3\0\0\0abc\0")
    assert coding_of(b"a.wav", start) == (Coding.LINEAR, len(start))


@pytest.mark.parametrize(("tag", "bits"), [(1, 8), (1, 24), (49, 0), (0x55, 0)])
def test_samples_of_another_kind_are_not_taken_for_ours(tag, bits):
    assert coding_of(b"a.wav", header(tag, bits)) is None


@pytest.mark.parametrize("length", [12, 20, 35, 40])
def test_a_header_that_ends_too_early_tells_nothing(length):
    assert coding_of(b"a.wav", header()[:length]) is None


@pytest.mark.parametrize(
    ("name", "coding"),
    [
        (b"moh/a.ulaw", Coding.MU_LAW),
        (b"a.PCM", Coding.MU_LAW),
        (b"a.alaw", Coding.A_LAW),
        (b"a.sln16", Coding.LINEAR),
    ],
)
def test_a_file_without_a_header_is_told_by_its_extension(name, coding):
    assert coding_of(name, b"\1\2") == (coding, 0)


@pytest.mark.parametrize("name", [b"a.gsm", b"a.mp3", b"a.ulaw/readme", b"ulaw", b"a.sln7"])
def test_any_other_name_tells_nothing(name):
    assert coding_of(name, b"\1\2") is None
