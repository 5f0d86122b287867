"""A store of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pbxsync_worker.core.store import Store, open_store
from pbxsync_worker.core.store.database import Database
from tests.fakes.clock import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate once; each test gets a copy."""
    path = tmp_path_factory.mktemp("store") / "store.sqlite"
    open_store(f"sqlite:///{path}", HandClock()).database.close()
    return path


@pytest.fixture
def url(tmp_path: Path, empty_store: Path) -> str:
    (tmp_path / "store.sqlite").write_bytes(empty_store.read_bytes())
    return f"sqlite:///{tmp_path}/store.sqlite"


@pytest.fixture
def store(url: str, clock: HandClock) -> Iterator[Store]:
    opened = Store(Database(url), clock)
    yield opened
    opened.database.close()
