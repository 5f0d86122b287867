"""Databases that travel as a whole: the image is the content, whatever was done to the file, and fits other files."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import PeerLied, TargetChanged, Unsupported
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.step import Undone
from pbxsync_worker.datasets.sqlite.pages import blanked
from tests.unit.datasets.sqlite.hosts import BASE, WHOLE, Host, two

PLAIN = "CREATE TABLE t (k INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'x')"
PAGES = BASE + b"!pages"


def sized(root, size):
    return Host(root, f"PRAGMA page_size = {size}; {PLAIN}", spec=WHOLE)


def test_what_only_counts_is_blank_in_the_image(tmp_path):
    host = Host(tmp_path, PLAIN, spec=WHOLE)
    before = host.items()[PAGES]
    host.sql("PRAGMA journal_mode = WAL")
    host.sql("UPDATE t SET v = 'y'")
    host.sql("UPDATE t SET v = 'x'")
    assert host.items()[PAGES] == before
    head = host.content(before)[:100]
    assert head == blanked(head, before.size)


def test_an_image_is_a_database(tmp_path):
    host = Host(tmp_path / "a", PLAIN, spec=WHOLE, wal=True)
    copy = Host(tmp_path / "b", spec=WHOLE)
    copy.path.write_bytes(host.content(host.items()[PAGES]))
    assert copy.dump() == host.dump()
    assert copy.sql("PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize(("theirs", "ours"), [(1024, 8192), (65536, 512)])
def test_pages_of_another_size_arrive_without_wal_and_go_back(tmp_path, theirs, ours):
    source, target = sized(tmp_path / "a", theirs), sized(tmp_path / "b", ours)
    source.sql("UPDATE t SET v = 'new'")
    step = target.take_from(source)
    assert target.dump() == source.dump()
    assert target.data.undo(step) is Undone.RESTORED
    assert target.sql("SELECT v FROM t") == [("x",)]


def test_pages_of_another_size_are_refused_in_wal_mode(tmp_path):
    source, target = sized(tmp_path / "a", 1024), sized(tmp_path / "b", 4096)
    target.sql("PRAGMA journal_mode = WAL")
    source.sql("UPDATE t SET v = 'new'")
    with pytest.raises(Unsupported, match="another size"):
        target.prepare_from(source)
    assert target.staged() == []


def test_a_larger_and_a_smaller_database_take_each_others_place(tmp_path):
    source, target = two(tmp_path, PLAIN, spec=WHOLE)
    for number in range(2, 2000):
        source.sql("INSERT INTO t VALUES (?, ?)", number, "long" * 50)
    step = target.take_from(source)
    assert target.dump() == source.dump()
    target.data.undo(step)
    assert target.sql("SELECT count(*) FROM t") == [(1,)]


def test_an_image_that_is_damaged_is_refused_before_the_first_write(tmp_path):
    source, target = two(tmp_path, PLAIN + "; CREATE INDEX i ON t (v)", spec=WHOLE)
    source.sql("UPDATE t SET v = 'new'")
    change = next(one for one in target.changes_from(source) if one.name == PAGES)
    assert change.after is not None
    data = bytearray(source.content(change.after))
    data[4096 * 2 :] = b"\xff" * (len(data) - 4096 * 2)
    bad = replace(change, after=replace(change.after, content=digest_of(bytes(data))))
    with pytest.raises((Unsupported, PeerLied)):
        target.data.prepare("r", [bad], lambda _: [bytes(data)])
    assert target.sql("SELECT v FROM t") == [("x",)]
    assert target.staged() == []


def test_a_commit_between_proof_and_write_is_never_lost(tmp_path):
    source, target = two(tmp_path, PLAIN, spec=WHOLE)
    source.sql("UPDATE t SET v = 'new'")
    step = target.prepare_from(source)
    target.sql("INSERT INTO t VALUES (2, 'mine')")
    target.sql("DELETE FROM t WHERE k = 2")
    with target.open() as link:
        link.execute("INSERT INTO t VALUES (3, 'mine')")
        with pytest.raises(TargetChanged):
            target.data.act(step)
    assert target.sql("SELECT * FROM t") == [(1, "x"), (3, "mine")]


class Interrupting(Disk):
    """Lets somebody commit after the proof and before the first page is written."""

    host: Host | None = None

    def effect(self, label, act):
        if label == "sqlite" and self.host is not None:
            self.host.sql("INSERT INTO t VALUES (2, 'mine')")
        return super().effect(label, act)


@pytest.mark.parametrize("wal", [False, True], ids=["DELETE", "WAL"])
def test_a_commit_after_the_proof_takes_the_write_back(tmp_path, wal):
    disk = Interrupting()
    source = Host(tmp_path / "a", PLAIN, spec=WHOLE)
    target = Host(tmp_path / "b", PLAIN, spec=WHOLE, wal=wal, disk=disk)
    source.sql("UPDATE t SET v = 'new'")
    step = target.prepare_from(source)
    disk.host = target
    with pytest.raises(TargetChanged):
        target.data.act(step)
    assert target.sql("SELECT * FROM t") == [(1, "x"), (2, "mine")]
    assert target.data.undo(step) is Undone.NOT_DONE
