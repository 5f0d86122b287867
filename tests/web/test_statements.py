"""What a page or an answer asks of the store: as much for forty jobs as for two."""

from dataclasses import replace
from typing import Self

import pytest
from sqlalchemy import event

from pbxsync_worker.core.model.job import Schedule
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.store import Store
from tests.web import seed
from tests.web.conftest import Browser, World


class Counted:
    """A context manager that counts the statements of a store."""

    def __init__(self, store: Store) -> None:
        self._engines = (store.database.engine, store.database.passing.engine)
        self.count = 0

    def __enter__(self) -> Self:
        for engine in self._engines:
            event.listen(engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for engine in self._engines:
            event.remove(engine, "before_cursor_execute", self._note)

    def _note(self, *_: object) -> None:
        self.count += 1


def many_jobs(world: World) -> None:
    known = world.store.catalogues.current("coast")
    fresh = tuple(replace(known.jobs[0], name=f"job-{at}", schedule=Schedule("every hour")) for at in range(38))
    seed.save(world.store, replace(known, version=known.version + 1, jobs=(*known.jobs, *fresh)))
    for job in fresh:
        seed.add_run(world.store, State.COMMITTED, job=job.name)


def counted(world: World, browser: Browser, path: str) -> int:
    assert browser.get(path).status_code == 200  # whatever is read once
    with Counted(world.store) as statements:
        assert browser.get(path).status_code == 200
    return statements.count


@pytest.mark.parametrize("path", ["/", "/glance"])
def test_the_start_page_asks_no_more_for_more_jobs(world: World, viewer: Browser, path: str) -> None:
    seed.add_run(world.store, State.COMMITTED)
    few = counted(world, viewer, path)
    many_jobs(world)
    assert counted(world, viewer, path) == few


@pytest.mark.parametrize("path", ["/api/v1/schedule", "/api/v1/status"])
def test_the_api_asks_no_more_for_more_jobs(world: World, viewer: Browser, path: str) -> None:
    seed.add_run(world.store, State.COMMITTED)
    few = counted(world, viewer, path)
    many_jobs(world)
    assert counted(world, viewer, path) == few
