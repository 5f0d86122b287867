"""Facts and the fleet on the command line."""

from pbxsync_worker.core.model.report import Told
from pbxsync_worker.core.model.sentence import say


def test_facts_come_with_unit_age_and_source(installed):
    here = installed.here()
    me = here.store.hosts.me().id
    here.store.facts.record(me, [Told("disk.free_percent", 41.5, 0, "machine"), Told("asterisk.up", True, 0, "ami")])
    said = installed("facts")
    assert said.status == 0
    assert "disk.free_percent  41.5 %" in said.out
    assert "yes" in said.out
    assert {one["name"]: one["value"] for one in installed.json("facts").value["facts"]} == {
        "disk.free_percent": 41.5,
        "asterisk.up": True,
    }


def test_what_is_not_known_says_so_and_why(installed):
    here = installed.here()
    here.store.facts.record(here.store.hosts.me().id, [Told("asterisk.calls", None, 0, say("it does not tell"))])
    assert "unknown" in installed("facts").out
    assert "it does not tell" in installed("facts").out
    assert installed.json("facts").value["facts"][0]["value"] is None


def test_how_it_was_can_be_asked(installed):
    here = installed.here()
    me = here.store.hosts.me().id
    here.store.facts.record(me, [Told("asterisk.calls", 3, 0, "ami")])
    history = installed.json("facts", "one", "--history", "5").value["history"]
    assert [value for _, value in history["asterisk.calls"]] == [3]


def test_before_anything_was_measured_it_says_so(installed):
    said = installed.json("facts")
    assert (said.status, said.value["error"]) == (2, "not-found")


def test_the_fleet_says_what_would_be_lost(installed):
    said = installed("fleet")
    assert said.status == 0
    assert "if it died now, you would lose nothing: no other host takes anything from it" in said.out
    (host,) = installed.json("fleet").value["hosts"]
    assert (host["name"], host["line"]) == ("one", None)
