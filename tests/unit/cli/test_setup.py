"""`pbxsync init` and `pbxsync person`."""

import tomllib

import pytest


def settings_of(line):
    return tomllib.loads((line.home / "pbxsync.toml").read_text())


def test_init_makes_an_identity_a_store_and_settings(line):
    said = line.init("pbx-one")
    assert (said.status, said.value["name"], len(said.value["id"])) == (0, "pbx-one", 64)
    assert settings_of(line) == {"name": "pbx-one", "peer_address": "127.0.0.1:1"}
    assert line.here().store.hosts.me().id == said.value["id"]


def test_init_again_keeps_the_identity_and_all_other_settings(line):
    first = line.init("one", "--web-bind", "127.0.0.1:8099")
    with (line.home / "pbxsync.toml").open("a") as file:
        file.write("keep_states = 3\n")
    second = line.init("two")
    assert second.value["id"] == first.value["id"]
    assert settings_of(line) == {
        "name": "two",
        "peer_address": "127.0.0.1:1",
        "web_bind": "127.0.0.1:8099",
        "keep_states": 3,
    }


def test_init_again_replaces_a_setting_whose_name_begins_like_another(line):
    line.init("one", "--ami-port", "5039", "--ami-host", "::1")
    line.init("one", "--ami-port", "5040")
    assert (settings_of(line)["ami_port"], settings_of(line)["ami_host"]) == (5040, "::1")


def test_init_keeps_keys_and_secrets_from_other_users(line, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("  geheim \n")
    line.init("one", "--ami-secret-file", str(secret))
    keys = line.home / "keys"
    assert keys.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in keys.iterdir()} == {0}
    assert line.here().settings.ami_secret == "geheim"
    assert "geheim" not in (line.home / "pbxsync.toml").read_text()


@pytest.mark.parametrize("name", ['quo"te', "back\\slash", "ünï", "a # b"])
def test_init_writes_any_printable_name_so_that_it_is_read_back(line, name):
    assert line.init(name).value["name"] == name


def test_init_refuses_a_name_that_would_break_its_file(line):
    said = line.init('x"\nkeep_states = 1')
    assert (said.status, said.value["error"]) == (2, "invalid")
    assert not (line.home / "pbxsync.toml").exists()


def test_init_needs_a_name_and_an_address(line):
    said = line.json("init")
    assert (said.status, said.value["error"]) == (2, "usage")
