"""Transactions that other processes respect, and migrations."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select, update

from pbxsync_worker.core.store import open_store
from pbxsync_worker.core.store.database import Database, StoreBusy
from pbxsync_worker.core.store.tables import fence, metadata
from tests.fakes.clock import HandClock

PROCESSES = 4
ROUNDS = 25


def add_often(url: str) -> None:
    database = Database(url)
    for _ in range(ROUNDS):
        with database.write() as connection:
            token = connection.execute(select(fence.c.token)).scalar_one()
            connection.execute(update(fence).values(token=token + 1))
    database.close()


def open_once(url: str) -> None:
    open_store(url, HandClock()).database.close()


def in_processes(target, *arguments) -> list[int | None]:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=target, args=arguments) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    return [process.exitcode for process in processes]


def test_processes_that_read_and_then_write_lose_nothing(store, url):
    with store.database.write() as connection:
        connection.execute(insert(fence).values(name="host", token=0))
    assert in_processes(add_often, url) == [0] * PROCESSES
    with store.database.read() as connection:
        assert connection.execute(select(fence.c.token)).scalar_one() == PROCESSES * ROUNDS


def test_processes_that_open_a_new_store_together_all_succeed(tmp_path):
    assert in_processes(open_once, f"sqlite:///{tmp_path}/home/store.sqlite") == [0] * PROCESSES


def test_transactions_one_after_another_take_the_same_connection_and_fill_one_cache(store):
    with store.database.read(), store.database.read(), store.database.read():
        pass
    taken = set()
    for _ in range(5):
        with store.database.read() as connection:
            taken.add(id(connection.connection.dbapi_connection))
    assert len(taken) == 1


def test_a_connection_to_sqlite_keeps_half_a_megabyte_of_pages_at_most(tmp_path):
    database = open_store(f"sqlite:///{tmp_path}/store.sqlite", HandClock()).database
    for one in (database, database.passing):
        with one.read() as connection:
            assert connection.exec_driver_sql("PRAGMA cache_size").scalar() == -512
    database.close()


def test_the_migrated_store_is_what_the_tables_say(store):
    with store.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrating_again_changes_nothing(store):
    store.database.migrate()
    with store.database.read() as connection:
        assert connection.execute(select(fence)).all() == []


def test_a_failed_transaction_leaves_nothing(store):
    def fail() -> None:
        with store.database.write() as connection:
            connection.execute(insert(fence).values(name="host", token=1))
            raise ValueError

    with pytest.raises(ValueError):
        fail()
    with store.database.read() as connection:
        assert connection.execute(select(fence)).all() == []


def test_a_reader_sees_one_moment_and_disturbs_no_writer(store, url):
    other = Database(url)
    with store.database.read() as connection:
        assert connection.execute(select(fence)).all() == []
        with other.write() as writing:
            writing.execute(insert(fence).values(name="host", token=1))
        assert connection.execute(select(fence)).all() == []
    other.close()


def test_what_a_reader_writes_is_never_kept(store):
    with store.database.read() as connection:
        connection.execute(insert(fence).values(name="host", token=1))
    with store.database.read() as connection:
        assert connection.execute(select(fence)).all() == []


def test_the_store_is_durable_after_each_transaction(store):
    with store.database.read() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2}


def test_a_store_that_does_not_answer_is_a_matter_of_trying_again(tmp_path):
    (tmp_path / "store.sqlite").mkdir()
    database = Database(f"sqlite:///{tmp_path}/store.sqlite")
    with pytest.raises(StoreBusy), database.read() as connection:
        connection.execute(select(fence))
    database.close()


def test_a_new_store_makes_its_private_folder(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/home/store.sqlite", HandClock())
    store.database.close()
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
    assert Path(tmp_path / "home" / "store.sqlite").exists()


def test_what_is_written_together_is_one_transaction(store):
    with store.database.together(), store.database.write() as connection:
        connection.execute(insert(fence).values(name="host", token=1))
    with store.database.read() as connection:
        assert connection.execute(select(fence.c.token)).scalar_one() == 1


def test_what_is_written_together_is_undone_together(store):
    def half() -> None:
        with store.database.together():
            with store.database.write() as connection:
                connection.execute(insert(fence).values(name="host", token=1))
            raise KeyError

    with pytest.raises(KeyError):
        half()
    with store.database.read() as connection:
        assert connection.execute(select(fence.c.token)).first() is None


def test_a_thread_of_its_own_is_in_no_transaction_of_another(store):
    with store.database.together(), ThreadPoolExecutor(1) as other:
        with store.database.write() as connection:
            connection.execute(insert(fence).values(name="host", token=1))
        assert other.submit(lambda: _tokens(store)).result() == []


def _tokens(store) -> list[int]:
    with store.database.read() as connection:
        return list(connection.execute(select(fence.c.token)).scalars())
