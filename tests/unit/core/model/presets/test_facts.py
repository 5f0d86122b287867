"""The presets are held against facts that were written down elsewhere: a list of tables and a real schema."""

import re

import pytest
import zstandard

from pbxsync_worker.core.model.presets import PRESETS, preset
from pbxsync_worker.core.model.presets.host_specific import SETTINGS, why_key, why_setting, why_table
from pbxsync_worker.core.model.presets.tables import TABLES, store_names

NOT_YET = {
    "extensions-users": {"contactmanager_user_favorites", "certman_mapping", "webrtc_clients"},
    "admin-accounts": {"manager"},
}
"""Tables that a preset names among what is not done yet."""

BY_NAME = {"arimanager"}
"""Tables whose rows are known by another unique column than their number, which each host gives by itself."""

WITHOUT_FILES = {"extensions-users", "voicemail-boxes", "voicemail-messages"}
"""Presets whose files are among what is not done yet."""


@pytest.fixture(scope="module")
def facts(shared_fixtures):
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed: the list of facts cannot be read")
    return yaml.safe_load((shared_fixtures.parent / "presets.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def schema(shared_fixtures):
    with (shared_fixtures / "asterisk-schema.sql.zst").open("rb") as packed:
        text = zstandard.ZstdDecompressor().stream_reader(packed).read().decode("utf-8")
    found = re.findall(r"CREATE TABLE `(\w+)` \((.*?)\n\) ENGINE", text, re.DOTALL)
    return {name: set(re.findall(r"^  `(\w+)`", body, re.MULTILINE)) for name, body in found}


def everything(name):
    one = preset(name)
    return sum((option.parts for option in one.options), one.parts)


def named(one):
    return one["id"].replace("_", "-")


def test_all_sixteen_are_here(facts):
    assert {named(one) for one in facts["presets"]} == {one.name for one in PRESETS} - {"asterisk-configuration"}


def test_every_table_of_the_facts_is_held_or_told_as_not_yet(facts):
    for one in facts["presets"]:
        wanted = {table["t"] for table in one.get("tables", ())} - NOT_YET.get(named(one), set())
        held = {table.table for table in everything(named(one)).tables if ":" not in table.table}
        assert (named(one), held) == (named(one), wanted)


def test_every_store_of_the_facts_is_held(facts):
    for one in facts["presets"]:
        wanted = {f"kvstore:{store['module']}" for store in one.get("kvstore", ())}
        assert {table.table for table in everything(named(one)).tables if ":" in table.table} == wanted


def test_keys_are_those_of_the_facts(facts):
    for name, known in TABLES.items():
        if name not in BY_NAME:
            assert (name, list(known.key)) == (name, facts["table_keys"][name]["key"])


def test_what_may_be_absent_is_optional(facts):
    for one in facts["presets"]:
        for table in one.get("tables", ()):
            if table.get("optional") and table["t"] in TABLES and table["t"] != "cel":
                assert (table["t"], TABLES[table["t"]].optional) == (table["t"], True)


def test_families_are_those_of_the_facts(facts):
    for one in facts["presets"]:
        held = {family.family for family in everything(named(one)).families}
        assert held == {family["family"] for family in one.get("astdb", ())}


def test_file_patterns_are_those_of_the_facts(facts):
    for one in facts["presets"]:
        files = [part for part in one.get("files", ()) if part.get("include")]
        if named(one) in WITHOUT_FILES or not files:
            continue
        wanted = {pattern for part in files for pattern in part["include"]}
        left_out = {pattern for part in files for pattern in part.get("exclude", ())}
        held = everything(named(one)).file_sets
        assert wanted <= {pattern for part in held for pattern in part.include}
        assert left_out <= {pattern for part in held for pattern in part.exclude}


def test_reloads_are_those_of_the_facts(facts):
    for one in facts["presets"]:
        wanted = one.get("reload", [])
        if isinstance(wanted, list) and named(one) not in {*NOT_YET, "voicemail-messages", "feature-state"}:
            assert (named(one), set(preset(named(one)).reloads)) == (named(one), set(wanted))


def test_everything_host_specific_of_the_facts_has_its_reason(facts):
    host = facts["host_specific"]
    keywords = [name.rstrip("*") for group in host["freepbx_settings"].values() for name in group]
    assert [name for name in keywords if not why_setting(name)] == []
    tables = [name.partition(" ")[0].replace("*", "x") for name in host["tables"]] + host["kvstore"]["framework"]
    assert [name for name in tables if not why_table(name)] == []
    assert [family for family in facts["astdb_never"] if not why_key(f"{family}/x".encode())] == []
    assert [key for key in facts["astdb_never_keys"] if not why_key(key.replace("*", "1").encode())] == []


def test_no_keyword_stands_in_two_groups():
    names = [name for group in SETTINGS for name in group.names]
    assert len(names) == len(set(names))


def test_every_column_exists_in_a_real_schema(schema):
    for one in PRESETS:
        for table in everything(one.name).tables:
            real = next((name for name in store_names(table.table) if name in schema), None)
            if real is not None:
                columns = {*table.key, *table.columns, *table.drop, *(row.column for row in table.rows)}
                assert (real, columns - schema[real]) == (real, set())


def test_a_table_that_is_not_optional_is_in_a_real_schema(schema):
    wanted = {name for name, known in TABLES.items() if not known.optional and known.database == "asterisk"}
    assert wanted - set(schema) == set()
