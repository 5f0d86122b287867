"""Datasets: selections of one's own, edited, refused, removed."""

from dataclasses import replace
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from pbxsync_web.forms.datasets import named_tables, to_form
from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy, FamilySet, FileSet, Keep, Place, SqliteSet
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
        ("title", "Add"),
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
    answer = admin.post(NEW, **GOOD, add="set")
    assert answer.status_code == 200
    assert 'name="include-1"' in answer.text
    assert world.store.wishes.waiting() == ()


def test_taking_a_file_set_out_closes_the_gap(admin: Browser) -> None:
    two = {**GOOD, "sets": "2", "path-1": "second", "place-1": "ASTETCDIR"}
    answer = admin.post(NEW, **two, **{"drop-set": "0"})
    assert 'name="path-0" type="text" value="second"' in answer.text
    assert 'name="path-1"' not in answer.text


def test_a_form_cannot_ask_for_endless_file_sets(admin: Browser) -> None:
    assert 'name="path-20"' not in admin.post(NEW, **{**GOOD, "sets": "999"}, add="set").text


def test_editing_keeps_the_name_that_jobs_use(world: World, admin: Browser) -> None:
    admin.post("/groups/coast/datasets/music-on-hold/edit", **GOOD)
    assert wished(world).dataset("music-on-hold").title == "Prompts"


def mixed(world: World) -> Dataset:
    made = seed.mixed(world.store)
    assert made.file_sets
    assert made.families
    assert made.tables
    assert made.boxes
    return made


def as_it_is(world: World, dataset: Dataset) -> MultiDict[str, Any]:
    with world.app.test_request_context():
        return to_form(dataset)


def test_a_form_that_is_sent_back_changes_nothing(world: World, admin: Browser) -> None:
    made = mixed(world)
    assert "asterisk.users" in admin.get("/groups/coast/datasets/people/edit").text
    assert admin.send("/groups/coast/datasets/people/edit", as_it_is(world, made)).status_code == 303
    assert wished(world).dataset("people") == made


def test_what_a_form_does_not_show_stays(world: World, admin: Browser) -> None:
    made = mixed(world)
    admin.post("/groups/coast/datasets/people/edit", **GOOD)
    changed = wished(world).dataset("people")
    assert (changed.families, changed.tables, changed.title) == (made.families, made.tables, "Prompts")


def test_single_tables_can_be_taken_out(world: World, admin: Browser) -> None:
    made = mixed(world)
    form = as_it_is(world, made)
    form.setlist("table", [name for name in named_tables(made.tables) if not name.endswith(".users")])
    admin.send("/groups/coast/datasets/people/edit", form)
    left = wished(world).dataset("people").tables
    assert {one.table for one in made.tables} - {one.table for one in left} == {"users"}


def test_no_form_brings_a_table_that_the_dataset_does_not_have(world: World, admin: Browser) -> None:
    made = mixed(world)
    form = as_it_is(world, made)
    form.setlist("table", ["0:asterisk.ampusers", "99:asterisk.users", "0:mysql.user"])
    admin.send("/groups/coast/datasets/people/edit", form)
    assert wished(world).dataset("people").tables == ()


def test_mailboxes_can_be_taken_out_and_are_kept_where_they_are_not_shown(world: World, admin: Browser) -> None:
    made = mixed(world)
    assert "<code>*@*</code>" in admin.get("/groups/coast/datasets/people/edit").text
    form = as_it_is(world, made)
    form.poplist("box")
    admin.send("/groups/coast/datasets/people/edit", form)
    assert wished(world).dataset("people") == replace(made, boxes=())


def test_families_are_added_changed_and_taken_out(world: World, admin: Browser) -> None:
    form = as_it_is(world, mixed(world))
    edit = "/groups/coast/datasets/people/edit"
    count = int(form["families"])
    assert f'name="family-{count}"' in admin.send(edit, form, add="family").text
    closed = admin.send(edit, form, **{"drop-family": "0"}).text
    assert f'name="family-{count - 1}"' not in closed
    assert 'name="path-0"' in closed
    form["keys-0"], form["gone-0"] = "20*", "never"
    admin.send(edit, form)
    assert wished(world).dataset("people").families[0] == FamilySet("CF", "20*", DeletePolicy.NEVER)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("family-0", ""),
        ("family-0", "CF/2001"),
        ("family-0", "C\nF"),
        ("keys-0", ""),
        ("keys-0", "{a"),
        ("gone-0", "all"),
    ],
)
def test_it_refuses_a_family_that_is_none(world: World, admin: Browser, field: str, value: str) -> None:
    answer = admin.post(
        NEW, **{**GOOD, "families": "1", "family-0": "CF", "keys-0": "**", "gone-0": "known", field: value}
    )
    assert answer.status_code == 400
    assert f'id="{field}-problem"' in answer.text


def test_a_dataset_of_keys_alone_needs_no_file_set(world: World, admin: Browser) -> None:
    keys = Dataset("keys", "Keys", (), (FamilySet("CF"),))
    seed.save(world.store, world.store.catalogues.current("coast").with_dataset(keys))
    assert 'name="path-0"' not in admin.get("/groups/coast/datasets/keys/edit").text
    assert admin.post("/groups/coast/datasets/keys/edit", title="Our keys", sets="0").status_code == 303


def test_it_refuses_a_dataset_of_nothing(world: World, admin: Browser) -> None:
    assert "sets-problem" in admin.post(NEW, title="Nothing", sets="0").text
    mixed(world)
    nothing = {"title": "Nothing", "sets": "0", "families": "0", "tables": "shown", "boxes": "shown"}
    assert "sets-problem" in admin.post("/groups/coast/datasets/people/edit", **nothing).text


def test_its_page_shows_keys_and_rows_in_words(world: World, viewer: Browser) -> None:
    mixed(world)
    page = viewer.get("/groups/coast/datasets/people").text
    for text in (
        "<code>DND</code>",
        "keyword is none of transport, media_address",
        "id is not like tr-%",
        "settings store of Userman",
        "where there is one",
    ):
        assert text in page


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


DATABASE = {
    "databases": "1", "dbplace-0": "ASTLOGDIR", "dbpath-0": "master.db", "dbtake-0": "cdr cel*", "dbleave-0": "celx",
    "dbgone-0": "never", "dbwhole-0": "no",
}  # fmt: skip


def test_an_sqlite_database_is_added_shown_and_taken_out(world: World, admin: Browser) -> None:
    form = as_it_is(world, mixed(world))
    edit = "/groups/coast/datasets/people/edit"
    assert 'name="dbpath-0"' in admin.send(edit, form, add="database").text
    for name, value in DATABASE.items():
        form[name] = value
    admin.send(edit, form)
    made = wished(world).dataset("people")
    chosen = SqliteSet(Place.LOG, "master.db", ("cdr", "cel*"), ("celx",), DeletePolicy.NEVER)
    assert made.databases == (chosen,)
    seed.save(world.store, world.store.catalogues.current("coast").with_dataset(made))
    assert "ASTLOGDIR/master.db" in admin.get("/groups/coast/datasets/people").text
    again = as_it_is(world, made)
    assert 'name="dbpath-0"' not in admin.send(edit, again, **{"drop-database": "0"}).text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("dbpath-0", ""),
        ("dbpath-0", "../master.db"),
        ("dbpath-0", "x" * 200),
        ("dbplace-0", "ASTNOWHERE"),
        ("dbtake-0", "{a"),
        ("dbgone-0", "all"),
        ("dbwhole-0", "yes"),
    ],
)
def test_it_refuses_a_database_that_is_none(world: World, admin: Browser, field: str, value: str) -> None:
    answer = admin.post(NEW, **{**GOOD, **DATABASE, field: value})
    assert answer.status_code == 400


def test_files_of_the_log_folder_cannot_be_chosen(world: World, admin: Browser) -> None:
    assert admin.post(NEW, **{**GOOD, "place-0": "ASTLOGDIR"}).status_code == 400
