"""Wishes and the rights that follow from them."""

import pytest

from pbxsync_worker.core.model.host import Right
from pbxsync_worker.core.model.wish import KINDS, ConfirmHost, Give, JoinHost, OfferPairing, SaveCatalogue, policy_for
from pbxsync_worker.core.wire import pack, unpack
from tests.unit.core.values import A, catalogue


@pytest.mark.parametrize(
    ("give", "rights"),
    [
        (Give.SEND, {Right.READ}),
        (Give.RECEIVE, {Right.WRITE, Right.COORDINATE}),
        (Give.BOTH, {Right.READ, Right.WRITE, Right.COORDINATE}),
    ],
)
def test_the_other_host_gets_no_more_than_it_needs(give, rights):
    assert policy_for(give).rights == rights


@pytest.mark.parametrize(
    "wish", [OfferPairing(Give.SEND), JoinHost("code", Give.BOTH), ConfirmHost(A), SaveCatalogue(catalogue())]
)
def test_a_wish_survives_the_store(wish):
    assert unpack(pack(wish), KINDS[type(wish).__name__]) == wish
