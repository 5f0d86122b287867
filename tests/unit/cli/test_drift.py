"""Drift from the command line."""

import pytest

from pbxsync_worker.core.model.host import Host, Peer, PeerState
from pbxsync_worker.core.model.run import Mode, Run, State
from pbxsync_worker.core.model.wish import Give, policy_for


@pytest.fixture
def office(line):
    line.init()
    line.here().store.hosts.save(
        Peer(Host("b" * 64, "two", "two:1"), b"certificate", PeerState.PAIRED, policy_for(Give.BOTH))
    )
    line.json("farm", "create", "office", "--replica", "two")
    yield line
    line.here().store.database.close()


def test_before_the_first_look_nothing_is_claimed(office):
    [one] = office.json("drift").value
    assert (one["job"], one["target"], one["differs"], one["run"]) == ("office-pbx-files", "two", None, "")
    assert "nobody has looked yet" in office("drift").out


def test_it_tells_what_the_last_look_found(office):
    runs, me = office.here().store.runs, office.here().store.hosts.me().id
    run = Run("look", "office", "office-pbx-files", me, "b" * 64, Mode.PLAN, State.REQUESTED)
    runs.request([run])
    for state in (State.SCANNING, State.PLANNED, State.PREVIEWED):
        run = runs.move(run, state, "two files would change")
    [one] = office.json("drift").value
    assert (one["differs"], one["sentence"], one["run"]) == (True, "two files would change", run.id)
    assert one["since"] > 0
