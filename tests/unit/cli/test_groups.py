"""Presets on the command line, and the farm that is made of them."""

import pytest

from pbxsync_worker.core.model import offers, presets
from pbxsync_worker.core.model.host import Host, Peer, PeerState
from pbxsync_worker.core.model.wish import Give, policy_for


@pytest.fixture
def farm(installed):
    """Make the farm `office` with a host that is paired; give what the catalogue then holds."""
    other = Host("b2" * 32, "two", "127.0.0.1:1")
    installed.here().store.hosts.save(Peer(other, b"certificate", PeerState.PAIRED, policy_for(Give.BOTH)))

    def create(*names):
        words = [word for name in names for word in ("--dataset", name)]
        said = installed.json("farm", "create", "office", "--replica", "two", *words)
        return said, installed.here().store.catalogues.all()

    return create


@pytest.fixture
def freepbx(tmp_path, installed):
    conf = tmp_path / "freepbx.conf"
    conf.touch()
    with (installed.home / "pbxsync.toml").open("a") as file:
        file.write(f'freepbx_conf = "{conf}"\n')
    return installed


def test_without_a_preset_the_files_of_a_plain_asterisk_travel(farm):
    _said, (made,) = farm()
    assert made.datasets == (offers.everything(),)
    assert [job.name for job in made.jobs] == ["office-pbx-files"]


def test_the_default_can_be_named(farm):
    _said, (made,) = farm("pbx-files")
    assert made.datasets == (offers.everything(),)


def test_one_preset_gives_the_dataset_its_name(farm):
    _said, (made,) = farm("music-on-hold")
    assert [(one.name, one.title) for one in made.datasets] == [("music-on-hold", "Music on hold")]
    assert [job.name for job in made.jobs] == ["office-music-on-hold"]


def test_several_presets_are_one_dataset(farm):
    _said, (made,) = farm("music-on-hold", "call-recordings")
    (dataset,) = made.datasets
    assert [one.base for one in dataset.file_sets] == [b"ASTVARLIBDIR/moh", b"ASTSPOOLDIR/monitor"]
    assert dataset.title == "Music on hold, Call recordings"


@pytest.mark.parametrize("name", ["nothing", "feature-state"])
def test_it_refuses_what_is_not_offered_here(farm, name):
    said, made = farm(name)
    assert (said.status, said.value["error"], made) == (2, "not-found", ())


def test_presets_are_those_of_a_plain_asterisk_where_there_is_no_freepbx(installed):
    names = {one["name"] for one in installed.json("presets").value}
    assert names == {one.name for one in presets.offered(freepbx=False)}
    assert "feature-state" not in names


def test_presets_are_those_of_freepbx_where_it_is(freepbx):
    assert "feature-state" in freepbx("presets").out
    names = [one["name"] for one in freepbx.json("presets").value]
    assert names == [one.name for one in presets.offered(freepbx=True)]


def test_it_says_what_else_must_travel(freepbx, farm):
    said, made = farm("call-flow")
    assert (said.status, made) == (2, ())
    assert "--dataset extensions-users" in said.value["sentence"]


def test_datasets_are_listed_with_everything_they_select(freepbx, farm):
    farm("feature-state", "music-on-hold")
    said = freepbx("datasets").out
    assert "ASTVARLIBDIR/moh" in said
    assert "DND" in said
