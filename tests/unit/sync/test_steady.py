"""A run decides over one look at the configuration, whatever happens to it meanwhile."""

from collections.abc import Iterable

from pbxsync_worker.sync.steady import SteadyView


class _Changing:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def read(self, path: str) -> bytes | None:
        self.asked.append(path)
        return None if path == "gone.conf" else b"%d" % len(self.asked)

    def names(self) -> Iterable[str]:
        self.asked.append("*")
        yield f"{len(self.asked)}.conf"


def test_a_file_stays_as_it_was_when_it_was_first_read():
    view = SteadyView(_Changing())
    assert [view.read("a.conf"), view.read("b.conf"), view.read("a.conf")] == [b"1", b"2", b"1"]


def test_a_missing_file_and_the_list_of_all_are_asked_for_once():
    changing = _Changing()
    view = SteadyView(changing)
    for _ in range(2):
        assert view.read("gone.conf") is None
        assert list(view.names()) == ["2.conf"]
    assert changing.asked == ["gone.conf", "*"]
