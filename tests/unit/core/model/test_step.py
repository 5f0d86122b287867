"""Steps and their undo."""

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.core.wire import pack, unpack
from tests.unit.core.values import file


def test_a_step_survives_the_journal():
    step = Step(3, Change(file(b"a\xff", b"1"), None, local_edit=True), b".staged/3", (64, 12))
    assert unpack(pack(step), Step) == step


def test_the_stored_words_of_an_undo_never_change():
    assert [*Undone] == ["restored", "not-done", "kept"]
