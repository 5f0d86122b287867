"""What a source tells is kept with its name; what it does not tell is unknown, never zero."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from pbxsync_worker.core.model.errors import AsteriskRefused, AsteriskSilent
from pbxsync_worker.monitor.local import KEEP, Asked, LocalMonitor
from tests.fakes.clock import HandClock

NAMES = ("asterisk.up", "asterisk.calls")


@dataclass
class Book:
    """Keeps the last value of each fact, and how often anything was written."""

    known: dict[str, Any] = field(default_factory=dict)
    writes: int = 0

    def record(self, host, told, pace=0.0):
        self.writes += 1
        changed = tuple(one.name for one in told if self.known.get(one.name, (object(),))[0] != one.value)
        self.known |= {one.name: (one.value, one.source) for one in told}
        return changed


class Here:
    def __init__(self):
        self.book, self.clock = Book(), HandClock()
        self.rung: list[int] = []
        self.monitor = LocalMonitor("me", self.book, lambda: self.rung.append(1), self.clock)

    def look(self, answer):
        self.monitor.look(Asked("ami", NAMES, answer if callable(answer) else lambda: answer))


@pytest.fixture
def here():
    return Here()


def broken(error):
    def ask():
        raise error

    return ask


def test_what_was_measured_is_kept_with_who_measured(here):
    here.look({"asterisk.up": True, "asterisk.calls": 3})
    assert here.book.known == {"asterisk.up": (True, "ami"), "asterisk.calls": (3, "ami")}


def test_a_change_rings_and_the_same_again_does_not(here):
    here.look({"asterisk.calls": 3})
    here.look({"asterisk.calls": 3})
    assert here.rung == [1]
    here.look({"asterisk.calls": 4})
    assert here.rung == [1, 1]


@pytest.mark.parametrize("error", [AsteriskSilent(reason="gone"), AsteriskRefused(action="Login", reason="no")])
def test_where_nothing_is_told_everything_is_unknown_and_says_why(here, error):
    here.look({"asterisk.up": True, "asterisk.calls": 3})
    here.look(broken(error))
    assert here.book.known == dict.fromkeys(NAMES, (None, error.told))


def test_one_fact_that_is_not_told_is_unknown_and_the_others_are_not(here):
    here.look({"asterisk.up": True, "asterisk.calls": None})
    assert here.book.known["asterisk.up"] == (True, "ami")
    assert here.book.known["asterisk.calls"][0] is None


def test_a_fact_that_is_left_out_stays_as_it_was(here):
    here.look({"asterisk.up": True, "asterisk.calls": 3})
    here.look({"asterisk.up": True})
    assert here.book.known["asterisk.calls"] == (3, "ami")


def test_what_says_the_same_is_not_written_each_time(here):
    for _ in range(10):
        here.look({"asterisk.calls": 3, "asterisk.uptime_s": here.clock.now()})
        here.clock.move(KEEP / 5)
    assert here.book.writes == 2


def test_a_change_is_written_at_once(here):
    here.look({"asterisk.calls": 3})
    here.look({"asterisk.calls": 4})
    assert here.book.writes == 2


def test_trouble_is_logged_when_it_begins_and_when_it_ends(here, caplog):
    caplog.set_level("INFO")
    for answer in (broken(AsteriskSilent(reason="gone")),) * 3 + ({"asterisk.up": True},) * 3:
        here.look(answer)
    assert [record.message for record in caplog.records] == ["facts cannot be measured", "facts are measured again"]


def test_a_bug_in_a_source_is_no_unknown_fact(here):
    with pytest.raises(ZeroDivisionError):
        here.look(broken(ZeroDivisionError()))
