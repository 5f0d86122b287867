from pbxsync_worker.core.durable import Disk
from pbxsync_worker.datasets.mysql.memory import Memory
from pbxsync_worker.datasets.mysql.resolve import Common
from tests.unit.datasets.mysql.columns import spec

ONE, OTHER = spec("extension"), spec("extension", columns=("name",))


def test_another_process_knows_how_rows_were_listed(tmp_path):
    Memory(tmp_path, Disk()).listed((ONE,))
    Memory(tmp_path, Disk()).listed((OTHER,))
    assert Memory(tmp_path, Disk()).selections(ONE.base) == ((OTHER,), (ONE,))


def test_the_same_listing_is_remembered_once(tmp_path):
    memory = Memory(tmp_path, Disk())
    for _ in range(3):
        memory.listed((ONE,))
    assert memory.selections(ONE.base) == ((ONE,),)


def test_common_columns_are_forgotten_again(tmp_path):
    memory = Memory(tmp_path, Disk())
    memory.narrow(b"SQL/a/b/", ("x",))
    assert memory.common() == (Common(b"SQL/a/b/", ("x",)),)
    memory.narrow(b"SQL/a/b/", ())
    assert memory.common() == ()


def test_a_damaged_file_is_as_good_as_none(tmp_path):
    memory = Memory(tmp_path, Disk())
    memory.listed((ONE,))
    (tmp_path / "sql-selections").write_bytes(b"x" * 90)
    assert memory.selections(ONE.base) == ()
