"""`pbxsync person` and `pbxsync people`: who can log in, and as what."""

import pytest


@pytest.fixture
def staffed(installed, tmp_path):
    password = tmp_path / "password"
    password.write_text("correct horse battery\n")
    for name, role in (("ann", "admin"), ("ben", "viewer")):
        installed.json("person", name, "--role", role, "--password-file", str(password))
    return installed


def test_a_person_is_added_and_can_log_in(installed, tmp_path):
    password = tmp_path / "password"
    password.write_text("correct horse battery\n")
    said = installed.json("person", "ann", "--role", "operator", "--password-file", str(password))
    assert (said.status, said.value) == (0, {"name": "ann", "role": "operator"})
    assert [one.name for one in installed.here().store.people.all()] == ["ann"]


def test_a_person_gets_a_new_password_and_keeps_the_role(installed, tmp_path):
    password = tmp_path / "password"
    password.write_text("correct horse battery\n")
    installed.json("person", "ann", "--role", "viewer", "--password-file", str(password))
    said = installed.json("person", "ann", "--password-file", str(password))
    assert said.value == {"name": "ann", "role": "viewer"}
    assert [one.what for one in installed.here().store.audit.entries(2)] == ["change password", "add person"]


def test_a_password_that_is_too_short_is_refused(installed, tmp_path):
    password = tmp_path / "password"
    password.write_text("short\n")
    said = installed.json("person", "ann", "--password-file", str(password))
    assert (said.status, said.value["error"]) == (2, "invalid")
    assert installed.here().store.people.all() == ()


def test_everyone_is_listed(staffed):
    assert [(one["name"], one["role"], one["guest"]) for one in staffed.json("people").value] == [
        ("ann", "admin", False),
        ("ben", "viewer", False),
    ]
    assert "ben" in staffed("people").out


def test_a_role_is_changed_and_the_log_says_so(staffed):
    assert staffed.json("people", "role", "ben", "operator").value == {"name": "ben", "role": "operator"}
    assert [one.role for one in staffed.here().store.people.all()] == ["admin", "operator"]
    assert staffed.here().store.audit.entries(1)[0].about == "ben, operator"


def test_somebody_is_removed(staffed):
    assert staffed.json("people", "remove", "ben").value == {"removed": "ben"}
    assert [one.name for one in staffed.here().store.people.all()] == ["ann"]


@pytest.mark.parametrize("act", [("role", "ann", "viewer"), ("remove", "ann")])
def test_the_last_administrator_stays(staffed, act):
    said = staffed.json("people", *act)
    assert (said.status, said.value["error"]) == (2, "invalid")


def test_it_says_that_there_is_nobody_of_that_name(staffed):
    said = staffed.json("people", "remove", "eve")
    assert (said.value["error"], "eve" in said.value["sentence"]) == ("not-found", True)
