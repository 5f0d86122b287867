"""A host with mailboxes."""

from pathlib import Path

import pytest

from tests.unit.datasets.voicemail.hosts import OLD, Host


@pytest.fixture
def host(tmp_path: Path) -> Host:
    host = Host(tmp_path)
    host.conf.write_text(OLD)
    host.conf.chmod(0o660)
    return host
