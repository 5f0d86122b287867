"""What changed on this host as a source: looked at, and told to whoever coordinates."""

import os
from contextlib import contextmanager
from dataclasses import replace

import pytest

from pbxsync_worker.core.model.errors import HostUnreachable, PeerRefused
from pbxsync_worker.core.model.job import OnChange, Trigger
from pbxsync_worker.core.model.report import Told
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.core.store.occurrences import THIS_HOST
from pbxsync_worker.wiring.changes import SourceWatch
from tests.unit.core.values import A, B, catalogue

JOB = ("farm", "files")


@pytest.fixture
def watch(here):
    """This host is the source of a job that listens."""

    def made(trigger: Trigger, primary: str = "") -> SourceWatch:
        me = here.identity.id
        job = replace(catalogue().jobs[0], source=me, targets=(B,), on_change=OnChange(trigger))
        hosts = (here.store.hosts.me(), *catalogue().hosts)
        whole = replace(catalogue(), primary=primary or me, hosts=hosts, jobs=(job,))
        here.store.catalogues.save(Signed(document_of(whole), A, b""))
        return SourceWatch(here)

    return made


def write(here, text: str) -> None:
    (here.settings.home.parent / "etc/a.conf").write_text(text)


def need_reload(here, value: bool) -> None:
    here.store.facts.record(here.identity.id, [Told("freepbx.need_reload", value, 0.0, "freepbx")])


def looked(here, watch: SourceWatch, seconds: float = 11.0) -> bool:
    """Let time pass and look; return whether a change was told, and forget it."""
    here.clock.move(seconds)
    watch.step()
    told = here.store.occurrences.changes().get(JOB)
    if told:
        here.store.occurrences.forget_change(JOB, told)
    return told is not None


def test_a_changed_file_is_a_change_once(here, watch):
    one = watch(Trigger.CHANGES)
    assert looked(here, one)
    assert not looked(here, one)
    write(here, "new")
    assert [looked(here, one), looked(here, one)] == [True, False]


def test_a_file_that_is_written_with_what_it_held_is_none(here, watch):
    write(here, "same")
    one = watch(Trigger.CHANGES)
    looked(here, one)
    before = (here.settings.home.parent / "etc/a.conf").stat()
    write(here, "same")
    os.utime(here.settings.home.parent / "etc/a.conf", ns=(before.st_mtime_ns, before.st_mtime_ns))
    assert not looked(here, one)


def test_it_does_not_look_more_often_than_every_ten_seconds(here, watch):
    one = watch(Trigger.CHANGES)
    looked(here, one)
    write(here, "new")
    assert [looked(here, one, 5.0), looked(here, one, 6.0)] == [False, True]


def test_a_hint_makes_it_look_at_once(here, watch):
    one = watch(Trigger.CHANGES)
    looked(here, one)
    write(here, "new")
    here.store.occurrences.tell_change([THIS_HOST])
    assert looked(here, one, 0.1)
    assert here.store.occurrences.changes() == {}


def test_apply_config_is_what_makes_others_look(here, watch):
    one = watch(Trigger.APPLY_CONFIG)
    need_reload(here, False)
    looked(here, one)
    write(here, "new")
    need_reload(here, True)
    assert not looked(here, one)
    need_reload(here, False)
    assert looked(here, one)


def since_reload(here, seconds: float) -> None:
    here.store.facts.record(here.identity.id, [Told("asterisk.since_reload_s", seconds, 0.0, "ami")])


def test_an_apply_config_so_quick_that_nobody_saw_what_was_left_is_seen_by_its_reload(here, watch):
    need_reload(here, False)
    since_reload(here, 100.0)
    one = watch(Trigger.APPLY_CONFIG)
    looked(here, one)
    write(here, "new")
    assert not looked(here, one)
    since_reload(here, 2.0)
    assert looked(here, one)
    since_reload(here, 13.0)
    assert not looked(here, one)


def test_a_reload_while_somebody_still_has_something_to_apply_is_none(here, watch):
    need_reload(here, False)
    since_reload(here, 100.0)
    one = watch(Trigger.APPLY_CONFIG)
    looked(here, one)
    write(here, "new")
    need_reload(here, True)
    since_reload(here, 1.0)
    assert not looked(here, one)
    need_reload(here, False)
    assert looked(here, one)


def test_apply_config_that_changed_nothing_of_the_dataset_is_no_change(here, watch):
    one = watch(Trigger.APPLY_CONFIG)
    need_reload(here, False)
    looked(here, one)
    need_reload(here, True)
    looked(here, one)
    need_reload(here, False)
    assert not looked(here, one)


def test_a_job_that_does_not_listen_is_not_looked_at(here, watch):
    one = watch(Trigger.OFF)
    here.store.occurrences.tell_change([THIS_HOST])
    assert not looked(here, one)


class Coordinator:
    """The host that coordinates, as a source meets it; fails: what it answers."""

    def __init__(self, fails=None) -> None:
        self.fails = fails
        self.told: list[tuple[str, str]] = []

    def changed(self, group: str, job: str) -> None:
        if self.fails:
            raise self.fails
        self.told.append((group, job))


def other_coordinates(here, watch, fails=None) -> tuple[SourceWatch, Coordinator]:
    """Let host A coordinate."""
    here.knows(A)
    coordinator = Coordinator(fails)

    @contextmanager
    def control(_):
        yield coordinator

    here.control = control
    return watch(Trigger.CHANGES, A), coordinator


def test_a_change_is_told_to_the_host_that_coordinates_and_forgotten_here(here, watch):
    one, coordinator = other_coordinates(here, watch)
    assert not looked(here, one)
    assert coordinator.told == [JOB]


def test_a_coordinator_that_is_away_is_told_later(here, watch):
    one, coordinator = other_coordinates(here, watch, HostUnreachable(host="a", reason="away"))
    one.step()
    coordinator.fails = None
    one.step()
    assert (coordinator.told, list(here.store.occurrences.changes())) == ([], [JOB])
    here.clock.move(16)
    one.step()
    assert (coordinator.told, here.store.occurrences.changes()) == ([JOB], {})


def test_a_coordinator_that_does_not_want_to_know_is_left_in_peace(here, watch):
    one, _ = other_coordinates(here, watch, PeerRefused(host="a", reason="no"))
    one.step()
    assert here.store.occurrences.changes() == {}
