"""Fixtures and options for every kind of test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.leftovers import MARK, Leftover, ended, leftovers

# Before a commit a few examples do; the full run tries them all.
settings.register_profile("fast", max_examples=10)
if os.environ.get("PBXSYNC_FAST"):
    settings.load_profile("fast")

_BESIDE = Path(__file__).resolve().parents[2] / "shared/fixtures"


def _shared() -> Path | None:
    folder = Path(os.environ.get("PBXSYNC_SHARED", _BESIDE))
    return folder if (folder / "etc-asterisk.tar.zst").exists() else None


_first_seen: dict[Leftover, str] = {}
_FOLDER = pytest.StashKey[Path]()
_LEFT = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add how often the random-kill tests kill a process."""
    parser.addoption("--kills", type=int, default=200, help="random kills of real processes (200)")


def pytest_report_header() -> str:
    """Say at the top of the report whether data of a running PBX is tested as well."""
    found = _shared()
    return f"data of a running PBX: {found}" if found else "data of a running PBX: absent, those tests are skipped"


@pytest.fixture(scope="session")
def shared_fixtures() -> Path:
    """Return the folder with data exported from a running PBX; the report says so where it is absent."""
    folder = _shared()
    if folder is None:
        pytest.skip("no folder ../shared/fixtures (or PBXSYNC_SHARED): data of a running PBX is not tested here")
    return folder


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """Return how many random kills were asked for."""
    return int(request.config.getoption("--kills"))


@pytest.fixture(scope="session", autouse=True)
def marked(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let whatever the tests start carry the folder of the run, also where its command line does not name it."""
    pytestconfig.stash[_FOLDER] = folder = tmp_path_factory.getbasetemp()
    os.environ[MARK] = str(folder)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Note at the end of a file with real parts what still runs: it tells which one left it."""
    try:
        return (yield)
    finally:
        last = nextitem is None or nextitem.path != item.path
        folder = item.config.stash.get(_FOLDER, None)
        if last and folder is not None and item.get_closest_marker("integration"):
            for one in leftovers(folder):
                _first_seen.setdefault(one, item.path.name)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run where a process of a test outlives all tests, and end it."""
    folder = session.config.stash.get(_FOLDER, None)
    if folder is not None and (left := ended(folder)):
        told = (f"{_first_seen.get(one, 'a unit test, or the last file')}: {one.pid} {one.command}" for one in left)
        session.config.stash[_LEFT] = sorted(told)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name the processes that were left."""
    left = config.stash.get(_LEFT, [])
    if left:
        terminalreporter.section("processes that a test left behind, by its file", red=True)
        for line in left:
            terminalreporter.write_line(line)
