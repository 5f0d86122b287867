"""One pair of hosts for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pbxsync_worker.core.store.database import Database
from tests.scenario.world import World


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "store.sqlite"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@pytest.fixture
def world(tmp_path: Path, template: Path) -> Iterator[World]:
    made = World(tmp_path).settle_in(template)
    yield made
    made.close()
