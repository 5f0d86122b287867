"""How datasets begin."""

import pytest

from pbxsync_worker.core.model import offers, presets
from pbxsync_worker.core.model.dataset import DeletePolicy
from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.pattern import matcher


def test_a_plain_asterisk_gets_the_configuration_and_freepbx_does_not():
    assert offers.offer("asterisk-configuration", freepbx=False).works
    with pytest.raises(NotFound):
        offers.offer("asterisk-configuration", freepbx=True)


def test_a_preset_asks_for_what_it_refers_to():
    flow, people, sounds = map(presets.preset, ("call-flow", "extensions-users", "greetings-recordings"))
    assert offers.missing([flow]) == (people, sounds)
    assert offers.missing([flow, people, sounds]) == ()
    assert offers.missing([presets.preset("whole-configuration")]) == ()
    assert offers.missing([flow, sounds], [presets.as_dataset([people], "p", "P")]) == ()
    assert offers.missing([flow, sounds], [presets.as_dataset([people.without_rows], "p", "P")]) == (people,)


def test_several_are_called_by_their_titles_as_long_as_they_fit():
    two = [presets.preset("music-on-hold"), presets.preset("call-recordings")]
    assert offers.title_of(two) == "Music on hold, Call recordings"
    many = presets.offered(freepbx=True)
    assert 0 < len(offers.title_of(many)) <= 64


def test_everything_is_translated():
    said = set(offers.texts())
    for one in presets.PRESETS:
        assert {one.title, one.purpose, *one.not_yet} <= said


def test_the_default_removes_only_what_a_run_brought():
    sets = offers.everything().file_sets
    assert offers.everything().name == "pbx-files"
    assert {one.delete for one in sets} == {DeletePolicy.KNOWN}
    for one in sets:
        matcher(one.include + one.exclude)


@pytest.mark.parametrize(
    ("name", "travels"),
    [
        (b"ASTETCDIR/extensions.conf", True),
        (b"ASTETCDIR/old.bak", False),
        (b"ASTSPOOLDIR/voicemail/default/100/unavail.wav", True),
        (b"ASTSPOOLDIR/voicemail/default/100/INBOX/msg0000.wav", False),
        (b"ASTVARLIBDIR/moh/song.wav", True),
        (b"ASTVARLIBDIR/moh/song.wav.part", False),
        (b"ASTVARLIBDIR/sounds/en/custom/hello.wav", True),
        (b"ASTVARLIBDIR/sounds/en/hello.wav", False),
    ],
)
def test_a_warm_replica_takes_what_people_made_and_nothing_else(name, travels):
    assert any(one.selects(name) for one in offers.everything().file_sets) is travels
