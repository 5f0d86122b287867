"""SQLite databases through the whole product: one by rows, one as a whole, between two real installations."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy, Place, SqliteSet
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.wiring.grant import grant
from tests.integration.installation import Installed, Pair, pair_of, remains

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

CALLS = SqliteSet(Place.LOG, "master.db", delete=DeletePolicy.KNOWN)
INDEX = SqliteSet(Place.VARLIB, "app/index.db")
DATABASES = Dataset("databases", "Databases", databases=(CALLS, INDEX))
SCHEMAS = {
    CALLS: "CREATE TABLE cdr (AcctId INTEGER PRIMARY KEY, calldate TEXT, src TEXT)",
    INDEX: "CREATE VIRTUAL TABLE words USING fts5(word); PRAGMA user_version = 3",
}


def sql(host: Installed, one: SqliteSet, script: str) -> list[tuple[object, ...]]:
    path = host.here.settings.places[one.place] / one.path
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as link:
        if script.startswith("SELECT"):
            return link.execute(script).fetchall()
        link.executescript(script)
    return []


def state(host: Installed) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    return sql(host, CALLS, "SELECT * FROM cdr ORDER BY 1"), sql(host, INDEX, "SELECT * FROM words ORDER BY 1")


@pytest.fixture
def pair(pbx_node, tmp_path) -> Iterator[Pair]:
    source, target = pbx_node("A", extensions=2), pbx_node("B", extensions=2, seed=2)
    with pair_of(tmp_path, source, target, probe_seconds=10) as made:
        catalogue = made.source.here.store.catalogues.find_job(made.job)
        job = replace(catalogue.job(made.job), dataset=DATABASES.name)
        grant(made.source.here, SaveCatalogue(catalogue.with_dataset(DATABASES).with_job(job)), "test")
        for host in (made.source, made.target):
            for one, schema in SCHEMAS.items():
                sql(host, one, schema)
        yield made


def test_rows_and_whole_databases_come_into_step_and_stay(pair: Pair):
    sql(pair.source, CALLS, "INSERT INTO cdr VALUES (1, '2026-01-01', '2001'), (2, '2026-01-02', '2002')")
    sql(pair.target, CALLS, "INSERT INTO cdr VALUES (9, '2026-01-09', 'own')")
    sql(pair.source, INDEX, "INSERT INTO words VALUES ('one'), ('two')")
    run = pair.sync()
    assert run.state is State.COMMITTED, as_text(run.sentence)
    calls, words = state(pair.target)
    assert (words, calls[:2]) == (state(pair.source)[1], state(pair.source)[0])
    assert calls[2] == (9, "2026-01-09", "own")
    assert pair.sync().state is State.UNCHANGED
    sql(pair.source, CALLS, "DELETE FROM cdr WHERE AcctId = 1")
    sql(pair.source, INDEX, "DELETE FROM words; INSERT INTO words VALUES ('three')")
    assert pair.sync().state is State.COMMITTED
    assert state(pair.target) == ([(2, "2026-01-02", "2002"), calls[2]], [("three",)])
    assert remains(pair.target) == []
    assert sql(pair.target, CALLS, "SELECT name FROM sqlite_master") == [("cdr",)]


def test_databases_that_are_built_otherwise_end_a_run_with_the_reason(pair: Pair):
    sql(pair.source, CALLS, "ALTER TABLE cdr ADD COLUMN more; INSERT INTO cdr VALUES (1, '', '', '')")
    run = pair.sync()
    assert run.state is State.FAILED
    assert "table cdr has other columns" in as_text(run.sentence)
    assert state(pair.target) == ([], [])
