"""Steps and their undo."""

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.step import Step, Undone, stayed_of
from pbxsync_worker.core.wire import pack, unpack
from tests.unit.core.values import file


def test_a_step_survives_the_journal():
    step = Step(3, Change(file(b"a\xff", b"1"), None, local_edit=True), b".staged/3", (64, 12))
    assert unpack(pack(step), Step) == step


def test_the_stored_words_of_an_undo_never_change():
    assert [*Undone] == ["restored", "not-done", "kept"]


class Rows:
    def stayed(self, _: Step) -> tuple[bytes, ...]:
        return (b"SQL/a/t/1", b"SQL/a/t/2")


def test_what_stays_is_named_by_the_data_and_else_by_the_step():
    step = Step(0, Change(file(b"a", b"1"), None), b"")
    assert stayed_of(Rows(), step) == (b"SQL/a/t/1", b"SQL/a/t/2")
    assert stayed_of(object(), step) == (b"a",)
