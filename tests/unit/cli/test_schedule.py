"""Jobs one by one on the command line."""

import pytest

from pbxsync_worker.core.model.host import GroupKind, Host, Job, Peer, PeerState
from pbxsync_worker.core.model.job import Missed, OnChange, OnFailure, Retries, Schedule, TargetOrder, Trigger
from pbxsync_worker.core.model.wish import Give, policy_for
from pbxsync_worker.core.store.occurrences import THIS_HOST

OTHER = Host("b2" * 32, "two", "127.0.0.1:1")
EVERYTHING = (
    *("--title", "Music", "--target", "two", "--order", "canary", "--parallel", "3", "--on-failure", "go-on"),
    *("--bandwidth", "250", "--time-limit", "600", "--retries", "2", "--retry-pause", "60"),
    *("--after", "office-pbx-files", "--schedule", "daily 02:30", "--zone", "Europe/Madrid", "--missed", "all"),
    *("--jitter", "30", "--on-change", "changes", "--debounce", "5", "--longest", "50", "--probe-seconds", "45"),
)


@pytest.fixture
def office(installed):
    """A farm with one replica and the job `office-pbx-files`."""
    installed.here().store.hosts.save(Peer(OTHER, b"certificate", PeerState.PAIRED, policy_for(Give.BOTH)))
    installed.json("farm", "create", "office", "--replica", "two")
    return installed


def job(office, name: str) -> Job:
    found: Job = office.here().store.catalogues.current("office").job(name)
    return found


def create(office, *words: str):
    return office.json("job", "create", "music", "--group", "office", "--dataset", "pbx-files", *words)


def test_every_field_has_an_option(office):
    assert create(office, *EVERYTHING).status == 0
    me = office.here().store.hosts.me().id
    assert job(office, "music") == Job(
        "music", "Music", "pbx-files", me, (OTHER.id,), 45, TargetOrder.CANARY, 3, OnFailure.GO_ON, 250_000, 600,
        Retries(2, 60), False, ("office-pbx-files",), Schedule("daily 02:30", "Europe/Madrid", Missed.ALL, 30),
        OnChange(Trigger.CHANGES, 5, 50),
    )  # fmt: skip


def test_a_change_leaves_what_is_not_named(office):
    create(office, *EVERYTHING)
    before = job(office, "music")
    office.json("job", "change", "music", "--parallel", "9", "--after", "", "--schedule", "")
    after = job(office, "music")
    assert (after.parallel, after.after, after.schedule.when) == (9, (), "")
    assert (after.order, after.schedule.zone, after.retries) == (before.order, before.schedule.zone, before.retries)


def test_a_job_is_paused_and_resumed(office):
    office.json("job", "pause", "office-pbx-files")
    assert job(office, "office-pbx-files").paused
    office.json("job", "resume", "office/office-pbx-files")
    assert not job(office, "office-pbx-files").paused


def test_a_job_that_is_removed_is_waited_for_by_nobody(office):
    create(office, *EVERYTHING)
    office.json("job", "remove", "office-pbx-files")
    assert job(office, "music").after == ()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--schedule", "every 7 min"), "7 does not divide 60"),
        (("--target", "nobody"), "no member of office has this name alone"),
        (("--after", "music"), "no other job music"),
    ],
)
def test_it_refuses_what_cannot_be(office, words, says):
    said = create(office, "--target", "two", *words)
    assert (said.status, says in said.value["sentence"]) == (2, True)


def test_a_job_is_not_made_twice(office):
    create(office, "--target", "two")
    assert "exists already" in create(office, "--target", "two").value["sentence"]


def test_the_schedule_shows_each_job_and_why_it_does_not_run(office):
    create(office, *EVERYTHING)
    found = {one["job"]: one for one in office.json("schedule").value}
    assert found["office-pbx-files"]["why"].startswith("Nothing starts it but a person")
    assert len(found["music"]["next"]) == 5
    lines = office("schedule", "music").out.splitlines()
    assert len([line for line in lines if "02:30 CE" in line]) == 5


def test_word_of_a_change_is_written_down(office):
    assert office.json("changed").value == {"told": True}
    assert list(office.here().store.occurrences.changes()) == [THIS_HOST]


def test_a_federation_is_made(installed):
    installed.here().store.hosts.save(Peer(OTHER, b"certificate", PeerState.PAIRED, policy_for(Give.BOTH)))
    installed.json("farm", "create", "peers", "--replica", "two", "--federation")
    assert installed.here().store.catalogues.current("peers").kind is GroupKind.FEDERATION
