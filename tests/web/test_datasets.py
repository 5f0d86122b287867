"""Datasets: from a starting point, edited, refused, removed."""

import pytest

from pbxsync_web.forms.datasets import to_form
from pbxsync_web.starters import STARTERS
from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy, FamilySet, FileSet, Keep, Place, TableSet
from tests.web import seed
from tests.web.conftest import Browser, World
from tests.web.test_groups import wished

NEW = "/groups/coast/datasets/new"
GOOD = {
    "title": "Prompts",
    "sets": "1",
    "place-0": "ASTVARLIBDIR",
    "path-0": "/sounds/es/",
    "include-0": "custom/**\n\n*.wav",
    "exclude-0": "",
    "delete-0": "never",
    "mode-0": "yes",
    "owner-0": "no",
    "mtime-0": "yes",
    "xattrs-0": "yes",
}


def test_the_list_offers_every_starting_point(admin: Browser) -> None:
    page = admin.get("/datasets").text
    assert all(f"start={one.name}" in page for one in STARTERS)


@pytest.mark.parametrize("name", [one.name for one in STARTERS])
def test_a_starting_point_can_be_taken_as_it_is(world: World, admin: Browser, name: str) -> None:
    with world.app.test_request_context():
        begun = next(one.dataset for one in STARTERS if one.name == name)
        form = {**to_form(begun), "title": "Taken over"}
    assert begun.file_sets[0].path in admin.get(f"{NEW}?start={name}").text
    assert admin.post(NEW, **form).status_code == 303
    assert wished(world).dataset("taken-over").file_sets == begun.file_sets


def test_every_starting_point_of_the_core_has_its_words(world: World) -> None:
    with world.app.test_request_context():
        assert all(str(one.title) and str(one.purpose) for one in STARTERS)


def test_it_makes_a_dataset_of_what_was_typed(world: World, admin: Browser) -> None:
    answer = admin.post(NEW, **GOOD)
    kept = Keep(owner=False, xattrs=True)
    parts = (FileSet(Place.VARLIB, "sounds/es", ("custom/**", "*.wav"), (), DeletePolicy.NEVER, kept),)
    assert wished(world).dataset("prompts") == Dataset("prompts", "Prompts", parts)
    assert wished(world).version == 4
    assert "then=/groups/coast/datasets/prompts" in answer.headers["Location"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 65),
        ("title", "Music on hold"),
        ("place-0", "/etc"),
        ("path-0", "../../etc"),
        ("path-0", "a//b"),
        ("include-0", " \n"),
        ("include-0", "{a,b"),
        ("exclude-0", "[z-a]"),
        ("delete-0", "all"),
    ],
)
def test_it_refuses_and_keeps_what_was_typed(world: World, admin: Browser, field: str, value: str) -> None:
    answer = admin.post(NEW, **{**GOOD, field: value})
    assert answer.status_code == 400
    assert f'id="{field}-problem"' in answer.text
    assert "custom/**" in answer.text or field == "include-0"
    assert world.store.wishes.waiting() == ()


def test_adding_a_file_set_only_shows_one_more(world: World, admin: Browser) -> None:
    answer = admin.post(NEW, **GOOD, add="1")
    assert answer.status_code == 200
    assert 'name="include-1"' in answer.text
    assert world.store.wishes.waiting() == ()


def test_taking_a_file_set_out_closes_the_gap(admin: Browser) -> None:
    two = {**GOOD, "sets": "2", "path-1": "second", "place-1": "ASTETCDIR"}
    answer = admin.post(NEW, **two, drop="0")
    assert 'name="path-0" type="text" value="second"' in answer.text
    assert 'name="path-1"' not in answer.text


def test_a_form_cannot_ask_for_endless_file_sets(admin: Browser) -> None:
    assert 'name="path-20"' not in admin.post(NEW, **{**GOOD, "sets": "999"}, add="1").text


def test_editing_keeps_the_name_that_jobs_use(world: World, admin: Browser) -> None:
    admin.post("/groups/coast/datasets/music-on-hold/edit", **GOOD)
    assert wished(world).dataset("music-on-hold").title == "Prompts"


def test_editing_keeps_rows_and_keys(world: World, admin: Browser) -> None:
    rows = (TableSet("asterisk", "users", ("extension",)),)
    mixed = Dataset("mixed", "Mixed", (FileSet(Place.ETC),), (FamilySet("CF"),), rows)
    seed.save(world.store, world.store.catalogues.current("coast").with_dataset(mixed))
    assert "asterisk.users" in admin.get("/groups/coast/datasets/mixed").text
    admin.post("/groups/coast/datasets/mixed/edit", **GOOD)
    changed = wished(world).dataset("mixed")
    assert (changed.families, changed.tables) == (mixed.families, mixed.tables)
    assert changed.title == "Prompts"


def test_a_dataset_of_keys_alone_needs_no_file_set(world: World, admin: Browser) -> None:
    keys = Dataset("keys", "Keys", (), (FamilySet("CF"),))
    seed.save(world.store, world.store.catalogues.current("coast").with_dataset(keys))
    assert 'name="path-0"' not in admin.get("/groups/coast/datasets/keys/edit").text
    assert admin.post("/groups/coast/datasets/keys/edit", title="Our keys", sets="0").status_code == 303


def test_it_refuses_a_new_dataset_of_nothing(admin: Browser) -> None:
    assert "sets-problem" in admin.post(NEW, title="Nothing", sets="0").text


def test_its_page_shows_places_and_patterns(viewer: Browser) -> None:
    page = viewer.get("/groups/coast/datasets/music-on-hold").text
    for text in ("/srv/pbx/varlib/moh", "**/*.part", "Remove everything else", "Music to the south"):
        assert text in page


def test_it_does_not_remove_what_a_job_uses(world: World, admin: Browser) -> None:
    assert "Remove or change the job first" in admin.get("/groups/coast/datasets/music-on-hold/remove").text
    assert admin.post("/groups/coast/datasets/music-on-hold/remove").status_code == 403
    assert world.store.wishes.waiting() == ()


def test_it_removes_what_no_job_uses(world: World, admin: Browser) -> None:
    seed.save(world.store, world.store.catalogues.current("coast").without_job("music"))
    admin.post("/groups/coast/datasets/music-on-hold/remove")
    assert [one.name for one in wished(world).datasets] == ["asterisk-configuration"]
