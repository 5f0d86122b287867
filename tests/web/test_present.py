"""Values as words."""

from collections.abc import Iterator

import pytest

from pbxsync_web import present
from pbxsync_worker.core.model.run import State
from tests.web.conftest import World


@pytest.fixture
def asked(empty: World) -> Iterator[World]:
    with empty.app.test_request_context():
        yield empty


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (2100, "2.1 kB"), (18_400_000, "18.4 MB"), (412_000_000, "412 MB")],
)
def test_sizes(asked: World, count: int, shown: str) -> None:
    assert present.size(count) == shown


@pytest.mark.parametrize(
    ("state", "wire", "shown"),
    [(18_400_000, 2044, "9,000 : 1"), (5000, 1000, "5 : 1"), (1000, 5000, ""), (1000, 0, "")],
)
def test_ratios(asked: World, state: int, wire: int, shown: str) -> None:
    assert present.ratio(state, wire) == shown


@pytest.mark.parametrize(("value", "shown"), [(0.84, "0.8 s"), (12.4, "12 s"), (185, "3 min 5 s"), (7320, "2 h 2 min")])
def test_durations(asked: World, value: float, shown: str) -> None:
    assert present.seconds(value) == shown


def test_ages(asked: World) -> None:
    now = asked.clock.now()
    assert [present.age(at) for at in (0, now, now - 120)] == ["never", "just now", "2 minutes ago"]


def test_every_state_has_a_word_and_a_colour(asked: World) -> None:
    assert all(present.word(state) != state.value for state in State)
    assert {present.tone(state) for state in State} == {"good", "bad", "warn", "busy"}


def test_the_lines_of_a_diff_are_told_apart() -> None:
    kinds = [kind for kind, _line in present.diff_lines("--- a\n+++ b\n@@ -1 +1 @@\n x\n-y\n+z\n")]
    assert kinds == ["head", "head", "hunk", "same", "del", "add"]


def test_a_host_nobody_knows_is_shown_by_its_identity(asked: World) -> None:
    assert present.host_name("ab" * 32) == "abababababab"
