"""Nothing is touched between hosts that do not fit, and the reason is told in words."""

from dataclasses import replace
from typing import Any

import pytest

from pbxsync_worker.core.model.dataset import Condition, Dataset, FamilySet, FileSet, Match, Place, RowPolicy, TableSet
from pbxsync_worker.core.model.facts import GateLevel, HostFacts, ModuleFacts, Setting, TableFacts
from pbxsync_worker.core.model.gate import fingerprint, fitted, gate, regenerated, stops
from pbxsync_worker.core.model.presets.tables import rows, store, tables
from pbxsync_worker.core.model.sentence import as_text
from tests.unit.core.model.test_fit import column

REFUSE, HOLD, WARN, MAP = GateLevel.REFUSE, GateLevel.HOLD, GateLevel.WARN, GateLevel.MAP

USERS = TableFacts("asterisk", "users", (column("extension"), column("name")), auto_increment=5)
DEVICES = TableFacts("asterisk", "devices", (column("id"), column("tech")))
SETTINGS = TableFacts("asterisk", "freepbx_settings", (column("keyword"), column("value")))
PAGING = TableFacts("asterisk", "kvstore_Paging", (column("id"), column("key"), column("val")))
CDR = TableFacts(
    "asteriskcdrdb", "cdr", tuple(map(column, ("uniqueid", "sequence", "linkedid", "calldate", "channel", "did")))
)
HOST = HostFacts(
    name="A",
    freepbx="17.0.19",
    asterisk="Asterisk 22.10.1",
    modules=(ModuleFacts("core", "17.0.18.4"), ModuleFacts("paging", "17.0.3")),
    loaded=frozenset({"res_pjsip.so", "app_queue.so"}),
    technologies=frozenset({"pjsip"}),
    tables=(USERS, DEVICES, SETTINGS, PAGING, CDR),
    settings=(
        Setting("AMPEXTENSIONS", "select", "extensions,deviceanduser", "extensions"),
        Setting("RINGTIMER", "int"),
    ),
)
OTHER = replace(HOST, name="B")
PEOPLE = Dataset("people", "People", tables=(*tables("users", "devices"), store("Paging")))
TUNING = Dataset("tuning", "Tuning", tables=(rows("freepbx_settings", columns=("value",)),))
RECORDS = Dataset("records", "Records", tables=tables("cdr"))
FILES = Dataset("files", "Files", (FileSet(Place.ETC),))
STATE = Dataset("state", "State", families=(FamilySet("CF"),))
KEYS = Dataset("keys", "Keys", families=(FamilySet("AMPUSER"),))


def judge(dataset=PEOPLE, source=HOST, target=OTHER):
    return [(one.level, one.about) for one in gate(dataset, source, target)]


def without(table):
    return tuple(one for one in HOST.tables if one != table)


@pytest.mark.parametrize("dataset", [PEOPLE, TUNING, RECORDS, FILES, STATE, KEYS], ids=lambda one: one.name)
def test_two_hosts_that_are_alike_may_go(dataset):
    assert judge(dataset) == []


@pytest.mark.parametrize("version", ["16.0.40", "15.0.1"])
@pytest.mark.parametrize("dataset", [PEOPLE, KEYS], ids=lambda one: one.name)
def test_it_refuses_another_major_version_of_freepbx(dataset, version):
    assert judge(dataset, target=replace(OTHER, freepbx=version)) == [(REFUSE, "B")]


@pytest.mark.parametrize("dataset", [RECORDS, FILES, STATE], ids=lambda one: one.name)
def test_files_records_and_state_travel_between_major_versions(dataset):
    assert judge(dataset, target=replace(OTHER, freepbx="16.0")) == []


def test_it_refuses_rows_of_freepbx_where_there_is_none():
    assert judge(target=replace(OTHER, freepbx="")) == [(REFUSE, "B")]
    assert judge(source=replace(HOST, freepbx=""), target=replace(OTHER, freepbx="")) == [(REFUSE, "A"), (REFUSE, "B")]


def test_keys_travel_between_two_plain_hosts():
    assert judge(KEYS, replace(HOST, freepbx=""), replace(OTHER, freepbx="")) == []


def test_it_refuses_keys_of_freepbx_for_a_plain_host_and_says_so():
    found = gate(KEYS, HOST, replace(OTHER, freepbx=""))
    assert as_text(found[0].sentence).startswith("FreePBX is 17.0.19 on A, - on B")


def test_it_warns_of_another_major_version_of_asterisk():
    assert judge(target=replace(OTHER, asterisk="Asterisk 20.5.0")) == [(WARN, "B")]
    assert judge(target=replace(OTHER, asterisk="unknown")) == [(WARN, "B")]


def test_it_refuses_what_asterisk_cannot_run_here():
    assert judge(target=replace(OTHER, loaded=frozenset())) == [(REFUSE, "res_pjsip.so")]


@pytest.mark.parametrize("which", ["source", "target"])
def test_modules_of_asterisk_that_nobody_knows_hinder_nothing(which):
    one = replace(HOST if which == "source" else OTHER, loaded=None)
    assert judge(**{which: one}) == []


def test_it_holds_chan_sip_devices_where_nothing_can_run_them():
    both = frozenset({"pjsip", "sip"})
    assert judge(source=replace(HOST, technologies=both)) == [(HOLD, "chan_sip.so")]
    here = replace(OTHER, loaded=frozenset({"chan_sip.so", *(HOST.loaded or ())}))
    assert judge(source=replace(HOST, technologies=both), target=here) == []
    assert judge(RECORDS, source=replace(HOST, technologies=both)) == []


@pytest.mark.parametrize(
    ("version", "level"), [("17.0.18.3", REFUSE), ("17.0.9", REFUSE), ("17.0.19", WARN), ("17.0.18.4.1", WARN)]
)
def test_a_module_may_be_newer_here_and_never_older(version, level):
    target = replace(OTHER, modules=(ModuleFacts("core", version), ModuleFacts("paging", "17.0.3")))
    assert judge(target=target) == [(level, "core")]


@pytest.mark.parametrize("modules", [(ModuleFacts("core", "17.0.18.4"),), (ModuleFacts("paging", "1", enabled=False),)])
def test_tables_of_a_module_that_one_host_does_not_use_are_skipped_and_told(modules):
    here = replace(OTHER, modules=(ModuleFacts("core", "17.0.18.4"), *modules))
    assert judge(target=here) == [(MAP, "paging")]
    there = replace(HOST, modules=here.modules)
    assert judge(source=there) == [(MAP, "paging")]
    assert [one.table for one in fitted(PEOPLE, HOST, here).tables] == ["users", "devices"]


def test_a_table_that_nobody_knows_belongs_to_no_module():
    own = Dataset("own", "Own", tables=(TableSet("asterisk", "own", ("id",)),))
    host = replace(HOST, tables=(TableFacts("asterisk", "own", (column("id"),)),))
    assert judge(own, host, replace(host, name="B")) == []


def test_it_holds_where_the_database_servers_differ():
    assert judge(target=replace(OTHER, sql_mode=frozenset({"STRICT"}))) == [(HOLD, "sql_mode")]
    assert judge(target=replace(OTHER, lower_case_table_names=1)) == [(HOLD, "lower_case_table_names")]
    assert judge(FILES, target=replace(OTHER, sql_mode=frozenset({"STRICT"}))) == []


def test_it_refuses_a_table_that_the_target_lacks():
    assert judge(target=replace(OTHER, tables=without(DEVICES))) == [(REFUSE, "asterisk.devices")]


def test_an_optional_table_that_the_target_lacks_is_skipped():
    target = replace(OTHER, tables=without(PAGING))
    assert judge(target=target) == [(MAP, "asterisk.kvstore:Paging")]
    assert [one.table for one in fitted(PEOPLE, HOST, target).tables] == ["users", "devices"]


def test_a_table_that_the_source_lacks_is_not_taken_for_an_empty_one():
    source = replace(HOST, tables=without(DEVICES))
    assert judge(source=source) == [(MAP, "asterisk.devices")]
    assert "devices" not in {one.table for one in fitted(PEOPLE, source, OTHER).tables}


def test_the_shape_of_every_table_is_compared():
    here = replace(DEVICES, columns=(column("id"),))
    assert judge(target=replace(OTHER, tables=(here, *without(DEVICES)))) == [(HOLD, "asterisk.devices.tech")]


def test_a_column_that_only_the_target_has_never_travels():
    here = replace(USERS, columns=(*USERS.columns, column("more")))
    target = replace(OTHER, tables=(here, *without(USERS)))
    assert judge(target=target) == [(MAP, "asterisk.users.more")]
    assert [one.drop for one in fitted(PEOPLE, HOST, target).tables] == [("more",), (), ()]


def test_a_collected_table_stays_as_it_is_whatever_columns_there_are():
    collected = replace(PEOPLE.tables[0], policy=RowPolicy.COLLECT, by="extension")
    target = replace(OTHER, tables=(replace(USERS, columns=(*USERS.columns, column("more"))), *without(USERS)))
    assert fitted(replace(PEOPLE, tables=(collected,)), HOST, target).tables == (collected,)


def test_a_dataset_between_equal_hosts_stays_as_it_is():
    assert fitted(PEOPLE, HOST, OTHER) == PEOPLE


def test_a_column_that_never_travelled_is_no_difference():
    dataset = Dataset("d", "D", tables=(rows("users", drop=("more",)),))
    here = replace(USERS, columns=(*USERS.columns, column("more")))
    assert fitted(dataset, HOST, replace(OTHER, tables=(here,))) == dataset


def test_a_store_of_another_name_is_found_and_told():
    here = replace(PAGING, name="kvstore_FreePBX_modules_Paging")
    target = replace(OTHER, tables=(here, *without(PAGING)))
    assert judge(target=target) == [(MAP, "asterisk.kvstore:Paging")]
    assert len(fitted(PEOPLE, HOST, target).tables) == 3


@pytest.mark.parametrize(
    "here", [(), (Setting("RINGTIMER", "text"),), (Setting("RINGTIMER", "int", "1,2"),)], ids=["no", "type", "options"]
)
def test_a_setting_that_may_hold_other_values_here_stays(here):
    target = replace(OTHER, settings=(HOST.settings[0], *here))
    assert judge(TUNING, target=target) == [(MAP, "RINGTIMER")]
    assert fitted(TUNING, HOST, target).tables[0].rows == (Condition("keyword", Match.NOT_IN, ("RINGTIMER",)),)


def mode(host, value):
    return replace(host, settings=(replace(HOST.settings[0], value=value), *HOST.settings[1:]))


def test_it_refuses_another_mode_of_extensions():
    assert judge(target=mode(OTHER, "deviceanduser")) == [(REFUSE, "AMPEXTENSIONS")]
    assert judge(RECORDS, target=mode(OTHER, "deviceanduser")) == []


def test_it_tells_that_log_ins_stay_where_people_log_in_at_devices():
    assert judge(source=mode(HOST, "deviceanduser"), target=mode(OTHER, "deviceanduser")) == [(WARN, "AMPEXTENSIONS")]


@pytest.mark.parametrize(
    ("source", "about"),
    [
        (replace(HOST, voicemail_format="wav49"), "voicemail.conf"),
        (replace(HOST, settings=(*HOST.settings, Setting("MIXMON_FORMAT", "select", value="gsm"))), "MIXMON_FORMAT"),
        (replace(HOST, languages=frozenset({"es"})), "languages"),
        (replace(HOST, codecs=frozenset({"g729"})), "codecs"),
    ],
    ids=["voicemail", "recordings", "languages", "codecs"],
)
def test_it_warns_of_sound_that_may_stay_silent_here(source, about):
    assert judge(source=source) == [(WARN, about)]


@pytest.mark.parametrize("what", ["restoring", "restored", "upgrading", "reloading"])
@pytest.mark.parametrize("dataset", [PEOPLE, FILES], ids=lambda one: one.name)
def test_it_holds_while_anybody_changes_either_host(dataset, what):
    going_on: dict[str, Any] = {what: True}
    assert judge(dataset, target=replace(OTHER, **going_on)) == [(HOLD, "B")]
    assert judge(dataset, source=replace(HOST, **going_on)) == [(HOLD, "A")]


def test_it_holds_what_somebody_has_not_applied_yet_where_it_would_be_applied_with_it():
    assert judge(target=replace(OTHER, need_reload=True)) == [(HOLD, "B")]
    assert judge(RECORDS, target=replace(OTHER, need_reload=True)) == []


@pytest.mark.parametrize(("here", "told"), [(4, True), (5, False), (9, False), (None, False)])
def test_the_next_number_is_raised_and_never_lowered(here, told):
    target = replace(OTHER, tables=(replace(USERS, auto_increment=here), *without(USERS)))
    assert judge(target=target) == [(MAP, "asterisk.users")] * told


@pytest.mark.parametrize(("dataset", "level"), [(RECORDS, HOLD), (PEOPLE, WARN)], ids=["records", "people"])
def test_clocks_that_differ_are_told_and_hold_call_records(dataset, level):
    assert judge(dataset, target=replace(OTHER, clock=-2.5)) == [(level, "B")]
    assert judge(dataset, target=replace(OTHER, clock=2.0)) == []


def test_only_refusals_and_holds_stop_a_run():
    assert stops(gate(PEOPLE, HOST, replace(OTHER, freepbx="16")))
    assert stops(gate(PEOPLE, HOST, replace(OTHER, restoring=True)))
    assert not stops(gate(PEOPLE, HOST, replace(OTHER, clock=9.0)))


def test_every_finding_is_a_whole_sentence():
    worst = replace(OTHER, asterisk="18", loaded=frozenset(), modules=(), restoring=True, clock=9.0, codecs=frozenset())
    for one in gate(PEOPLE, HOST, worst):
        assert "{" not in as_text(one.sentence)


def test_a_new_conflict_or_bad_destination_after_writing_is_refused():
    before = [("retrieve_conf", "BADDEST"), ("core", "SWAP")]
    assert regenerated(before, before) == ()
    found = regenerated(before, [*before, ("retrieve_conf", "XTNCONFLICT"), ("freepbx", "ASTRELOADSKIP")])
    assert [(one.level, one.about) for one in found] == [(REFUSE, "retrieve_conf/XTNCONFLICT")]


@pytest.mark.parametrize(
    "changed",
    [
        replace(HOST, freepbx="17.0.20"),
        replace(HOST, modules=()),
        replace(HOST, tables=without(USERS)),
        replace(HOST, tables=(replace(USERS, columns=(column("extension", length=9),)), *without(USERS))),
    ],
    ids=["framework", "modules", "table", "column"],
)
def test_the_fingerprint_changes_with_everything_the_gate_depends_on(changed):
    assert fingerprint(PEOPLE, changed) != fingerprint(PEOPLE, HOST)


def test_the_fingerprint_does_not_change_with_values():
    busy = replace(HOST, need_reload=True, clock=9.0, tables=(replace(USERS, auto_increment=99), *without(USERS)))
    assert fingerprint(PEOPLE, busy) == fingerprint(PEOPLE, HOST)
