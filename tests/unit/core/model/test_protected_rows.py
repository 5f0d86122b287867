"""Rows that never leave a host and are never touched on one, whatever a dataset says."""

import pytest

from pbxsync_worker.core.model.dataset import TableSet
from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.presets import PRESETS, as_dataset
from pbxsync_worker.core.model.protected import ALWAYS
from pbxsync_worker.datasets.mysql.host_specific import refuse_other_keys

protected = matcher(ALWAYS)


@pytest.mark.parametrize(
    "name",
    [
        *("freepbx_settings/AMPMGRPASS", "freepbx_settings/AMPDBPASS", "freepbx_settings/POST_RELOAD"),
        *("freepbx_settings/VIEW_LOGIN", "freepbx_settings/WHICH_php", "admin/version", "modules/core"),
        *("notifications/a,b", "api_applications/1", "certman_certs/1", "sysadmin_options/x", "cron_jobs/1"),
        *("kvstore:Sipsettings/noid,externip", "kvstore_Sipsettings/noid,binds", "sipsettings/bindaddr,0,1"),
        *("kvstore:Sipsettings/noid,udpport-10.0.0.4", "kvstore_FreePBX_modules_Sipsettings/noid,pjsipcertid"),
        *("kvstore:Backup/a,b", "kvstore_FreePBX_modules_Firewall/a,b", "kvstore_FreePBX_Hooks/a,b"),
    ],
)
def test_it_is_protected(name):
    assert protected(b"SQL/asterisk/" + name.encode())


@pytest.mark.parametrize(
    "name",
    [
        *("freepbx_settings/RINGTIMER", "kvstore:Sipsettings/noid,voicecodecs", "kvstore:Contactmanager/a,b"),
        *("users/2001", "trunks/1,pjsip,ACME", "sipsettings/context,0,0", "ampusers/admin", "arimanager/x"),
    ],
)
def test_it_may_travel(name):
    assert not protected(b"SQL/asterisk/" + name.encode())


@pytest.mark.parametrize("one", PRESETS, ids=lambda one: one.name)
def test_no_preset_selects_a_table_that_is_wholly_protected(one):
    tables = as_dataset([one], one.name, one.title).tables
    assert [table.table for table in tables if protected(table.base + b"x,y")] == []
    refuse_other_keys(tables)


@pytest.mark.parametrize(
    ("table", "key"),
    [("freepbx_settings", ("value",)), ("freepbx_settings", ()), ("kvstore:Sipsettings", ("key", "id"))],
)
def test_settings_that_are_named_by_something_else_than_their_key_are_refused(table, key):
    with pytest.raises(Unsupported, match="must be named by"):
        refuse_other_keys([TableSet("asterisk", table, key)])
