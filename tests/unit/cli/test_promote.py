"""Promoting a host on the command line: it says what that means, asks, and does it."""

import pytest

from pbxsync_worker.core.model.host import Host, Peer, PeerState
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.model.wish import Give, policy_for


@pytest.fixture
def farm(installed):
    """The farm `office` of this host and `two`."""
    other = Host("b2" * 32, "two", "127.0.0.1:1")
    installed.here().store.hosts.save(Peer(other, b"certificate", PeerState.PAIRED, policy_for(Give.SEND)))
    installed.json("farm", "create", "office", "--replica", "two")
    return lambda: installed.here().store.catalogues.current("office")


def test_without_yes_it_only_says_what_turns_round_and_what_is_lacking(installed, farm):
    said = installed.json("group", "promote", "office", "two")
    assert (said.value["promoted"], said.value["turned"]) == (False, ["office-pbx-files"])
    assert [one["right"] for one in said.value["lacks"]] == ["coordinate", "write"]
    assert farm().version == 1


def test_with_yes_the_other_host_is_the_primary(installed, farm):
    said = installed.json("group", "promote", "office", "two", "--yes")
    after = farm()
    assert (said.value["promoted"], after.primary, after.jobs[0].paused) == (True, "b2" * 32, True)
    lines = [
        as_text(entry.about) for entry in installed.here().store.audit.entries() if entry.what == "promote to primary"
    ]
    assert lines == [f"office: two in place of {said.value['old']}, version 1000000"]


def test_it_refuses_a_host_that_is_no_member(installed, farm):
    said = installed.json("group", "promote", "office", "nobody", "--yes")
    assert (said.value["error"], farm().version) == ("invalid", 1)


def test_a_host_that_is_neither_of_the_two_cannot_promote_once_it_was_handed_over(installed, farm):
    installed.json("group", "promote", "office", "two", "--yes")
    said = installed.json("group", "promote", "office", "two", "--yes")
    assert said.value["error"] == "invalid"
