"""Edits of a catalogue."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.host import Host, Job, Policy
from tests.unit.core.values import A, B, C, catalogue, dataset

ONE = catalogue()


def test_it_finds_members_datasets_and_jobs():
    assert ONE.host(B).name == "two"
    assert ONE.dataset("etc") == dataset()
    assert ONE.job("files").source == A


@pytest.mark.parametrize("look", [ONE.host, ONE.dataset, ONE.job])
def test_it_refuses_a_name_that_it_does_not_have(look):
    with pytest.raises(NotFound):
        look("nobody")


@pytest.mark.parametrize(
    "edited",
    [
        ONE.with_host(Host(C, "three", "three:1")),
        ONE.with_dataset(dataset("new")),
        ONE.with_job(Job("new", "New", "etc", B, (A,))),
        ONE.without_host(B),
        ONE.without_job("files"),
    ],
)
def test_each_edit_is_one_version_later_and_leaves_the_former_alone(edited):
    assert edited.version == 2
    assert catalogue() == ONE != edited


def test_an_edit_replaces_what_has_the_same_name():
    renamed = ONE.with_host(Host(B, "zwei", "two:1"))
    assert [host.name for host in renamed.hosts] == ["one", "zwei"]
    assert len(ONE.with_dataset(replace(dataset(), title="T")).datasets) == 1
    assert ONE.with_job(replace(ONE.jobs[0], title="T")).job("files").title == "T"


@pytest.mark.parametrize(
    "job", [Job("j", "J", "none", A, (B,)), Job("j", "J", "etc", C, (B,)), Job("j", "J", "etc", A, (B, C))]
)
def test_it_refuses_a_job_with_an_unknown_dataset_source_or_target(job):
    with pytest.raises(NotFound):
        ONE.with_job(job)


def test_a_host_that_leaves_takes_the_jobs_it_was_the_source_of():
    assert ONE.without_host(A).jobs == ()


def test_a_host_that_leaves_is_a_target_no_more():
    both = ONE.with_host(Host(C, "three", "c:1")).with_job(Job("files", "F", "etc", A, (B, C)))
    assert both.without_host(B).job("files").targets == (C,)


def test_a_new_peer_may_do_nothing_until_told():
    assert Policy().rights == frozenset()
