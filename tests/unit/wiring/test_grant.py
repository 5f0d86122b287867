"""What a person asked this host to do: granted or refused, and the answer is written down."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.errors import ChangedElsewhere, HostUnreachable, Invalid, NotAllowed, NotFound
from pbxsync_worker.core.model.host import Catalogue, GroupKind, Host, PeerState
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.model.wish import (
    CheckHost,
    ConfirmHost,
    Give,
    JoinHost,
    OfferPairing,
    Promote,
    RevokeHost,
    SaveCatalogue,
    WishState,
)
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.wiring.grant import grant, grant_wish
from tests.unit.core.values import A, B


@pytest.fixture
def farm(here) -> Catalogue:
    """Return a farm of this host and one other."""
    me, other = here.store.hosts.me(), here.knows(B)
    return Catalogue("office", "Office", GroupKind.FARM, me.id, 1, (me, other))


def asked(here, wish):
    identity = here.store.wishes.add(wish, "ann")
    grant_wish(here, identity)
    return here.store.wishes.get(identity)


def test_a_granted_wish_has_its_answer(here):
    answer = asked(here, OfferPairing(Give.SEND))
    assert (answer.state, answer.error, len(answer.answer) > 30) == (WishState.GRANTED, "", True)


def test_two_offers_are_two_codes(here):
    assert grant(here, OfferPairing(Give.SEND), "ann") != grant(here, OfferPairing(Give.SEND), "ann")


def test_a_refused_wish_has_the_reason_and_its_code(here):
    answer = asked(here, ConfirmHost(B))
    assert (answer.state, answer.error) == (WishState.REFUSED, "not-found")
    assert as_text(answer.answer).startswith("There is no host")


def test_a_wish_that_meets_a_bug_is_answered_too(here):
    here.__dict__["identity"] = None
    answer = asked(here, OfferPairing(Give.SEND))
    assert (answer.state, answer.error) == (WishState.REFUSED, "bug")


def test_an_unknown_wish_is_refused(here):
    with pytest.raises(NotFound):
        grant_wish(here, "nothing")


def test_a_code_that_is_none_reaches_nobody(here):
    with pytest.raises(Invalid):
        grant(here, JoinHost("not-a-code", Give.RECEIVE), "ann")


def test_a_host_whose_words_were_compared_is_trusted(here):
    here.knows(B, PeerState.PENDING)
    assert grant(here, ConfirmHost(B), "ann") == "host-b"
    assert here.store.hosts.peer(B).state is PeerState.PAIRED


def test_a_revoked_host_is_trusted_no_more_at_once(here):
    here.knows(B)
    grant(here, RevokeHost(B), "ann")
    with pytest.raises(NotAllowed, match="not paired"):
        here.paired(B)


def test_a_host_that_cannot_be_reached_is_told_and_remembered_as_troubled(here):
    here.knows(B)
    with pytest.raises(HostUnreachable):
        grant(here, CheckHost(B), "ann")
    assert "could not be reached" in here.store.hosts.peer(B).trouble


def test_a_host_that_is_not_paired_is_not_even_tried(here):
    here.knows(B, PeerState.PENDING)
    with pytest.raises(NotAllowed):
        grant(here, CheckHost(B), "ann")
    assert here.store.hosts.peer(B).trouble == ""


def test_a_catalogue_is_signed_and_kept_also_where_a_member_is_away(here, farm):
    answer = grant(here, SaveCatalogue(farm), "ann")
    assert as_text(answer) == "saved; not reached yet: host-b"
    signed = here.store.catalogues.signed("office")
    assert (signed.catalogue, signed.signer) == (farm, here.identity.id)
    assert [entry.what for entry in here.store.audit.entries()][:1] == ["change catalogue"]


def test_a_member_that_is_not_paired_here_gets_nothing(here, farm):
    here.store.hosts.set_state(B, PeerState.REVOKED)
    assert as_text(grant(here, SaveCatalogue(farm), "ann")) == "saved; not reached yet: host-b"


def test_a_catalogue_of_this_host_alone_is_with_every_member(here, farm):
    alone = replace(farm, hosts=farm.hosts[:1])
    assert as_text(grant(here, SaveCatalogue(alone), "ann")) == "saved, and every member has it"


def test_a_catalogue_without_this_host_is_refused(here, farm):
    with pytest.raises(Invalid, match="not a member"):
        grant(here, SaveCatalogue(replace(farm, hosts=(Host(A, "one", "one:1"),))), "ann")


def test_a_catalogue_that_somebody_else_changed_meanwhile_is_refused(here, farm):
    grant(here, SaveCatalogue(replace(farm, version=2)), "ann")
    with pytest.raises(Invalid, match="meanwhile"):
        grant(here, SaveCatalogue(replace(farm, version=2, title="Bob's")), "bob")
    assert here.store.catalogues.current("office").title == "Office"


@pytest.fixture
def replica(here, farm) -> Catalogue:
    """Return a farm of which the other host is the primary, as this one knows it."""
    led: Catalogue = replace(farm, primary=B)
    here.store.catalogues.save(Signed(document_of(led), B, b"signed there"))
    return led


@pytest.mark.parametrize("kind", GroupKind)
def test_a_replica_changes_no_catalogue_and_says_which_host_does(here, farm, kind):
    led = replace(farm, primary=B, kind=kind)
    here.store.catalogues.save(Signed(document_of(led), B, b"signed there"))
    with pytest.raises(ChangedElsewhere, match=r"changed on its primary, host-b") as refused:
        grant(here, SaveCatalogue(replace(led, version=2, title="Mine")), "ann")
    assert "promote" in refused.value.advice
    assert here.store.catalogues.current("office") == led


def test_nor_does_it_sign_the_same_one_again(here, replica):
    with pytest.raises(ChangedElsewhere):
        grant(here, SaveCatalogue(replica), "ann")
    assert here.store.catalogues.signed("office").signer == B


def test_nor_does_it_make_itself_the_primary_by_a_change(here, replica):
    with pytest.raises(ChangedElsewhere):
        grant(here, SaveCatalogue(replace(replica, version=2, primary=here.identity.id)), "ann")


def test_only_a_promotion_hands_a_group_over(here, farm):
    grant(here, SaveCatalogue(farm), "ann")
    with pytest.raises(NotAllowed, match="only a promotion"):
        grant(here, SaveCatalogue(replace(farm, version=2, primary=B)), "ann")
    grant(here, Promote("office", B, 1), "ann")
    assert here.store.catalogues.current("office").primary == B


def test_a_promoted_replica_changes_the_catalogue(here, replica):
    me = here.identity.id
    grant(here, Promote("office", me, 1), "ann")
    known = here.store.catalogues.current("office")
    grant(here, SaveCatalogue(replace(known, version=known.version + 1, title="Mine")), "ann")
    assert here.store.catalogues.current("office").title == "Mine"


def test_a_new_group_is_led_by_the_host_that_makes_it(here, farm):
    with pytest.raises(ChangedElsewhere):
        grant(here, SaveCatalogue(replace(farm, primary=B)), "ann")
