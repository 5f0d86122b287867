"""Wishes and their answers."""

import pytest

from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.wish import CheckHost, Give, OfferPairing, WishState
from tests.unit.core.values import A


def test_a_wish_waits_until_it_is_answered(store, clock):
    identity = store.wishes.add(CheckHost(A), "ana")
    asked = store.wishes.get(identity)
    assert (asked.wish, asked.by, asked.state, asked.at) == (CheckHost(A), "ana", WishState.WAITING, clock.now())
    assert store.wishes.waiting() == (asked,)


@pytest.mark.parametrize(("error", "state"), [("", WishState.GRANTED), ("busy", WishState.REFUSED)])
def test_an_answer_is_kept_with_its_error(store, error, state):
    identity = store.wishes.add(CheckHost(A), "ana")
    store.wishes.answer(identity, "words", error)
    asked = store.wishes.get(identity)
    assert (asked.state, asked.answer, asked.error) == (state, "words", error)
    assert store.wishes.waiting() == ()


def test_only_the_first_answer_counts(store):
    identity = store.wishes.add(CheckHost(A), "ana")
    store.wishes.answer(identity, "first")
    store.wishes.answer(identity, "second", "busy")
    assert store.wishes.get(identity).answer == "first"


def test_waiting_wishes_come_oldest_first(store, clock):
    first = store.wishes.add(CheckHost(A), "ana")
    clock.move(1)
    second = store.wishes.add(CheckHost(A), "bob")
    assert [one.id for one in store.wishes.waiting()] == [first, second]


def test_codes_are_forgotten_sooner_than_other_wishes(store, clock):
    code = store.wishes.add(OfferPairing(Give.SEND), "ana")
    check = store.wishes.add(CheckHost(A), "ana")
    clock.move(901)
    store.wishes.add(CheckHost(A), "bob")
    assert store.wishes.get(check).by == "ana"
    with pytest.raises(NotFound):
        store.wishes.get(code)


def test_every_wish_is_forgotten_after_a_day(store, clock):
    old = store.wishes.add(CheckHost(A), "ana")
    clock.move(86401)
    store.wishes.add(CheckHost(A), "bob")
    with pytest.raises(NotFound):
        store.wishes.get(old)
