"""What was made of configuration files is used again as long as they are the same, and never longer."""

from collections.abc import Iterable

from pbxsync_worker.asterisk.config import read_config
from pbxsync_worker.asterisk.reuse import Reused
from pbxsync_worker.asterisk.summary import summary_of
from pbxsync_worker.core.model.ports import ConfigView


class _Files:
    def __init__(self, **files: bytes) -> None:
        self.files = {name.replace("_", "."): content for name, content in files.items()}

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def names(self) -> Iterable[str]:
        return sorted(self.files)


class _Counting:
    def __init__(self) -> None:
        self.made = 0

    def __call__(self, view: ConfigView) -> int:
        self.made += 1
        config = read_config(view, "a.conf")
        return 0 if config is None else sum(1 for _ in config.objects())


def test_it_makes_nothing_twice_of_the_same_files() -> None:
    known, make = Reused[int](), _Counting()
    for _ in range(3):
        assert known.get("a", _Files(a_conf=b"[one]\n"), make) == 1
    assert make.made == 1


def test_it_sees_a_change_in_a_file_that_is_included() -> None:
    known, make = Reused[int](), _Counting()
    files = _Files(a_conf=b"#include b.conf\n", b_conf=b"[one]\n")
    assert known.get("a", files, make) == 1
    files.files["b.conf"] = b"[one]\n[two]\n"
    assert known.get("a", files, make) == 2


def test_it_sees_an_included_file_that_comes() -> None:
    known, make = Reused[int](), _Counting()
    files = _Files(a_conf=b"[one]\n#tryinclude b.conf\n")
    assert known.get("a", files, make) == 1
    files.files["b.conf"] = b"[two]\n"
    assert known.get("a", files, make) == 2


def test_it_sees_a_file_that_begins_to_match_an_include() -> None:
    known, make = Reused[int](), _Counting()
    files = _Files(a_conf=b"[one]\n#tryinclude c*.conf\n")
    assert known.get("a", files, make) == 1
    files.files["c1.conf"] = b"[two]\n"
    assert known.get("a", files, make) == 2


def test_it_keeps_both_sides_of_a_run() -> None:
    known, make = Reused[int](), _Counting()
    before, after = _Files(a_conf=b"[one]\n"), _Files(a_conf=b"[one]\n[two]\n")
    for view in (before, after, before, after):
        known.get("a", view, make)
    assert make.made == 2


def test_it_keeps_two_versions_and_no_more() -> None:
    known, make = Reused[int](), _Counting()
    for name in ("one", "two", "three", "one"):
        known.get("a", _Files(a_conf=f"[{name}]\n".encode()), make)
    assert make.made == 4


def test_a_part_and_a_main_file_of_one_name_are_not_the_same() -> None:
    view = _Files(part_conf=b"type=endpoint\n")
    part, main = summary_of(view, "part.conf", "pjsip.conf"), summary_of(view, "part.conf", "part.conf")
    assert part is not None
    assert main is not None
    assert (part.valid, main.valid) == (True, False)
