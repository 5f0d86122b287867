"""What a file is, by where it lies."""

import pytest

from pbxsync_worker.core.model.words.files import kind_of_file
from tests.unit.core.values import directory, file


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ASTETCDIR/extensions_custom.conf", "dialplanfile"),
        ("ASTETCDIR/extensions_override_freepbx.conf", "dialplanfile"),
        ("ASTETCDIR/pjsip.endpoint_custom_post.conf", "customfile"),
        ("ASTETCDIR/pjsip.conf", "configfile"),
        ("ASTSPOOLDIR/voicemail/default/2001/busy.wav", "greeting"),
        ("ASTSPOOLDIR/voicemail/default/2001/INBOX/msg0000.wav", "message"),
        ("ASTSPOOLDIR/monitor/2026/01/01/a.wav", "callaudio"),
        ("ASTVARLIBDIR/moh/jazz/a.wav", "musicfile"),
        ("ASTDATADIR/sounds/en/custom/hello.wav", "soundfile"),
        ("ASTVARLIBDIR/agi-bin/mine.php", "script"),
        ("ASTVARLIBDIR/else", "otherfile"),
    ],
)
def test_a_file_is_called_by_its_place(name, kind):
    assert kind_of_file(file(name.encode())) == kind


def test_a_folder_is_a_folder_wherever_it_lies():
    assert kind_of_file(directory(b"ASTVARLIBDIR/moh/jazz")) == "folder"
