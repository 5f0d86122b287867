"""Real parts for the integration tests: Asterisk nodes and Redis, started here and stopped whatever happens."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, sync_playwright

from scripts.lab.content import Age
from scripts.lab.mariadb import MariaDb, NoMariaDb
from scripts.lab.node import PbxNode
from scripts.lab.redis import NoRedis, RedisServer
from scripts.lab.root import NoAsterisk, ensure_asterisk_root
from tests.integration.browser import FLAGS

StartPbx = Callable[..., PbxNode]
"""`start(name="pbx", extensions=12, seed=1, age=Age.CURRENT)` gives a fully booted node with generated content."""


def _impossible(reason: str) -> NoReturn:
    """Skip on a developer's machine that cannot do it; on CI nothing may be missing."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def asterisk_root() -> Path:
    """Return the folder of the laboratory's Asterisk 22, unpacked once for this machine."""
    try:
        return ensure_asterisk_root(print)
    except NoAsterisk as error:
        _impossible(str(error))


@pytest.fixture
def pbx_node(asterisk_root: Path, tmp_path: Path) -> Iterator[StartPbx]:
    """Give a function that starts a PBX for one test."""
    with ExitStack() as running:
        yield _starter(asterisk_root, tmp_path, running)


@pytest.fixture(scope="module")
def module_pbx_node(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartPbx]:
    """Give a function that starts a PBX for all tests of a file."""
    with ExitStack() as running:
        yield _starter(asterisk_root, tmp_path_factory.mktemp("pbx"), running)


def _starter(root: Path, folder: Path, running: ExitStack) -> StartPbx:
    def start(name: str = "pbx", extensions: int = 12, seed: int = 1, age: Age = Age.CURRENT) -> PbxNode:
        node = PbxNode(folder / name, root, name)
        running.callback(node.close)
        node.generate(extensions, seed, age)
        node.start()
        return node

    return start


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """Give a private Redis, empty and running."""
    server = RedisServer(tmp_path / "redis-server")
    try:
        server.start()
    except NoRedis as error:
        server.close()
        _impossible(str(error))
    yield server
    server.close()


@pytest.fixture(scope="session")
def sipp() -> None:
    """Make sure that SIPp is there."""
    if shutil.which("sipp") is None:
        _impossible("SIPp is missing: run `apt-get install sip-tester`")


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDb]:
    """Give a private MariaDB for all tests; each makes databases of its own."""
    server = MariaDb(tmp_path_factory.mktemp("mariadb"))
    try:
        server.start()
    except NoMariaDb as error:
        server.close()
        _impossible(str(error))
    yield server
    server.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Give Debian's browser, without a window."""
    program = shutil.which("chromium")
    if program is None:
        _impossible("chromium is missing: run `apt-get install chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pictures go: PBXSYNC_SCREENSHOTS, else a temporary folder."""
    folder = os.environ.get("PBXSYNC_SCREENSHOTS")
    path = Path(folder) if folder else tmp_path_factory.mktemp("screenshots")
    path.mkdir(parents=True, exist_ok=True)
    return path
