import wave
from io import BytesIO

from scripts.lab.audio import RATE, tone, ulaw, wav


def test_a_tone_lasts_as_long_as_asked():
    assert len(tone([440.0], 0.5)) == RATE // 2


def test_ulaw_has_one_byte_for_each_sample():
    assert len(ulaw(tone([440.0], 0.1))) == RATE // 10


def test_silence_is_ff_in_ulaw():
    assert ulaw([0, 0]) == b"\xff\xff"


def test_ulaw_keeps_the_sign_in_the_highest_bit():
    loud, quiet = ulaw([32000, -32000])
    assert loud & 0x80
    assert not quiet & 0x80


def test_a_wav_file_can_be_read_back():
    with wave.open(BytesIO(wav([1, -2, 3]))) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getsampwidth()) == (1, RATE, 2)
        assert sound.readframes(3) == b"\x01\x00\xfe\xff\x03\x00"
