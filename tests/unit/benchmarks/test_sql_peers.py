"""What the peers of SQL rows are asked to do; no database runs."""

from pathlib import Path

import pytest

from benchmarks.databases import Database
from benchmarks.peers.sql import SQL_PEERS, SqlScene
from benchmarks.work.sql import CONFIGURATION, RECORDS
from scripts.lab.mariadb import MariaDb

TABLE_SYNC, DUMP, NEW_CALLS = SQL_PEERS


@pytest.fixture
def scene(tmp_path):
    one, other = (Database(MariaDb(tmp_path / name), tmp_path / name, "127.0.0.9:1") for name in "ab")
    return SqlScene(Path("/f"), one, other, (CONFIGURATION, RECORDS))


@pytest.mark.parametrize("peer", [DUMP, NEW_CALLS])
def test_dumps_travel_compressed_through_the_address_that_is_given(peer, scene):
    command = peer.command(scene, "127.0.0.1:77")
    assert "| zstd -3 -q | ssh -F /f/ssh_config -p 77 127.0.0.1 " in command


def test_a_dump_reads_at_the_source_and_writes_at_the_target(scene):
    before, after = DUMP.command(scene, "127.0.0.1:77").split("| zstd -3 -q |")
    assert str(scene.source.server.socket) in before
    assert str(scene.target.server.socket) in after


def test_every_database_of_the_scene_is_brought(scene):
    assert f"--databases {CONFIGURATION} {RECORDS} " in DUMP.command(scene, "127.0.0.1:77")


def test_only_newer_calls_are_dumped_where_records_are_only_added(scene):
    assert "calldate > '$newest'" in NEW_CALLS.command(scene, "127.0.0.1:77")


def test_table_sync_reaches_the_target_through_the_address_that_is_given(scene):
    assert "h=127.0.0.1,P=77,u=bench" in TABLE_SYNC.command(scene, "127.0.0.1:77")


def test_only_the_last_peer_needs_call_records():
    assert [one.records for one in SQL_PEERS] == [False, False, True]
