"""Reloads come in their order, each once."""

from pbxsync_worker.core.model.plan import Reload
from pbxsync_worker.core.model.presets.actions import ACTIONS, regenerates, reloads


def test_the_dialplan_comes_last_because_it_refers_to_everything_and_then_messages_are_counted():
    assert list(ACTIONS)[-3:] == ["pjsip", "dialplan", "mwi"]


def test_reloads_are_ordered_and_each_is_sent_once():
    asked = ["dialplan", "parking", "regen", "pjsip", "dialplan"]
    assert reloads(asked, "rows changed") == (
        Reload("res_parking.so", "rows changed", optional=True),
        Reload("res_pjsip.so", "rows changed"),
        Reload("pbx_config.so", "rows changed"),
    )


def test_writing_files_is_asked_for_by_name():
    assert regenerates(["regen", "pjsip"])
    assert not regenerates(["voicemail"])
