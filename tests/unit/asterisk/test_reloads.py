import pytest

from pbxsync_worker.asterisk.reloads import Reloads, reloads_for
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from tests.fakes.ami_config import MemoryView

FOLDER = MemoryView(
    {
        "pjsip.conf": "#include pjsip.endpoint.conf\n#include <phones/*.conf>\n#tryinclude gone.conf\n",
        "pjsip.endpoint.conf": '#include "deep/one.conf"\n',
        "deep/one.conf": "#include shared.conf\n",
        "phones/a.conf": "",
        "shared.conf": "#include deep/one.conf\n",
        "extensions.conf": "#include shared.conf\n#include tab-separated.conf\n",
    }
)


def _change(name: str, kind: ItemKind = ItemKind.FILE) -> Change:
    return Change(None, Item(name.encode(), kind, 1, b"1"))


def _reloads(*names: str) -> Reloads:
    return reloads_for([_change(name) for name in names], FOLDER)


def _modules(*names: str) -> list[str]:
    return [one.module for one in _reloads(*names).actions]


@pytest.mark.parametrize(
    ("name", "modules"),
    [
        ("ASTETCDIR/extensions.conf", ["pbx_config.so"]),
        ("ASTETCDIR/extensions_additional.conf", ["pbx_config.so"]),
        ("ASTETCDIR/pjsip.conf", ["res_pjsip.so"]),
        ("ASTETCDIR/pjsip.aor.conf", ["res_pjsip.so"]),
        ("ASTETCDIR/pjsip_notify.conf", ["res_pjsip_notify.so"]),
        ("ASTETCDIR/pjsip_wizard.conf", ["res_pjsip_config_wizard.so"]),
        ("ASTETCDIR/queues_additional.conf", ["app_queue.so"]),
        ("ASTETCDIR/queuerules.conf", ["app_queue.so"]),
        ("ASTETCDIR/voicemail.conf", ["app_voicemail.so"]),
        ("ASTETCDIR/musiconhold_custom.conf", ["res_musiconhold.so"]),
        ("ASTVARLIBDIR/moh/default/song.wav", ["res_musiconhold.so"]),
        ("ASTDATADIR/moh/song.wav", ["res_musiconhold.so"]),
        ("ASTETCDIR/features_applicationmap_custom.conf", ["features"]),
        ("ASTETCDIR/res_parking_custom.conf", ["res_parking.so"]),
        ("ASTETCDIR/confbridge.conf", ["app_confbridge.so"]),
        ("ASTETCDIR/manager.d/x.conf", ["manager"]),
        ("ASTETCDIR/keys/server.pem", ["http", "res_pjsip.so"]),
        ("ASTVARLIBDIR/sounds/en/custom/x.wav", []),
        ("ASTSPOOLDIR/voicemail/default/1/INBOX/msg0000.txt", []),
        ("ASTVARLIBDIR/agi-bin/x.agi", []),
    ],
)
def test_each_file_needs_its_reload(name, modules):
    assert _modules(name) == modules


@pytest.mark.parametrize("name", ["deep/one.conf", "phones/a.conf", "phones/removed.conf", "gone.conf"])
def test_a_file_is_followed_to_the_main_file_that_includes_it(name):
    assert _modules(f"ASTETCDIR/{name}")[:1] == ["res_pjsip.so"]


def test_a_file_that_two_main_files_reach_needs_both():
    assert _modules("ASTETCDIR/shared.conf") == ["res_pjsip.so", "pbx_config.so"]


def test_the_order_is_fixed_and_the_dialplan_comes_last():
    names = (
        "extensions",
        "pjsip",
        "confbridge",
        "res_parking",
        "queues",
        "voicemail",
        "musiconhold",
        "features",
        "acl",
    )
    assert _modules(*(f"ASTETCDIR/{name}.conf" for name in names)) == [
        "acl", "features", "res_musiconhold.so", "app_voicemail.so", "app_queue.so", "res_parking.so",
        "app_confbridge.so", "res_pjsip.so", "pbx_config.so",
    ]  # fmt: skip


def test_a_module_is_reloaded_once_and_the_reason_names_the_files():
    (one,) = _reloads("ASTETCDIR/pjsip.a.conf", "ASTETCDIR/pjsip.b.conf").actions
    assert one.because == "pjsip.a.conf, pjsip.b.conf changed"


def test_a_long_reason_is_shortened():
    (one,) = _reloads(*(f"ASTETCDIR/pjsip.{n}.conf" for n in range(5))).actions
    assert one.because.endswith("and 2 more changed")


def test_only_modules_that_no_pbx_can_lack_are_needed():
    actions = _reloads("ASTETCDIR/pjsip.conf", "ASTETCDIR/iax.conf", "ASTETCDIR/extensions.conf").actions
    assert [one.module for one in actions if not one.optional] == ["res_pjsip.so", "pbx_config.so"]


@pytest.mark.parametrize("name", ["modules.conf", "asterisk.conf", "sorcery.conf", "ccss.conf"])
def test_files_read_only_at_start_are_told_and_not_reloaded(name):
    assert _reloads(f"ASTETCDIR/{name}") == Reloads((), restart=(name,))


def test_an_unknown_file_reloads_nothing_and_is_told():
    assert _reloads("ASTETCDIR/mystery.conf") == Reloads((), unknown=("mystery.conf",))


def test_an_unknown_file_that_is_no_configuration_is_nothing():
    assert _reloads("ASTETCDIR/README") == Reloads(())


def test_a_removed_file_needs_its_reload_too():
    gone = Change(Item(b"ASTETCDIR/queues.conf", ItemKind.FILE, 1, b"1"), None)
    assert [one.module for one in reloads_for([gone], FOLDER).actions] == ["app_queue.so"]


def test_other_attributes_need_no_reload():
    before = Item(b"ASTETCDIR/queues.conf", ItemKind.FILE, 1, b"1")
    change = Change(before, before.with_attributes(Attributes(mode=0o600)))
    assert reloads_for([change], FOLDER) == Reloads(())


def test_a_folder_needs_no_reload():
    assert reloads_for([_change("ASTVARLIBDIR/moh/new", ItemKind.DIRECTORY)], FOLDER) == Reloads(())
