"""Fixtures and options for every kind of test."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Before a commit a few examples do; the full run tries them all.
settings.register_profile("fast", max_examples=10)
if os.environ.get("PBXSYNC_FAST"):
    settings.load_profile("fast")

_BESIDE = Path(__file__).resolve().parents[2] / "shared/fixtures"


def _shared() -> Path | None:
    folder = Path(os.environ.get("PBXSYNC_SHARED", _BESIDE))
    return folder if (folder / "etc-asterisk.tar.zst").exists() else None


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
