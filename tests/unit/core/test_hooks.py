"""The programs that pbxsync.toml lets run after a change."""

import pytest

from pbxsync_worker.core.hooks import hooks_of
from pbxsync_worker.core.model.asterisk_action import Hook


def test_a_hook_has_a_program_and_a_deadline():
    problems: list[str] = []
    assert hooks_of(
        {"flush": {"argv": ["/bin/true", "-x"], "seconds": 5}, "tell": {"argv": ["/bin/echo"]}}, problems
    ) == (
        Hook("flush", ("/bin/true", "-x"), 5.0),
        Hook("tell", ("/bin/echo",), 30.0),
    )
    assert problems == []


@pytest.mark.parametrize(
    "raw",
    [
        [],
        "flush",
        {"flush": "/bin/true"},
        {"flush": {}},
        {"flush": {"argv": []}},
        {"flush": {"argv": "/bin/true"}},
        {"flush": {"argv": ["true"]}},
        {"flush": {"argv": ["/bin/true", 1]}},
        {"flush": {"argv": ["/bin/true"], "seconds": 0}},
        {"flush": {"argv": ["/bin/true"], "seconds": True}},
        {"flush": {"argv": ["/bin/true"], "shell": True}},
        {"Flush Now": {"argv": ["/bin/true"]}},
    ],
)
def test_it_refuses_what_is_no_hook(raw):
    problems: list[str] = []
    assert hooks_of(raw, problems) == ()
    assert len(problems) == 1
