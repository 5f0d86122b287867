"""What becomes of a group's jobs when another host is made its primary."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.errors import Invalid, NotFound
from pbxsync_worker.core.model.host import ERA, Catalogue, GroupKind, Host, Job, Peer, PeerState, Policy, Right
from pbxsync_worker.core.model.promotion import lacks, promotion
from tests.unit.core.values import A, B, C, dataset

JOBS = (
    Job("all", "All", "etc", A, (C, B)),
    Job("some", "Some", "etc", A, (C,)),
    Job("back", "Back", "etc", C, (A,)),
)


def farm(version: int = 7) -> Catalogue:
    hosts = tuple(Host(one, one[0], "") for one in (A, B, C))
    return Catalogue("farm", "Farm", GroupKind.FARM, A, version, hosts, (dataset(),), JOBS)


def test_a_job_between_the_two_is_turned_round_and_paused_and_its_other_targets_stay():
    assert farm().promoted(B).job("all") == replace(JOBS[0], source=B, targets=(C, A), paused=True)


def test_a_job_of_the_old_primary_that_never_came_to_the_new_one_is_paused_as_it_is():
    assert farm().promoted(B).job("some") == replace(JOBS[1], paused=True)


def test_a_job_of_another_host_stays():
    assert farm().promoted(B).job("back") == JOBS[2]


def test_the_version_is_past_whatever_the_old_primary_changes():
    once = farm().promoted(B)
    assert (once.version, once.promoted(A).version) == (ERA, 2 * ERA)


def test_promoting_back_leads_every_job_as_before():
    back = farm().promoted(B).promoted(A)
    assert [(job.source, job.targets) for job in back.jobs] == [(job.source, job.targets) for job in JOBS]


def test_of_a_federation_only_the_coordinator_is_another():
    peers = replace(farm(), kind=GroupKind.FEDERATION)
    assert peers.promoted(B) == replace(peers, primary=B, version=ERA)


@pytest.mark.parametrize(("who", "error"), [(A, Invalid), ("d" * 64, NotFound)])
def test_it_refuses_the_primary_itself_and_a_stranger(who, error):
    with pytest.raises(error):
        farm().promoted(who)


def test_the_preview_names_what_turns_what_is_left_and_what_stays():
    found = promotion(farm(), B)
    named = [[job.name for job in part] for part in (found.turned, found.left, found.stay)]
    assert named == [["all"], ["some"], ["back"]]
    assert (found.old.id, found.new.id) == (A, B)


def peer(identity: str, *rights: Right) -> Peer:
    return Peer(Host(identity, identity[0], ""), b"", PeerState.PAIRED, Policy(frozenset(rights)))


def test_the_old_primary_lacks_what_lets_the_new_one_be_source_and_coordinator():
    found = lacks(promotion(farm(), B), A, (peer(B, Right.READ), peer(C)))
    assert [(one.host.id, one.right) for one in found] == [(B, Right.COORDINATE), (B, Right.WRITE)]


def test_the_new_primary_lacks_what_lets_its_targets_read():
    found = lacks(promotion(farm(), B), B, (peer(A, Right.WRITE), peer(C, Right.READ)))
    assert [(one.host.id, one.right) for one in found] == [(A, Right.READ)]


def test_a_host_that_is_not_paired_has_no_right():
    stranger = replace(peer(C, Right.READ), state=PeerState.REVOKED)
    found = lacks(promotion(farm(), B), B, (peer(A, Right.READ), stranger))
    assert [one.host.id for one in found] == [C]
