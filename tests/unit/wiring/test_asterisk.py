"""The control of an installation, as its settings say."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.asterisk_action import Hook, parse_action
from pbxsync_worker.core.settings import Settings
from pbxsync_worker.wiring import Installation


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path, freepbx_conf=tmp_path / "freepbx.conf", asterisk_starter="nobody")


def why_not(settings, text):
    return Installation(settings).asterisk.why_not(parse_action(text))


def test_a_host_without_a_starter_restarts_but_does_not_stop(settings):
    assert why_not(settings, "restart now") == ""
    assert why_not(settings, "stop and start now")
    commands = replace(settings, asterisk_starter="commands", asterisk_start=("/usr/sbin/asterisk",))
    assert why_not(commands, "stop and start now") == ""


def test_only_hooks_of_the_settings_run(settings):
    assert why_not(settings, "hook flush")
    assert why_not(replace(settings, hooks=(Hook("flush", ("/bin/true",)),)), "hook flush") == ""


def test_freepbx_applies_its_configuration_only_where_it_is(settings):
    assert why_not(settings, "fwconsole reload")
    settings.freepbx_conf.touch()
    assert why_not(settings, "fwconsole reload") == ""
