"""Two hosts with voicemail."""

from pathlib import Path

import pytest

from tests.unit.datasets.messages.hosts import Host


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path / "b")


@pytest.fixture
def source(tmp_path: Path) -> Host:
    return Host(tmp_path / "a")
