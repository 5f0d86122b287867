from array import array

import zstandard

from benchmarks.work.audio import Voice


def test_the_same_seed_gives_the_same_recording():
    assert Voice("a").wav(20_000) == Voice("a").wav(20_000)


def test_another_seed_gives_another_recording():
    assert Voice("a").wav(20_000) != Voice("b").wav(20_000)


def test_a_wav_file_says_how_long_it_is():
    wav = Voice("a").wav(20_000)
    assert wav[:4] == b"RIFF"
    assert int.from_bytes(wav[4:8], "little") == len(wav) - 8
    assert int.from_bytes(wav[40:44], "little") == len(wav) - 44


def test_a_call_has_at_most_the_255_levels_of_mu_law():
    assert len(set(array("h", Voice("a").samples(100_000)))) <= 255


def test_a_prompt_has_many_more_levels():
    assert len(set(array("h", Voice("a").samples(100_000, telephone=False)))) > 1000


def test_it_compresses_as_telephone_speech_does_and_no_better():
    wav = Voice("a").wav(1_000_000)
    assert 1.3 < len(wav) / len(zstandard.compress(wav, 3)) < 2.3


def test_a_prompt_hardly_compresses():
    wav = Voice("a").wav(1_000_000, telephone=False)
    assert 1.0 < len(wav) / len(zstandard.compress(wav, 3)) < 1.5
