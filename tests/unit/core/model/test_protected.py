"""What must never leave or be touched; one row for each reason."""

import pytest

from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.protected import ALWAYS, FREEPBX


@pytest.mark.parametrize(
    "name",
    [
        b"ASTETCDIR/asterisk.conf",
        b"ASTETCDIR/manager.conf",
        b"ASTETCDIR/manager_custom.conf",
        b"ASTETCDIR/freepbx_chown.conf",
        b"ASTETCDIR/keys/ca.key",
        b"ASTETCDIR/keys/deep/er.pem",
        b"ASTETCDIR/pjsip.transports_custom.conf",
        b"ASTETCDIR/pjsip.transports_custom_post.conf",
        b"ASTETCDIR/res_odbc_custom.conf",
        b"ASTETCDIR/.pbxsync-stage",
        b"ASTETCDIR/sub/.pbxsync-stage/0001",
        b"ASTSPOOLDIR/outgoing/now.call",
        b"ASTSPOOLDIR/incron/x",
        b"ASTSPOOLDIR/voicemail/default/100/tmp/msg",
        b"ASTSPOOLDIR/voicemail/default/100/INBOX/.lock",
        b"ASTSPOOLDIR/voicemail/default/100/INBOX/.lock-1",
        b"ASTSPOOLDIR/voicemail/device/100/x",
        b"ASTVARLIBDIR/astdb.sqlite3",
        b"ASTDATADIR/astdb.sqlite3-journal",
        b"ASTVARLIBDIR/keys/host.key",
        b"ASTVARLIBDIR/.ssh/authorized_keys",
        b"ASTDATADIR/bin/script",
    ],
)
def test_it_never_travels(name):
    assert matcher(ALWAYS)(name)


@pytest.mark.parametrize(
    "name",
    [
        b"ASTETCDIR/extensions_custom.conf",
        b"ASTETCDIR/pjsip.endpoint_custom.conf",
        b"ASTETCDIR/voicemail.conf",
        b"ASTETCDIR/backup.conf",
        b"ASTSPOOLDIR/voicemail/default/100/INBOX/msg0000.wav",
        b"ASTVARLIBDIR/sounds/en/hello.gsm",
        b"ASTVARLIBDIR/moh/song.wav",
    ],
)
def test_it_may_travel(name):
    assert not matcher(ALWAYS + FREEPBX)(name)


@pytest.mark.parametrize(
    "name",
    [b"ASTETCDIR/extensions_additional.conf", b"ASTETCDIR/pjsip.endpoint.conf", b"ASTETCDIR/extensions.conf"],
)
def test_what_freepbx_writes_is_protected_only_beside_freepbx(name):
    assert matcher(FREEPBX)(name)
    assert not matcher(ALWAYS)(name)
