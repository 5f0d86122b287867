"""Whether two datasets can name the same item."""

import pytest

from pbxsync_worker.core.model.dataset import (
    BoxSet,
    Condition,
    Dataset,
    FamilySet,
    FileSet,
    Match,
    MessageSet,
    Place,
    RowPolicy,
    SqliteSet,
    TableSet,
)
from pbxsync_worker.core.model.overlap import overlap


def data(*parts: object) -> Dataset:
    kinds = {FileSet: "file_sets", FamilySet: "families", TableSet: "tables", BoxSet: "boxes", SqliteSet: "databases"}
    kinds[MessageSet] = "messages"
    chosen: dict[str, tuple[object, ...]] = {}
    for part in parts:
        name = kinds[type(part)]
        chosen[name] = (*chosen.get(name, ()), part)
    return Dataset("d", "D", **chosen)  # type: ignore[arg-type]  # sorted by their type above


def rows(*conditions: Condition, table: str = "users", **values) -> TableSet:
    return TableSet("asterisk", table, ("extension",), conditions, **values)


def on(column: str, match: Match, *values: str) -> Condition:
    return Condition(column, match, values)


ETC, MOH = FileSet(Place.ETC), FileSet(Place.VARLIB, "moh")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ETC, ETC),
        (ETC, FileSet(Place.ETC, "keys")),
        (MOH, FileSet(Place.VARLIB, include=("moh/**",))),
        (MOH, FileSet(Place.VARLIB, include=("mo*/x.wav",))),
        (MOH, FileSet(Place.DATA, "moh")),
        (FileSet(Place.ETC, include=("pjsip*.conf",)), FileSet(Place.ETC, include=("*.conf",))),
        (FileSet(Place.ETC, include=("a.conf", "b.conf")), FileSet(Place.ETC, include=("b.conf",))),
        (FamilySet("CF"), FamilySet("CF", "2*")),
        (BoxSet("default"), BoxSet("*", "2001")),
        (MessageSet("default"), MessageSet("*", "2001")),
        (rows(), rows(on("extension", Match.IN, "2001"))),
        (rows(on("extension", Match.LIKE, "2%")), rows(on("extension", Match.LIKE, "20%"))),
        (rows(columns=("name",)), rows(columns=("name", "pin"))),
        (rows(), rows(policy=RowPolicy.COLLECT)),
        (SqliteSet(Place.VARLIB, "a.db"), SqliteSet(Place.VARLIB, "a.db", include=("calls",))),
        (SqliteSet(Place.VARLIB, "a.db", include=("x",)), SqliteSet(Place.VARLIB, "a.db", whole=True)),
    ],
)
def test_these_can_name_the_same(one, other):
    assert overlap(data(one), data(other))
    assert overlap(data(other), data(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ETC, MOH),
        (MOH, FileSet(Place.VARLIB, "mohmp3")),
        (MOH, FileSet(Place.VARLIB, exclude=("moh/**",))),
        (FileSet(Place.ETC, include=("pjsip*.conf",)), FileSet(Place.ETC, include=("queues*.conf",))),
        (FileSet(Place.ETC, include=("a.conf",)), FileSet(Place.ETC, include=("b.conf", "c*"))),
        (FamilySet("CF"), FamilySet("CFB")),
        (FamilySet("CF", "20*"), FamilySet("CF", "30*")),
        (BoxSet("default"), BoxSet("sales")),
        (MessageSet("default"), MessageSet("sales")),
        (MessageSet("default"), BoxSet("default")),
        (rows(), rows(table="devices")),
        (rows(on("extension", Match.IN, "2001")), rows(on("extension", Match.IN, "3001", "3002"))),
        (rows(on("extension", Match.IN, "2001")), rows(on("extension", Match.NOT_IN, "2001", "2"))),
        (rows(on("extension", Match.NOT_IN, "2001")), rows(on("extension", Match.IN, "2001"))),
        (rows(on("extension", Match.LIKE, "2%")), rows(on("extension", Match.NOT_LIKE, "2%"))),
        (rows(columns=("name",)), rows(columns=("pin",))),
        (rows(policy=RowPolicy.COLLECT), rows(policy=RowPolicy.COLLECT)),
        (SqliteSet(Place.VARLIB, "a.db"), SqliteSet(Place.VARLIB, "b.db")),
        (SqliteSet(Place.VARLIB, "a.db", include=("x",)), SqliteSet(Place.VARLIB, "a.db", include=("y",))),
    ],
)
def test_these_cannot(one, other):
    assert overlap(data(one), data(other)) == overlap(data(other), data(one)) == ""
