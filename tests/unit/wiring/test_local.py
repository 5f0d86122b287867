"""What is measured of this host without Asterisk and FreePBX: what is not there is unknown, what changed is seen."""

import pytest

from pbxsync_worker.core.model.dataset import Dataset, FileSet, Place
from pbxsync_worker.core.model.host import Host
from pbxsync_worker.core.model.report import Told, Version
from pbxsync_worker.core.settings import Settings
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.wiring import Installation, local
from pbxsync_worker.wiring.unsafe import since
from tests.unit.core.values import A, B, catalogue


@pytest.fixture
def here(tmp_path):
    etc = tmp_path / "etc"
    etc.mkdir()
    (etc / "extensions.conf").write_text("[default]\n")
    (etc / "manager.conf").write_text("secret\n")
    settings = Settings(
        home=tmp_path / "home", redis_url=f"unix://{tmp_path}/none.sock", freepbx_conf=tmp_path / "none",
        places={Place.ETC: etc}, web_bind="127.0.0.1:1", peer_bind="127.0.0.1:1",
    )  # fmt: skip
    made = Installation(settings)
    made.store.hosts.set_me(Host(A, "one", ""))
    yield made
    made.store.database.close()


def measured(here, name):
    source = next(one for _, one in local.sources(here) if one.name == name)
    found = source.measure()
    assert set(found) <= set(source.facts)
    return found


def test_the_machine_is_measured_where_files_of_ours_lie(here):
    found = measured(here, "machine")
    assert found["disk.free_bytes"] > 0
    assert found["memory.free_percent"] > 0


def test_without_freepbx_nothing_of_it_is_known(here):
    assert set(measured(here, "freepbx").values()) == {None}


def test_services_that_do_not_run_are_down(here):
    assert measured(here, "services") == {"redis.up": False, "mariadb.up": None, "services.up": False}


def test_a_host_that_is_no_source_does_not_know_of_changes(here):
    assert measured(here, "changes")["data.changed"] is None


def synced(here, age: float):
    """Make this host the source of a job that ended well some seconds ago."""
    made = catalogue()
    here.store.catalogues.save(Signed(document_of(made), A, b"signature"))
    here.store.versions.keep(B, [Version("farm", "files", A, "r1", "ff", age, age)])
    return made


def test_what_changed_after_the_last_run_is_counted(here):
    synced(here, 3600.0)
    found = measured(here, "changes")
    assert found["data.changed"] is True
    assert found["data.changed_items"] >= 1
    assert found["data.unsafe_s"] >= 0


def test_where_nothing_changed_since_nothing_is_counted(here):
    synced(here, -5.0)
    assert measured(here, "changes")["data.changed_items"] == 0
    assert measured(here, "changes")["data.unsafe_s"] == 0


def test_what_never_travels_is_no_change(here):
    etc = here.settings.places[Place.ETC]
    found = since(here, Dataset("etc", "", (FileSet(Place.ETC, include=("manager.conf",)),)), 0.0)
    assert (etc / "manager.conf").exists()
    assert found.items == 1  # the folder alone


def test_rows_without_a_database_cannot_be_judged(here):
    assert since(here, Dataset("etc", "", (FileSet(Place.SPOOL),)), 0.0).items is None


def test_what_was_known_of_calls_for_help_outlives_the_monitor(here):
    assert local._since_emergency(here) is None
    here.store.facts.record(A, [Told("asterisk.since_emergency_s", 100, 50.0, "ami")])
    assert 149 <= (local._since_emergency(here) or 0.0) < 200
