"""Everything found on a PBX is covered, left out with a reason, or listed."""

from pbxsync_worker.core.model.coverage import Coverage, Found, Thing, Weight, coverage
from pbxsync_worker.core.model.dataset import Dataset, FamilySet, FileSet, Place, TableSet
from pbxsync_worker.core.model.presets import as_dataset, preset

PEOPLE = as_dataset([preset("extensions-users")], "people", "People")


def found(tables=(), families=(), files=(), datasets=(PEOPLE,), freepbx=True):
    return coverage(tables, families, files, datasets, freepbx=freepbx)


def test_a_table_of_a_job_is_covered():
    assert found(tables=[("asterisk", "users")]) == Coverage((), (), 1)


def test_a_table_of_a_preset_is_missed_and_says_of_which():
    report = found(tables=[("asterisk", "ringgroups")])
    assert report.missing == (Found(Thing.TABLE, "asterisk.ringgroups", Weight.MUCH, presets=("call-flow",)),)


def test_a_table_of_the_host_is_left_out_with_its_reason():
    report = found(tables=[("asterisk", "certman_certs")])
    assert report.missing == ()
    assert "private keys" in report.left_out[0].why


def test_a_table_that_nobody_knows_is_listed_behind_those_that_matter():
    report = found(tables=[("asterisk", "aaa_unknown"), ("other", "x"), ("asterisk", "ringgroups")])
    assert [one.name for one in report.missing] == ["asterisk.ringgroups", "asterisk.aaa_unknown", "other.x"]


def test_a_key_value_store_is_covered_under_both_its_names():
    names = [("asterisk", "kvstore_FreePBX_modules_Userman"), ("asterisk", "kvstore_Userman")]
    assert found(tables=names).covered == 2


def test_the_table_of_long_values_is_covered_with_any_store():
    assert found(tables=[("asterisk", "kvblobstore")]).covered == 1
    assert found(tables=[("asterisk", "kvblobstore")], datasets=()).covered == 0


def test_a_table_of_the_same_name_in_another_database_is_not_covered():
    assert found(tables=[("asteriskcdrdb", "users")]).covered == 0


def test_a_family_of_a_job_is_covered_and_one_of_a_preset_is_missed():
    report = found(families=["AMPUSER", "CF"])
    assert report.covered == 1
    assert report.missing == (Found(Thing.FAMILY, "CF", Weight.MUCH, presets=("feature-state",)),)


def test_a_family_of_which_a_job_holds_some_keys_is_told_as_such():
    some = Dataset("some", "Some", families=(FamilySet("AMPUSER", "*/voicemail"),))
    assert found(families=["AMPUSER"], datasets=[some]).missing[0].partly


def test_a_live_family_is_left_out_and_an_unknown_one_is_listed():
    report = found(families=["registrar", "mine"])
    assert [one.name for one in report.left_out] == ["registrar"]
    assert report.missing == (Found(Thing.FAMILY, "mine", Weight.SOME),)


def test_files_below_the_configuration_folder_are_listed_one_by_one():
    report = found(files=[b"ASTETCDIR/extensions_custom.conf", b"ASTETCDIR/own.conf"])
    assert [(one.name, one.weight) for one in report.missing] == [
        ("ASTETCDIR/extensions_custom.conf", Weight.MUCH),
        ("ASTETCDIR/own.conf", Weight.SOME),
    ]


def test_other_files_are_listed_by_folder_with_their_number():
    files = [b"ASTSPOOLDIR/monitor/2026/11/22/a.wav", b"ASTSPOOLDIR/monitor/2026/10/01/b.wav", b"ASTSPOOLDIR/x"]
    report = found(files=files)
    assert [(one.name, one.count) for one in report.missing] == [("ASTSPOOLDIR/monitor/2026", 2), ("ASTSPOOLDIR/x", 1)]


def test_protected_generated_and_installed_files_are_left_out_each_with_its_reason():
    files = [b"ASTETCDIR/manager.conf", b"ASTETCDIR/pjsip.aor.conf", b"ASTVARLIBDIR/sounds/en/hello.wav"]
    report = found(files=files)
    assert report.missing == ()
    assert len({one.why for one in report.left_out}) == 3


def test_own_announcements_are_never_called_installed():
    report = found(files=[b"ASTVARLIBDIR/sounds/en/custom/hello.wav"])
    assert report.missing[0].weight is Weight.MUCH


def test_without_freepbx_its_files_are_configuration_like_any_other():
    assert found(files=[b"ASTETCDIR/pjsip.conf"], freepbx=False).missing[0].name == "ASTETCDIR/pjsip.conf"


def test_a_file_of_a_job_is_covered():
    etc = Dataset("etc", "Etc", (FileSet(Place.ETC),))
    assert found(files=[b"ASTETCDIR/own.conf"], datasets=[etc]) == Coverage((), (), 1)


def test_a_table_covered_by_a_dataset_of_its_own_needs_no_preset():
    own = Dataset("own", "Own", tables=(TableSet("mine", "t", ("id",)),))
    assert found(tables=[("mine", "t")], datasets=[own]).covered == 1


def test_the_file_of_mailboxes_is_covered_where_their_lines_are():
    file = [b"ASTETCDIR/voicemail.conf"]
    assert found(files=file) == Coverage((), (), 1)
    assert found(files=file, datasets=()).missing[0].weight is Weight.MUCH


def test_a_report_is_stored_and_restored():
    report = found(tables=[("asterisk", "ringgroups"), ("asterisk", "modules")], files=[b"ASTETCDIR/x.conf"])
    assert Coverage.restored(report.stored()) == report


def test_what_is_left_out_is_told_by_reason():
    report = found(tables=[("asterisk", "modules"), ("asterisk", "admin"), ("asterisk", "certman_certs")])
    assert [len(some) for some in report.reasons.values()] == [2, 1]


def test_files_that_a_preset_holds_are_missed_and_say_of_which():
    files = [b"ASTSPOOLDIR/monitor/2026/01/01/%d.wav" % at for at in range(3)]
    report = found(files=files)
    assert report.missing == (
        Found(Thing.FILES, "ASTSPOOLDIR/monitor/2026", Weight.MUCH, 3, presets=("call-recordings",)),
    )


def test_a_preset_that_is_not_offered_here_is_not_named():
    assert found(files=[b"ASTETCDIR/mine.conf"]).missing[0].presets == ()
    assert found(files=[b"ASTETCDIR/mine.conf"], freepbx=False).missing[0].presets == ("asterisk-configuration",)
