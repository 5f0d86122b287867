"""Catalogues: the newest version is valid, an older one never comes back."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.errors import Invalid, NotFound
from pbxsync_worker.core.store.catalogues import Signed, document_of
from tests.unit.core.values import A, catalogue


def signed(one) -> Signed:
    return Signed(document_of(one), A, b"signature")


def test_the_newest_version_is_the_valid_one(store):
    newer = catalogue().without_job("files")
    store.catalogues.save(signed(catalogue()))
    store.catalogues.save(signed(newer))
    assert store.catalogues.current("farm") == newer
    assert store.catalogues.signed("farm") == signed(newer)


def test_a_version_may_come_again(store):
    store.catalogues.save(signed(catalogue()))
    assert store.catalogues.save(signed(catalogue())) == catalogue()


def test_it_refuses_an_older_and_a_contradicting_version(store):
    store.catalogues.save(signed(catalogue(version=5)))
    for wrong in (catalogue(version=4), replace(catalogue(version=5), title="Other")):
        with pytest.raises(Invalid, match="not newer"):
            store.catalogues.save(signed(wrong))
    assert store.catalogues.current("farm") == catalogue(version=5)


def test_it_refuses_a_document_that_is_none(store):
    with pytest.raises(Invalid):
        store.catalogues.save(Signed(b"garbage", A, b""))


def test_every_group_has_its_own(store):
    for group in ("b", "a"):
        store.catalogues.save(signed(catalogue(group, 1)))
        store.catalogues.save(signed(catalogue(group, 2)))
    assert [(one.group, one.version) for one in store.catalogues.all()] == [("a", 2), ("b", 2)]


def test_what_did_not_change_is_not_read_again(store):
    for group in ("a", "b"):
        store.catalogues.save(signed(catalogue(group, 1)))
    before = store.catalogues.all()
    store.catalogues.save(signed(catalogue("b", 2)))
    after = store.catalogues.all()
    assert (after[0] is before[0], after[1].version) == (True, 2)


def test_an_unknown_group_is_not_found(store):
    with pytest.raises(NotFound):
        store.catalogues.current("none")


def test_a_job_is_found_by_its_name_or_with_its_group(store):
    for group in ("a", "b"):
        store.catalogues.save(signed(catalogue(group)))
    assert store.catalogues.find_job("b/files").group == "b"
    with pytest.raises(Invalid, match="GROUP/JOB"):
        store.catalogues.find_job("files")
    for unknown in ("none", "c/files", ""):
        with pytest.raises(NotFound):
            store.catalogues.find_job(unknown)
