"""Whether a host was restored since the last run that ended well."""

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.wiring.restored import Restored


def seen(path, host="a", made=0.0, now=0.0) -> tuple[bool, Restored]:
    past = Restored(path, Disk())
    return past.since(host, made, now), past


def kept(path, **values) -> bool:
    found, past = seen(path, **values)
    past.keep()
    return found


def test_a_host_that_was_never_seen_was_not_restored(tmp_path):
    assert not kept(tmp_path / "seen", made=50.0, now=100.0)


def test_tables_made_after_it_was_seen_tell_of_a_restore(tmp_path):
    kept(tmp_path / "seen", now=100.0)
    assert kept(tmp_path / "seen", made=101.0, now=200.0)


def test_tables_made_before_it_was_seen_do_not(tmp_path):
    kept(tmp_path / "seen", now=100.0)
    assert not kept(tmp_path / "seen", made=99.0, now=200.0)


def test_a_run_that_did_not_end_well_leaves_the_doubt(tmp_path):
    kept(tmp_path / "seen", now=100.0)
    assert [seen(tmp_path / "seen", made=101.0, now=200.0)[0] for _ in range(2)] == [True, True]


def test_each_host_is_remembered_by_itself(tmp_path):
    kept(tmp_path / "seen", host="a", now=100.0)
    kept(tmp_path / "seen", host="b", now=300.0)
    assert kept(tmp_path / "seen", host="a", made=200.0, now=400.0)
    assert not kept(tmp_path / "seen", host="b", made=200.0, now=400.0)


def test_a_damaged_memory_knows_nothing(tmp_path):
    (tmp_path / "seen").write_bytes(b"torn")
    assert not kept(tmp_path / "seen", made=50.0, now=100.0)
    assert kept(tmp_path / "seen", made=101.0, now=200.0)
