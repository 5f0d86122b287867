"""Datasets of one's own selection through the API: what a worker is asked to save, and what is refused."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.dataset import (
    BoxSet,
    Dataset,
    DeletePolicy,
    FamilySet,
    FileSet,
    MessageSet,
    Place,
    TableSet,
)
from tests.web import seed
from tests.web.api.test_catalogue import asked

OWN = "/groups/coast/datasets/own"
FILES = {"place": "ASTETCDIR", "include": ["extensions*.conf"], "delete": "never"}


def test_a_dataset_of_files_keys_and_messages_is_made(world, boss):
    body = {"title": "Own", "file_sets": [FILES], "families": [{"family": "CF"}], "messages": [{"box": "10*"}]}
    made = asked(world, boss.send("PUT", OWN, body)).dataset("own")
    assert made.file_sets == (FileSet(Place.ETC, include=("extensions*.conf",), delete=DeletePolicy.NEVER),)
    assert (made.families, made.messages) == (
        (FamilySet("CF", delete=DeletePolicy.KNOWN),),
        (MessageSet("*", "10*", DeletePolicy.KNOWN),),
    )


def test_what_is_read_can_be_sent_back(world, boss, reader):
    path = "/groups/coast/datasets/music-on-hold"
    known = reader.get(path).get_json()
    body = {name: value for name, value in known.items() if name != "name"}
    before = world.store.catalogues.current("coast").dataset("music-on-hold")
    assert asked(world, boss.send("PUT", path, body)).dataset("music-on-hold") == before


def test_what_is_not_given_stays_and_tables_can_go(world, boss):
    tables = tuple(TableSet("asterisk", name, ("id",)) for name in ("users", "trunks"))
    whole = Dataset("own", "Mine", tables=tables, boxes=(BoxSet(),))
    seed.save(world.store, world.store.catalogues.current("coast").with_dataset(whole))
    body = {"title": "Own", "tables": [{"database": "asterisk", "table": "users", "key": ["id"]}]}
    assert asked(world, boss.send("PUT", OWN, body)).dataset("own") == replace(whole, title="Own", tables=tables[:1])


@pytest.mark.parametrize(
    ("other", "names"),
    [
        ({"file_sets": [{**FILES, "path": "../etc"}]}, "path-0"),
        ({"file_sets": [{**FILES, "include": []}]}, "include-0"),
        ({"file_sets": [{**FILES, "delte": "never"}]}, "delte"),
        ({"file_sets": [FILES] * 21}, "file_sets"),
        ({"file_sets": []}, "sets"),
        ({"families": [{"family": "a/b"}]}, "family-0"),
        ({"databases": [{"place": "ASTVARLIBDIR", "path": ""}]}, "dbpath-0"),
        ({"tables": [{"database": "mysql", "table": "user", "key": ["User"]}]}, "presets"),
    ],
)
def test_it_refuses_a_dataset_that_no_page_would_make(world, boss, other, names):
    answer = boss.send("PUT", OWN, {"title": "Own", "file_sets": [FILES], **other})
    assert (answer.status_code, names in answer.text, world.waker.granted) == (400, True, [])


@pytest.mark.parametrize("name", ["new", "add", "Own", "own_", "-own"])
def test_it_refuses_a_name_that_no_page_could_show(boss, name):
    assert boss.send("PUT", f"/groups/coast/datasets/{name}", {"title": "Own", "file_sets": [FILES]}).status_code == 400


def test_an_operator_does_not_change_datasets(runner):
    assert runner.send("PUT", OWN, {"title": "Own", "file_sets": [FILES]}).status_code == 403
