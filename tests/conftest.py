"""Fixtures for every kind of test."""

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[2] / "shared/fixtures"


@pytest.fixture(scope="session")
def shared_fixtures() -> Path:
    """Return the folder with data exported from a running PBX; the report says so where it is absent."""
    folder = Path(os.environ.get("PBXSYNC_SHARED", _BESIDE))
    if not (folder / "etc-asterisk.tar.zst").exists():
        pytest.skip("no folder ../shared/fixtures (or PBXSYNC_SHARED): data of a running PBX is not tested here")
    return folder
