"""Rules about rows that arrive, and whether this host stands by, on the command line."""

import pytest

from pbxsync_worker.core.model.host import Host, Peer, PeerState
from pbxsync_worker.core.model.wish import Give, policy_for

ADD = ("arrival", "add", "asterisk.trunks.maxchans", "replace", "--value", "5", "--why", "a thin line")


def test_a_rule_is_added_listed_and_removed(installed):
    number = installed.json(*ADD, "--rows", "trunkid in 3").value["number"]
    (listed,) = installed.json("arrival").value
    assert listed["rule"] | {"rows": [], "why": ""} == {
        "becomes": "replace",
        "database": "asterisk",
        "table": "trunks",
        "column": "maxchans",
        "value": "5",
        "why": "",
        "rows": [],
    }
    assert installed.json("arrival", "remove", str(number)).status == 0
    assert installed.json("arrival").value == []


@pytest.mark.parametrize(
    ("words", "error"),
    [((*ADD, "--rows", "trunkid = 3"), "invalid"), ((*ADD[:2], "trunks", *ADD[3:]), "invalid")],
)
def test_it_refuses_what_is_no_rule(installed, words, error):
    said = installed.json(*words)
    assert (said.value["error"], installed.here().store.own_rules.all()) == (error, {})


def test_a_host_says_that_it_does_not_stand_by_any_more(installed):
    other = Host("b2" * 32, "two", "127.0.0.1:1")
    hosts = installed.here().store.hosts
    hosts.save(Peer(other, b"certificate", PeerState.PAIRED, policy_for(Give.BOTH)))
    assert hosts.peer("two").policy.replica
    assert installed.json("hosts", "stand-by", "two", "no").status == 0
    assert not hosts.peer("two").policy.replica
