"""Every preset can be read from the database of a running PBX, and nothing of the host itself is in it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.presets import as_dataset, offered
from pbxsync_worker.datasets.mysql import Login, SqlData
from scripts.lab.mariadb import MariaDb

pytestmark = pytest.mark.integration

DATABASES = {"asterisk": "presets_config", "asteriskcdrdb": "presets_records"}
FILES = {"asterisk": "asterisk.sql.zst", "asteriskcdrdb": "asteriskcdrdb-sample.sql.zst"}
WITH_ROWS = [one for one in offered(freepbx=True) if as_dataset([one], one.name, one.title).tables]


@pytest.fixture(scope="module")
def data(mariadb: MariaDb, shared_fixtures: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlData]:
    for name, real in DATABASES.items():
        with (shared_fixtures / FILES[name]).open("rb") as packed:
            dump = zstandard.ZstdDecompressor().stream_reader(packed).read()
        mariadb.client(f"DROP DATABASE IF EXISTS {real}; CREATE DATABASE {real}")
        mariadb.client(dump, real)
    logins = {name: Login("root", str, real, socket=str(mariadb.socket)) for name, real in DATABASES.items()}
    yield SqlData(logins, matcher(()), tmp_path_factory.mktemp("home"), Disk(), SystemClock())
    for real in DATABASES.values():
        mariadb.client(f"DROP DATABASE {real}")


@pytest.mark.parametrize("one", WITH_ROWS, ids=lambda one: one.name)
def test_a_preset_can_be_read(data, one):
    options = {one.name: frozenset(option.name for option in one.options)}
    dataset = as_dataset([one], one.name, one.title, options)
    inventory = data.inventory(dataset)
    mirrored = [table for table in dataset.tables if not table.collected]
    if mirrored and one.name != "admin-accounts":
        assert inventory.items


def test_no_secret_or_address_of_the_host_is_in_the_whole_configuration(data):
    whole = next(one for one in WITH_ROWS if one.name == "whole-configuration")
    names = b"\n".join(data.inventory(as_dataset([whole], "whole", "Whole")).items)
    for word in (
        b"AMPMGRPASS",
        b"AMPDBPASS",
        b"FPBX_ARI",
        b"externip",
        b"localnets",
        b"binds",
        b"udpport-",
    ):
        assert word not in names
    # Those of trunks travel, and each host keeps its own; those of devices do not even travel.
    assert not re.search(rb"/sip/\d+,(transport|media_address)\n", names)
    assert b"SQL/asterisk/freepbx_settings/" in names
    # Seen in the same form as the words above, so that their absence says something.
    assert b",secret\n" in names
    assert b"voicecodecs" in names
