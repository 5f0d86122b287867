"""The datasets to start from."""

import pytest

from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.starters import STARTERS, everything


def test_each_has_a_name_of_its_own():
    names = [one.name for one in (*STARTERS, everything())]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("file_set", everything().file_sets)
def test_its_patterns_are_valid(file_set):
    matcher(file_set.include + file_set.exclude)


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
    assert any(one.selects(name) for one in everything().file_sets) is travels
