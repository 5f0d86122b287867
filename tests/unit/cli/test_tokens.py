"""Tokens of the API on the command line."""

import pytest


def test_a_token_is_made_listed_and_taken_back(installed):
    text = installed.json("token", "add", "zabbix", "--role", "operator").value["token"]
    (listed,) = installed.json("token").value
    assert (listed["name"], listed["role"]) == ("zabbix", "operator")
    assert installed.here().store.tokens.check(text) is not None
    assert installed.json("token", "remove", listed["id"]).status == 0
    assert installed.json("token").value == []


@pytest.mark.parametrize("words", [("add", "x", "--days", "0"), ("remove", "none")])
def test_it_refuses_what_cannot_be(installed, words):
    assert installed.json("token", *words).status != 0
