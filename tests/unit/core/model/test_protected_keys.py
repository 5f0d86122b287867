"""AstDB keys that never leave a host."""

import pytest

from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.protected import ALWAYS, DEVICE_AND_USER


@pytest.mark.parametrize(
    "name",
    [
        *("registrar/contact/2001;@abc", "subscription_persistence/x", "pbx/UUID", "Queue/PersistentMembers/600"),
        *("SIP/Registry/2001", "IAX/Registry/1", "iax/provisioning/x", "dundi/cache", "dundi/secret", "dahdi/1"),
        *("MediaCache/http/x/path", "StasisDeviceState/x", "CustomDevstate/DND2001", "cidname/5551234"),
        *("privacy/x/y", "RG/1", "RECCONF/1", "CALLTRACE/2001", "EDEVICE/1", "ZULU/1"),
        *("AMPUSER/2001/queuehint", "AMPUSER/2001/pausequeuehint"),
    ],
)
def test_it_is_protected(name):
    assert matcher(ALWAYS)(b"ASTDB/" + name.encode())


@pytest.mark.parametrize(
    "name",
    ["AMPUSER/2001/cidname", "CF/2001", "DND/2001", "RINGGROUP/600/changecid", "Queue/x", "TRUNK/1/dialopts"],
)
def test_it_may_travel(name):
    assert not matcher(ALWAYS)(b"ASTDB/" + name.encode())


def test_who_sits_where_stays_where_people_log_in_to_phones():
    assert matcher(DEVICE_AND_USER)(b"ASTDB/AMPUSER/2001/device")
    assert matcher(DEVICE_AND_USER)(b"ASTDB/DEVICE/2001/user")
    assert not matcher(DEVICE_AND_USER)(b"ASTDB/DEVICE/2001/dial")
