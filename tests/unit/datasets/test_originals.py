"""What rows had been that stay as they are: written down, and named again."""

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.datasets.groups import Group
from pbxsync_worker.datasets.originals import names_of_originals, stays, write_originals


def test_names_come_back_from_what_was_written_down(tmp_path):
    rows = stays(b"SQL/asterisk/users/", [Group(b"1", (), ()), Group(b"%C3%B1", (), ())])
    file = tmp_path / "kept/r/sql-asterisk.rows"
    write_originals(Disk(), file, ((name, [{"name": "Zoë"}]) for name, _ in rows))
    assert names_of_originals(file) == (b"SQL/asterisk/users/1", b"SQL/asterisk/users/%C3%B1")
    assert '"before": [{"name": "Zoë"}]' in file.read_text()


def test_where_nothing_was_written_down_there_are_no_names(tmp_path):
    assert names_of_originals(tmp_path / "none") == ()
