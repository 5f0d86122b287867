"""The process of the web admin looks for lost objects rarely, and still finds them."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from pbxsync_web.collector import NEW_OBJECTS, look_rarely


class Knot:
    """An object that refers to itself."""

    def __init__(self) -> None:
        self.own = self


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_is_there_when_it_begins_is_not_looked_at_again() -> None:
    look_rarely()
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold()[0] == NEW_OBJECTS


def test_what_is_lost_later_is_still_found() -> None:
    look_rarely()
    knot = weakref.ref(Knot())
    assert knot() is not None
    kept: list[list[int]] = [[] for _ in range(2 * NEW_OBJECTS)]
    assert knot() is None
    assert kept
