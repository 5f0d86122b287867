"""Rules on the command line: listed, changed, and asked."""

import pytest

from pbxsync_worker.core.model.host import Host, Peer, PeerState
from pbxsync_worker.core.model.report import Told
from pbxsync_worker.core.model.rule import Rule, Then
from pbxsync_worker.core.model.wish import Give, policy_for

TWO = Host("b2" * 32, "two", "127.0.0.1:1")
ADD = ("rules", "add", "music", "calls", "local.asterisk.calls > 0", "wait", "--limit", "2 h")


class Farm:
    """A farm with one job, which commands call `music`."""

    def __init__(self, installed, job: str) -> None:
        self.installed, self.job, self.store = installed, job, installed.here().store

    def __call__(self, *words: str):
        return self.installed.json(*(self.job if word == "music" else word for word in words))


@pytest.fixture
def farm(installed):
    store = installed.here().store
    store.hosts.save(Peer(TWO, b"certificate", PeerState.PAIRED, policy_for(Give.BOTH)))
    assert installed.json("farm", "create", "office", "--replica", "two", "--dataset", "music-on-hold").status == 0
    return Farm(installed, store.catalogues.current("office").jobs[0].name)


def rules(farm, *, group=False):
    catalogue = farm.store.catalogues.current("office")
    return catalogue.rules if group else catalogue.job(farm.job).rules


def test_a_rule_is_added_to_a_job(farm):
    assert farm(*ADD, "--otherwise", "hold", "--title", "Calls first").status == 0
    expected = Rule("calls", "Calls first", "local.asterisk.calls > 0", Then.WAIT, 7200, Then.HOLD)
    assert rules(farm) == (expected,)


def test_a_rule_of_a_group_is_listed_before_those_of_the_job(farm):
    farm("rules", "use", "office", "not-during-calls", "--group")
    farm(*ADD)
    listed = farm("rules", "list", "music").value
    assert [[one["name"] for one in some] for some in listed.values()] == [["not-during-calls"], ["calls"]]
    assert [one["name"] for one in farm("rules", "list", "office", "--group").value["group"]] == ["not-during-calls"]


def test_a_rule_is_changed_and_keeps_what_is_not_given(farm):
    farm(*ADD)
    farm("rules", "edit", "music", "calls", "--when", "local.asterisk.calls > 5", "--then", "skip", "--reason", "busy")
    assert rules(farm) == (Rule("calls", "calls", "local.asterisk.calls > 5", Then.SKIP, 7200, reason="busy"),)


def test_rules_are_moved_switched_and_removed(farm):
    farm(*ADD)
    farm("rules", "use", "music", "new-commands")
    farm("rules", "move", "music", "new-commands", "1")
    farm("rules", "switch", "music", "calls", "off")
    assert [(one.name, one.enabled) for one in rules(farm)] == [("new-commands", True), ("calls", False)]
    farm("rules", "remove", "music", "new-commands")
    assert [one.name for one in rules(farm)] == ["calls"]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("rules", "add", "music", "x", "calls > 0", "wait", "--limit", "2 h"), "condition"),
        (("rules", "add", "music", "x", "always", "wait"), "invalid"),
        (("rules", "add", "music", "x", "always", "wait", "--limit", "long"), "invalid"),
        (("rules", "add", "music", "x", "always", "asterisk", "--asterisk", "explode"), "invalid"),
        (("rules", "remove", "music", "x"), "not-found"),
        (("rules", "use", "music", "x"), "not-found"),
        (("rules", "list", "nothing"), "not-found"),
        (("rules", "now", "music", "--target", "three"), "not-found"),
        (("rules", "now", "music", "--at", "yesterday"), "invalid"),
    ],
)
def test_it_refuses_what_cannot_be(farm, words, error):
    said = farm(*words)
    assert (said.value["error"], said.status) == (error, 2)
    assert rules(farm) == ()


def test_it_refuses_a_second_rule_of_one_name(farm):
    farm(*ADD)
    assert farm(*ADD).value["error"] == "invalid"


def test_it_tells_which_rule_decides_now_and_why(farm):
    farm(*ADD)
    farm.store.facts.record(TWO.id, [Told("asterisk.calls", 3, 0.0, "ami")])
    (decision,) = farm("rules", "now", "music").value.values()
    assert (decision["verdict"], decision["rule"]) == ("wait", "calls")
    assert decision["sentence"] == "waits, at most 2 h: calls (Calls in progress here: 3)"
    assert decision["looked"][0]["measured"][0]["value"] == 3


def test_a_moment_before_anything_was_recorded_is_unknown(farm):
    farm(*ADD)
    (decision,) = farm("rules", "now", "music", "--at", "2020-01-01T12:00+00:00").value.values()
    assert (decision["verdict"], decision["looked"][0]["truth"]) == ("wait", "unknown")


def test_everything_is_listed_for_people_as_well(farm, installed):
    farm(*ADD)
    farm("rules", "use", "music", "new-trunk-or-administrator")
    listed = installed("rules", "list", farm.job).out
    assert "wait 2 h, then skip" in listed
    assert "no rule" in listed
    assert "plan.new_trunks" in installed("rules", "facts").out
    assert "maintenance-window" in installed("rules", "ready").out
    assert "Calls in progress here: not known" in installed("rules", "now", farm.job).out
