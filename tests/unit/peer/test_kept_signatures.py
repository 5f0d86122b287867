"""Signatures over a restart: bounded, and never believed for another content than the one they are of."""

import os

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import NoSpace
from pbxsync_worker.peer.kept_signatures import KeptSignatures
from pbxsync_worker.peer.signatures import Signatures
from tests.fakes.link import DELTAS, MemoryData

ONE, OTHER = b"1" * 32, b"2" * 32
BIG = bytes(range(256)) * 4096


@pytest.fixture
def kept(tmp_path):
    return KeptSignatures(tmp_path / "signatures", Disk(), room=300)


def test_what_was_kept_is_there_after_a_restart(kept, tmp_path):
    kept.put(ONE, b"signature")
    assert KeptSignatures(tmp_path / "signatures", Disk()).get(ONE) == b"signature"
    assert kept.get(OTHER) == b""


def test_a_service_that_was_restarted_reads_nothing_to_know_what_it_signed(kept, tmp_path):
    data = MemoryData()
    item = data.file(b"ASTSPOOLDIR/big", BIG)
    room = KeptSignatures(tmp_path / "signatures", Disk())
    before = Signatures(data, DELTAS, kept=room)
    before.learn(item)
    data.remove(item.name)
    assert Signatures(data, DELTAS, kept=room).of(item.content) == before.of(item.content) != b""


def test_what_is_damaged_or_cut_is_none(kept, tmp_path):
    kept.put(ONE, b"signature")
    path = tmp_path / "signatures" / ONE.hex()
    whole = path.read_bytes()
    for torn in (b"", whole[:20], whole[:-1], whole + b"x", whole[:-1] + b"x"):
        path.write_bytes(torn)
        assert kept.get(ONE) == b""


def test_one_under_the_name_of_another_content_is_none(kept, tmp_path):
    kept.put(ONE, b"signature")
    (tmp_path / "signatures" / ONE.hex()).rename(tmp_path / "signatures" / OTHER.hex())
    assert kept.get(OTHER) == b""


def test_the_oldest_go_where_there_is_no_more_room(kept, tmp_path):
    names = [bytes([n]) * 32 for n in range(4)]
    for number, name in enumerate(names):
        kept.put(name, b"s" * 68)
        os.utime(tmp_path / "signatures" / name.hex(), (number, number))
    assert [bool(kept.get(name)) for name in names] == [False, True, True, True]


def test_a_full_disk_is_no_trouble(tmp_path):
    class Full(Disk):
        def put(self, *_):
            raise NoSpace(path="x", free=0, needed=1)

    kept = KeptSignatures(tmp_path / "signatures", Full())
    kept.put(ONE, b"signature")
    assert kept.get(ONE) == b""
