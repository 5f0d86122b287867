"""The presets are held against their own rules, and against the facts where those are at hand."""

import re
from collections import Counter
from dataclasses import replace

import pytest

from pbxsync_worker.core.model.dataset import DeletePolicy, FileSet, Match, Place, RowPolicy
from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.presets import (
    PRESETS,
    Fits,
    as_dataset,
    expanded,
    modules_of,
    offered,
    preset,
    reloads_of,
    texts,
)
from pbxsync_worker.core.model.presets.actions import ACTIONS, REGENERATE
from pbxsync_worker.core.model.presets.host_specific import FAMILIES, KEYS, why_key, why_setting, why_table
from pbxsync_worker.core.model.presets.overlay import EVERYWHERE, Belongs
from pbxsync_worker.core.model.presets.tables import TABLES, rows, store_names
from pbxsync_worker.core.model.protected import ALWAYS, FREEPBX

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
EVERY = {one.name: one for one in PRESETS}
ALL_PARTS = [(one.name, part) for one in PRESETS for part in (one.parts, *(option.parts for option in one.options))]
ALL_TABLES = [(name, table) for name, parts in ALL_PARTS for table in parts.tables]


def everything(name):
    one = preset(name)
    return as_dataset([one], name, one.title, {part.name: all_options(part) for part in expanded([one])})


def all_options(one):
    return frozenset(option.name for option in one.options)


def table(dataset, name):
    return next(one for one in dataset.tables if one.table == name)


@pytest.mark.parametrize(("name", "selected"), ALL_TABLES, ids=lambda one: getattr(one, "table", one))
def test_every_table_has_a_key_and_legal_names(name, selected):
    assert selected.key or selected.collected
    assert selected.database in ("asterisk", "asteriskcdrdb")
    columns = (*selected.key, *selected.columns, *selected.drop, *(one.column for one in selected.rows))
    assert [one for one in columns if not WORD.fullmatch(one)] == []
    assert re.fullmatch(r"(kvstore:)?[A-Za-z_][A-Za-z0-9_]*", selected.table)


@pytest.mark.parametrize(("name", "selected"), ALL_TABLES, ids=lambda one: getattr(one, "table", one))
def test_a_table_that_never_travels_is_in_no_preset(name, selected):
    assert [one for one in store_names(selected.table) if why_table(one)] == []


@pytest.mark.parametrize(("name", "parts"), ALL_PARTS)
def test_a_family_that_never_travels_is_in_no_preset(name, parts):
    assert [one.family for one in parts.families if why_key(f"{one.family}/x".encode())] == []


@pytest.mark.parametrize("one", PRESETS, ids=lambda one: one.name)
def test_names_references_and_actions_are_known(one):
    assert re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?", one.name)
    assert set(one.requires) | set(one.includes) <= set(EVERY)
    assert set(one.reloads) <= {*ACTIONS, REGENERATE}
    assert len(all_options(one)) == len(one.options)


@pytest.mark.parametrize("one", PRESETS, ids=lambda one: one.name)
def test_people_are_told_what_is_left_out_or_not_yet_done(one):
    assert one.purpose.endswith(".")
    assert one.works or one.not_yet
    assert all(left.why for left in one.leaves_out)


def test_names_are_unique():
    assert len(EVERY) == len(PRESETS)


def test_an_unknown_preset_is_told():
    with pytest.raises(NotFound, match="no preset nothing"):
        preset("nothing")


def test_what_does_not_work_is_not_offered():
    names = {one.name for one in offered(freepbx=True)}
    assert "voicemail-messages" in names
    assert "asterisk-configuration" not in names
    assert "extensions-users" in names


def test_a_plain_asterisk_is_offered_no_rows():
    plain = offered(freepbx=False)
    assert [one.name for one in plain if one.parts.tables or one.fits is Fits.FREEPBX] == []
    assert "music-on-hold" in {one.name for one in plain}


@pytest.mark.parametrize("one", PRESETS, ids=lambda one: one.name)
def test_a_table_is_selected_in_one_way_in_one_dataset(one):
    assert ways_twice(everything(one.name).tables) == []


@pytest.mark.parametrize("first", [one.name for one in offered(freepbx=True)])
def test_any_two_presets_select_a_table_in_one_way(first):
    for second in offered(freepbx=True):
        assert ways_twice(as_dataset([preset(first), second], "two", "Two").tables) == []


def ways_twice(tables):
    """Return the tables that are selected in several ways; other rows of one table are the same way."""
    found = Counter(one.base for one in {replace(one, rows=()) for one in tables})
    return [base for base, count in found.items() if count > 1]


def test_the_whole_configuration_holds_its_parts_and_asks_for_the_rest():
    whole = as_dataset([preset("whole-configuration")], "whole", "Whole")
    assert table(whole, "users").policy is RowPolicy.MIRROR
    assert table(whole, "users").columns == ()
    assert table(whole, "featurecodes").policy is RowPolicy.MIRROR
    assert [one.keys for one in whole.families if one.family == "AMPUSER"] == ["**"]
    assert {one.table for one in whole.tables} & {"cdr", "ampusers"} == set()


def test_options_are_taken_as_they_stand_unless_somebody_chooses():
    people = preset("extensions-users")
    assert "userman_directories" not in {one.table for one in people.chosen().tables}
    assert "userman_directories" in {one.table for one in people.chosen(frozenset({"directories"})).tables}
    state = preset("feature-state")
    assert "TC" in {one.family for one in state.chosen().families}
    assert "TC" not in {one.family for one in state.chosen(frozenset()).families}


def test_addresses_of_devices_stay_at_home():
    conditions = table(everything("extensions-users"), "sip").rows
    assert any(one.match is Match.NOT_IN and set(one.values) == {"transport", "media_address"} for one in conditions)


def test_addresses_of_trunks_are_each_hosts_own():
    # They travel, because FreePBX uses the transport of a trunk as it is; what arrives is decided by the overlay.
    assert table(everything("trunks-routes"), "pjsip").rows == ()
    kept = {
        (one.table, value)
        for one in EVERYWHERE
        if not isinstance(one, Belongs)
        for rows in one.rows
        for value in rows.values
    }
    assert {("pjsip", "transport"), ("pjsip", "media_address")} <= kept


def test_secrets_and_paths_of_the_host_are_no_portable_settings():
    conditions = table(everything("advanced-settings-portable"), "freepbx_settings").rows
    excluded = next(one.values for one in conditions if one.match is Match.NOT_IN)
    assert {"AMPMGRPASS", "AMPDBPASS", "POST_RELOAD", "FPBX_ARI_PASSWORD", "HTTPBINDADDRESS"} <= set(excluded)
    assert {one.values[0] for one in conditions if one.match is Match.NOT_LIKE} == {
        *("VIEW_%", "BRAND_%", "DASHBOARD_%", "WHICH_%"),
    }
    assert not any(one.endswith("*") for one in excluded)


def test_settings_are_changed_and_never_made():
    settings = table(everything("advanced-settings-portable"), "freepbx_settings")
    assert (settings.policy, settings.columns) == (RowPolicy.UPDATE, ("value",))


@pytest.mark.parametrize("one", PRESETS, ids=lambda one: one.name)
def test_custom_files_keep_what_is_protected(one):
    if one.fits is Fits.PLAIN:
        return
    protected = matcher((*ALWAYS, *FREEPBX))
    for file_set in everything(one.name).file_sets:
        named = [name for name in file_set.include if not set(name) & set("*?[{")]
        assert [name for name in named if protected(f"{file_set.place}/{name}".encode())] == []


def test_files_that_freepbx_makes_again_are_not_mirrored():
    custom = everything("custom-dialplan").file_sets[0]
    assert custom.delete is DeletePolicy.KNOWN


def test_modules_and_reloads_of_several_presets_are_each_told_once():
    two = [preset("extensions-users"), preset("voicemail-boxes")]
    modules = modules_of(two)
    assert len(modules) == len(set(modules))
    assert {"regen", "voicemail", "pjsip"} <= reloads_of(two)
    assert set(modules_of([preset("whole-configuration")])) > set(modules)


def test_every_text_is_there_for_translation():
    found = set(texts())
    assert "Extensions & users" in found
    assert "" not in found


def test_registrations_and_agents_never_travel_and_state_may():
    never = matcher(ALWAYS)
    assert never(b"ASTDB/registrar/contact/2001;@x")
    assert never(b"ASTDB/Queue/PersistentMembers/700")
    assert never(b"ASTDB/AMPUSER/2001/queuehint")
    assert not never(b"ASTDB/AMPUSER/2001/cidname")


@pytest.mark.parametrize("family", [name for one in FAMILIES for name in one.names if name != "Queue"])
def test_every_family_that_never_travels_is_protected(family):
    assert matcher(ALWAYS)(b"ASTDB/" + family.encode() + b"/some/key")


@pytest.mark.parametrize("key", [name for one in KEYS for name in one.names])
def test_every_key_that_never_travels_is_protected(key):
    assert matcher(ALWAYS)(b"ASTDB/" + key.replace("*", "2001").encode())


def test_reasons_are_found_by_name():
    assert why_setting("BRAND_TITLE") != ""
    assert why_setting("RINGTIMER") == ""
    assert why_table("kvstore_FreePBX_modules_Manager") != ""
    assert why_table("kvstore_FreePBX_modules_Contactmanager") == ""
    assert why_table("api_access_tokens") != ""
    assert why_table("users") == ""
    assert why_key(b"AMPUSER/1/pausequeuehint") != ""
    assert why_key(b"CF/1") == ""


def test_a_table_that_nobody_knows_cannot_be_selected():
    with pytest.raises(KeyError):
        rows("modules")


def test_every_known_table_is_used():
    assert set(TABLES) - {selected.table for _, selected in ALL_TABLES} == set()


def test_voicemail_greetings_hold_no_message():
    greetings = FileSet(Place.SPOOL, "voicemail", preset("voicemail-greetings").parts.file_sets[0].include)
    assert greetings.selects(b"ASTSPOOLDIR/voicemail/default/2001/unavail.wav")
    assert not greetings.selects(b"ASTSPOOLDIR/voicemail/default/2001/INBOX/msg0000.wav")
