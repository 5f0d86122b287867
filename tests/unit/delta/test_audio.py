"""Speech told by sample: the same bytes at its end, whatever they are, and fewer on the way where it is speech."""

import random
import struct

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.work.audio import Voice
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.delta import g711
from pbxsync_worker.delta.audio import BLOCK, Form, Told, packed, sampled, unpacked
from pbxsync_worker.delta.lanes import stepped, summed

FORMS = [
    (Form.STEPS,), (Form.MU_LEVELS, Form.STEPS), (Form.A_LEVELS, Form.STEPS), (Form.MU_CODES,), (Form.A_CODES,), (),
]  # fmt: skip


def small(pieces) -> int:
    return len(zstandard.compress(b"".join(pieces)))


def there_and_back(told: Told, content: bytes, offset: int = 0, cut: int = 1000) -> bytes:
    pieces = [content[at : at + cut] for at in range(0, len(content), cut)]
    return b"".join(unpacked(packed(told, offset, pieces)))


@given(data=st.binary(max_size=3000), width=st.sampled_from([1, 2]))
def test_steps_are_summed_up_to_what_they_were_made_of(data, width):
    whole = data[: len(data) // width * width]
    assert summed(stepped(whole, width), width) == whole


@given(
    content=st.binary(max_size=3000),
    forms=st.sampled_from(FORMS),
    start=st.integers(0, 100),
    offset=st.integers(0, 200),
    cut=st.integers(1, 3000),
)
def test_any_content_comes_back_whatever_it_was_taken_for(content, forms, start, offset, cut):
    assert there_and_back(Told(forms, start), content, offset, cut) == content


@given(
    numbers=st.binary(max_size=2000).map(lambda one: one.translate(bytes(min(at, 254) for at in range(256)))),
    lead=st.binary(max_size=3),
    tail=st.binary(max_size=1),
    law=st.sampled_from([(g711.MU_LAW, Form.MU_LEVELS), (g711.A_LAW, Form.A_LEVELS)]),
)
def test_levels_come_back_from_any_place(numbers, lead, tail, law):
    content = lead + law[0].samples_of(numbers) + tail
    assert there_and_back(Told((law[1], Form.STEPS), len(lead)), content) == content


@given(header=st.binary(max_size=200), content=st.binary(min_size=1024, max_size=5000))
def test_a_broken_header_harms_nothing(header, content):
    whole = b"RIFF" + header[:4].ljust(4, b"x") + b"WAVE" + header[4:] + content
    told = sampled(b"odd.wav", whole)
    assert told is None or there_and_back(told, whole) == whole


@given(cut=st.integers(0, 60), field=st.integers(12, 43), value=st.integers(0, 255), odd=st.booleans())
def test_a_header_that_lies_harms_nothing(cut, field, value, odd):
    wav = bytearray(Voice("lies").wav(4000) + (b"x" if odd else b""))
    wav[field] = value
    content = bytes(wav[: len(wav) - cut])
    told = sampled(b"msg0000.wav", content)
    assert told is None or there_and_back(told, content) == content


@given(blocks=st.lists(st.binary(max_size=100), max_size=5))
def test_no_foreign_block_makes_more_than_twice_its_size(blocks):
    try:
        made = list(unpacked(blocks))
    except Invalid:
        return
    assert all(len(one) <= 2 * len(block) for one, block in zip(made, blocks, strict=True))


@pytest.mark.parametrize("block", [b"", b"\0", b"\6abc", b"\x0fabc", b"\1abc", b"\0" * (BLOCK + 2)])
def test_it_refuses_what_is_no_block(block):
    with pytest.raises(Invalid):
        list(unpacked([block]))


@pytest.mark.parametrize("size", [BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 44])
def test_a_long_recording_is_told_in_bounded_blocks(size):
    content = Voice("long").wav(size)
    told = sampled(b"a.wav", content)
    assert told is not None
    blocks = list(packed(told, 0, [content]))
    assert max(map(len, blocks)) <= BLOCK + 1
    assert b"".join(unpacked(blocks)) == content


def test_a_recording_of_a_call_takes_three_quarters_of_what_its_file_takes():
    content = Voice("call").wav(200_000)
    told = sampled(b"msg0001.wav", content)
    assert told == Told((Form.MU_LEVELS, Form.STEPS), 44)
    assert small(packed(told, 0, [content])) < 0.75 * small([content])


def test_linear_speech_is_told_by_steps():
    content = Voice("studio").samples(100_000, telephone=False)
    told = sampled(b"greeting.sln16", content)
    assert told == Told((Form.STEPS,), 0)
    assert small(packed(told, 0, [content])) < 0.95 * small([content])


@pytest.mark.parametrize(("ending", "law", "form"), [("ulaw", g711.MU_LAW, 4), ("alaw", g711.A_LAW, 5)])
def test_codes_of_a_call_are_told_by_level(ending, law, form):
    levels = g711.MU_LAW.levels_of(Voice("codes").samples(50_000))
    assert levels is not None
    content = levels.translate(law.codes)
    told = sampled(f"prompt.{ending}".encode(), content)
    assert told == Told((Form(form),), 0)
    assert small(packed(told, 0, [content])) < small([content])


@pytest.mark.parametrize(
    "name", [b"music.mp3", b"prompt.gsm", b"msg0000.WAV", b"prompt.wav", b"prompt.ulaw", b"extensions.conf"]
)
def test_what_does_not_gain_is_left_alone(name):
    assert sampled(name, random.Random(1).randbytes(20_000)) is None


def test_silence_is_left_alone():
    assert sampled(b"silence.sln", bytes(20_000)) is None


def test_gsm_within_a_wav_is_left_alone():
    head = b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<IHHIIHH", 20, 49, 1, 8000, 1625, 65, 0) + b"\2\0\x40\1"
    assert sampled(b"msg0000.WAV", head + b"data\0\0\0\0" + random.Random(1).randbytes(9000)) is None


def test_a_block_that_leaves_the_levels_is_told_by_steps():
    content = Voice("call").samples(BLOCK // 2) + Voice("other").samples(1000, telephone=False)
    forms = [block[0] for block in packed(Told((Form.MU_LEVELS, Form.STEPS), 0), 0, [content])]
    assert forms == [Form.MU_LEVELS, Form.STEPS]


@pytest.mark.parametrize("law", [g711.MU_LAW, g711.A_LAW])
def test_every_code_has_a_number_of_its_own(law):
    assert bytes(range(256)).translate(law.numbers).translate(law.codes) == bytes(range(256))


def test_the_levels_are_those_of_the_recommendation():
    assert g711.MU_LAW.samples_of(bytes([0, 1, 127, 254])) == struct.pack("<4h", 0, 8, 32124, -8)
    assert g711.A_LAW.samples_of(bytes([0, 1, 127, 255])) == struct.pack("<4h", 8, 24, 32256, -8)
