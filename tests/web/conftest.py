"""A web admin on a real SQLite store, with a waker that only takes notes, and people of every role."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from pbxsync_web.app import create_app
from pbxsync_web.parts import Parts
from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.settings import Settings
from pbxsync_worker.core.store import Store, open_store
from tests.fakes.clock import HandClock
from tests.web import seed


@dataclass
class NotingWaker:
    """Writes down whom it should have woken."""

    executed: list[str] = field(default_factory=list)
    rolled_out: list[str] = field(default_factory=list)
    granted: list[str] = field(default_factory=list)

    def execute(self, run: str) -> None:
        self.executed.append(run)

    def rollout(self, rollout: str) -> None:
        self.rolled_out.append(rollout)

    def grant(self, wish: str, *, alone: bool = False) -> None:
        self.granted.append(wish)


class Browser:
    """One person's browser: keeps cookies, and sends the token of the session with every form."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def post(self, path: str, token: Any = None, **form: Any) -> TestResponse:
        values = {**form, "csrf_token": self.token() if token is None else token}
        return self.client.post(path, data=values)

    def send(self, path: str, form: MultiDict[str, Any], **more: str) -> TestResponse:
        """Post a form that has fields of one name."""
        values = MultiDict(form)
        values.update({**more, "csrf_token": self.token()})
        return self.client.post(path, data=values)

    def token(self) -> str:
        for path in ("/account", "/login", "/setup"):
            page = self.client.get(path)
            found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
            if page.status_code == 200 and found:
                return found[1]
        raise AssertionError("no page gave a token")

    def log_in(self, name: str, password: str = seed.PASSWORD) -> TestResponse:
        return self.post("/login", name=name, password=password)


@dataclass
class World:
    """The app with everything a test looks at."""

    app: Flask
    parts: Parts
    clock: HandClock
    waker: NotingWaker

    @property
    def store(self):
        return self.parts.store

    def browser(self, name: str = "") -> Browser:
        browser = Browser(self.app.test_client())
        if name:
            assert browser.log_in(name).status_code == 303
        return browser


@pytest.fixture(scope="session")
def new_store_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The tables of a new store, made once."""
    return _store_file(tmp_path_factory.mktemp("store"), lambda _: None)


@pytest.fixture(scope="session")
def peopled_store_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A store with people, made once: each of their passwords costs what a guess should cost."""
    return _store_file(tmp_path_factory.mktemp("store"), seed.add_people)


def _store_file(folder: Path, fill: Callable[[Store], None]) -> bytes:
    path = folder / "store.sqlite"
    store = open_store(f"sqlite:///{path}", HandClock())
    fill(store)
    with store.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.database.close()
    return path.read_bytes()


@contextmanager
def _opened(home: Path, store_file: bytes) -> Iterator[World]:
    (home / "store.sqlite").write_bytes(store_file)
    places = {place: Path("/srv/pbx") / place.name.lower() for place in Place}
    freepbx = home / "freepbx.conf"  # there only where a test touches it
    settings = Settings(home=home, name="pbx-north", places=places, freepbx_conf=freepbx)
    clock, waker = HandClock(), NotingWaker()
    parts = Parts(settings, open_store(settings.store, clock), waker, clock)
    app = create_app(parts)
    yield World(app, parts, clock, waker)
    parts.store.database.close()


@pytest.fixture
def empty(tmp_path: Path, new_store_file: bytes) -> Iterator[World]:
    """Nobody and nothing is there yet."""
    with _opened(tmp_path, new_store_file) as world:
        yield world


@pytest.fixture
def world(tmp_path: Path, peopled_store_file: bytes) -> Iterator[World]:
    """People, hosts and a farm; runs are made by the tests that need them."""
    with _opened(tmp_path, peopled_store_file) as world:
        seed.add_hosts(world.store, world.clock.now())
        seed.add_catalogue(world.store)
        yield world


@pytest.fixture
def admin(world: World) -> Browser:
    return world.browser(seed.ALICE)


@pytest.fixture
def operator(world: World) -> Browser:
    return world.browser(seed.BOB)


@pytest.fixture
def viewer(world: World) -> Browser:
    return world.browser(seed.CAROL)
