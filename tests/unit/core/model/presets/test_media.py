"""Recordings of calls and their records are collected; announcements and music are mirrored."""

from pbxsync_worker.core.model.dataset import DeletePolicy, RowPolicy
from pbxsync_worker.core.model.presets import as_dataset
from pbxsync_worker.core.model.presets.media import (
    CALL_RECORDINGS,
    CALL_RECORDS,
    GREETINGS_RECORDINGS,
    MUSIC_ON_HOLD,
)


def test_records_are_collected_and_never_changed():
    every = CALL_RECORDS.chosen(frozenset({"cel", "queuelog"})).tables
    assert [one.policy for one in every] == [RowPolicy.COLLECT] * 3
    assert [one.by for one in every] == ["calldate", "id", "id"]
    dataset = as_dataset([CALL_RECORDS], "records", "Records")
    assert dataset.delete_policy(every[0].base + b"1") is DeletePolicy.NEVER


def test_the_number_of_a_call_event_never_travels():
    assert [table.drop for one in CALL_RECORDS.options for table in one.parts.tables] == [("id",), ("id",)]


def test_audio_of_calls_is_never_removed_and_unfinished_files_never_travel():
    recordings = CALL_RECORDINGS.parts.file_sets[0]
    assert recordings.delete is DeletePolicy.NEVER
    assert recordings.selects(b"ASTSPOOLDIR/monitor/2026/11/22/out-1.wav")
    assert not recordings.selects(b"ASTSPOOLDIR/monitor/2026/11/22/out-1.wav.part")
    assert not recordings.selects(b"ASTSPOOLDIR/monitor/other.wav")


def test_sound_packs_never_travel_and_own_announcements_do():
    sounds = GREETINGS_RECORDINGS.parts.file_sets[0]
    assert sounds.selects(b"ASTVARLIBDIR/sounds/en/custom/hello.wav")
    assert not sounds.selects(b"ASTVARLIBDIR/sounds/en/vm-intro.gsm")


def test_music_travels_without_the_silent_class():
    music = MUSIC_ON_HOLD.parts.file_sets[0]
    assert music.selects(b"ASTVARLIBDIR/moh/jazz/one.wav")
    assert not music.selects(b"ASTVARLIBDIR/moh/.nomusic_reserved/silence.wav")
