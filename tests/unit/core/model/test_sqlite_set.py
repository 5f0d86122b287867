"""Which names belong to an SQLite database of a dataset, and what happens to those that the source lacks."""

import pytest

from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy, Place, SqliteSet, sqlite_part

ONE = SqliteSet(Place.VARLIB, "a/b.db", include=("t*", "x/y"), exclude=("tmp*",), delete=DeletePolicy.NEVER)
BASE = b"SQLITE/ASTVARLIBDIR/a%2Fb.db/"


@pytest.mark.parametrize("name", [b"!schema", b"!pages", b"t/1", b"t2/'x", b"x%2Fy/1"])
def test_it_selects(name: bytes):
    assert ONE.selects(BASE + name)
    assert Dataset("d", "D", databases=(ONE,)).concerns(BASE + name)


@pytest.mark.parametrize("name", [b"", b"t", b"t/", b"tmp1/1", b"u/1", b"!other"])
def test_it_does_not_select(name: bytes):
    assert not ONE.selects(BASE + name)


def test_another_database_is_not_selected():
    assert not ONE.selects(b"SQLITE/ASTVARLIBDIR/a%2Fb.db2/t/1")


@pytest.mark.parametrize(("text", "part"), [(b"a/b", b"a%2Fb"), (b"..", b"%2E."), (b".x", b"%2Ex"), (b"~", b"~")])
def test_any_text_is_one_part_of_a_name(text: bytes, part: bytes):
    assert sqlite_part(text) == part


def test_a_database_that_is_gone_at_the_source_always_shows():
    data = Dataset("d", "D", databases=(ONE,)).with_deletes(DeletePolicy.KNOWN)
    assert data.delete_policy(BASE + b"!schema") is DeletePolicy.MIRROR
    assert data.delete_policy(BASE + b"t/1") is DeletePolicy.KNOWN
    assert data.delete_policy(BASE + b"u/1") is DeletePolicy.NEVER


def test_a_policy_must_open_the_place_as_well():
    assert Dataset("d", "D", databases=(ONE,)).places == {"SQLITE", "ASTVARLIBDIR"}
