"""What was read of a table is remembered for its selection, and may be lost."""

from dataclasses import replace

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.dataset import DeletePolicy, RowPolicy, TableSet
from pbxsync_worker.datasets.collected.index import Index, Seen, Version

SPEC = TableSet("d", "t", (), policy=RowPolicy.COLLECT, by="id")
SEEN = Seen(b"e", 3, ("a",), b"held", (Version(1, 2, b"c", b"r"),))


def test_nothing_is_known_at_first(tmp_path):
    index = Index(tmp_path / "index" / "c.sqlite", Disk())
    assert index.load(SPEC) == (0.0, {})
    assert list(index.ways(SPEC.base, "n1")) == []


def test_what_was_saved_is_known_and_what_is_gone_is_not(tmp_path):
    index = Index(tmp_path / "c.sqlite", Disk())
    index.save(SPEC, {"n1": SEEN, "n2": SEEN}, (), 7.0)
    index.save(SPEC, {}, ["n2"])
    assert index.load(SPEC) == (7.0, {"n1": SEEN})


def test_each_selection_of_a_table_is_known_for_itself(tmp_path):
    index = Index(tmp_path / "c.sqlite", Disk())
    other = replace(SPEC, drop=("b",))
    index.save(SPEC, {"n1": SEEN}, ())
    index.save(other, {"n1": replace(SEEN, evidence=b"f")}, ())
    assert [spec for spec, _ in index.ways(SPEC.base, "n1")] == [SPEC, other]
    assert index.load(replace(SPEC, delete=DeletePolicy.NEVER)) == index.load(SPEC)
