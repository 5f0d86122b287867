"""The generated work: the same for the same seed, and of the size that the table names."""

from itertools import islice

from benchmarks.scene import rename_protected
from benchmarks.work import astdb
from benchmarks.work.config import COUNT, EDITED, config_files
from benchmarks.work.media import prompts, recordings, voicemail
from scripts.lab.people import people

STAFF = people(20, 1, 1000)


def test_configuration_is_the_same_for_the_same_seed():
    assert config_files(STAFF, 1, largest=2) == config_files(STAFF, 1, largest=2)


def test_another_seed_gives_another_configuration():
    assert config_files(STAFF, 1, largest=2) != config_files(STAFF, 2, largest=2)


def test_there_are_220_files_of_configuration_with_those_that_are_edited():
    found = config_files(STAFF, 1, largest=2)
    assert len(found) == COUNT
    assert set(EDITED) <= set(found)


def test_every_message_has_a_sound_and_a_text_of_the_same_name():
    sound, text = islice(voicemail(STAFF, 1), 2)
    assert sound[0].removesuffix(".wav") == text[0].removesuffix(".txt")


def test_voicemail_is_the_same_for_the_same_seed():
    assert list(islice(voicemail(STAFF, 1), 20)) == list(islice(voicemail(STAFF, 1), 20))


def test_no_two_messages_have_the_same_name():
    names = [name for name, _, _ in islice(voicemail(STAFF, 1), 400)]
    assert len(set(names)) == len(names)


def test_prompts_are_the_same_for_the_same_seed():
    assert list(islice(prompts(1), 20)) == list(islice(prompts(1), 20))


def test_recordings_lie_a_thousand_to_a_folder():
    folders = {name.rpartition("/")[0] for name, _, _ in recordings(3000, 1)}
    assert len(folders) == 3


def test_astdb_has_fifty_thousand_keys():
    pairs = astdb.keys(people(1000, 1, 1000), 1)
    assert len(pairs) == astdb.KEYS
    assert len(dict(pairs)) > astdb.KEYS - 10


def test_what_belongs_to_a_host_is_not_compared(tmp_path):
    astdb.write(tmp_path / "astdb.sqlite3", [("/CW/1", "ENABLED"), ("/registrar/contact/1", "here")])
    assert astdb.read(tmp_path / "astdb.sqlite3") == {"/CW/1": "ENABLED"}


def test_files_that_never_travel_get_a_name_that_does(tmp_path):
    etc = tmp_path / "etc-asterisk"
    etc.mkdir()
    for name in ("manager.conf", "queues.conf"):
        (etc / name).touch()
    rename_protected(tmp_path)
    assert sorted(path.name for path in etc.iterdir()) == ["bench_manager.conf", "queues.conf"]
