import pytest

from pbxsync_worker.asterisk.expected import Expected
from pbxsync_worker.asterisk.health import compare
from pbxsync_worker.core.model.pbx import Level, PbxState
from pbxsync_worker.core.model.plan import Reload

PJSIP = (Reload("res_pjsip.so", "x"),)
NOTHING = Expected({})
FATAL, WARNING = Level.FATAL, Level.WARNING


def _state(calls: int = 0, contacts: int = 0, **counts: int) -> PbxState:
    return PbxState(True, "22", tuple(counts.items()), calls, contacts)


def _levels(before: PbxState, now: PbxState, expected: Expected = NOTHING) -> list[Level]:
    return [one.level for one in compare(before, now, expected, PJSIP)]


@pytest.mark.parametrize(
    ("has", "says", "at_least", "levels"),
    [
        (3, 3, False, []),
        (2, 3, False, [FATAL]),
        (4, 3, False, [FATAL]),
        (4, 3, True, []),
        (2, 3, True, [FATAL]),
    ],
)
def test_counts_must_be_what_the_files_say(has, says, at_least, levels):
    expected = Expected({"endpoints": says}, frozenset({"endpoints"} if at_least else ()))
    assert _levels(_state(endpoints=3), _state(endpoints=has), expected) == levels


def test_a_count_that_this_host_cannot_give_is_not_compared():
    assert _levels(_state(), _state(), Expected({"endpoints": 3})) == []


def test_all_gone_is_fatal_even_where_the_files_say_so():
    assert _levels(_state(endpoints=5), _state(endpoints=0), Expected({"endpoints": 0})) == [FATAL]


def test_one_that_leaves_by_the_files_is_fine():
    assert _levels(_state(endpoints=1), _state(endpoints=0), Expected({"endpoints": 0})) == []


def test_counts_of_other_modules_are_compared_with_before():
    assert _levels(_state(queues=3), _state(queues=2)) == [WARNING]
    assert _levels(_state(queues=3), _state(queues=0)) == [FATAL]
    assert _levels(_state(queues=3), _state()) == [FATAL]
    assert _levels(_state(queues=3), _state(queues=4)) == []


def test_files_of_modules_that_were_not_reloaded_are_not_compared():
    assert _levels(_state(queues=3), _state(queues=3), Expected({"queues": 9})) == []


def test_phones_that_all_leave_at_once_are_fatal():
    assert _levels(_state(contacts=3), _state()) == [FATAL]
    assert _levels(_state(contacts=2), _state()) == [WARNING]
    assert _levels(_state(contacts=3), _state(contacts=1)) == []


def test_calls_that_all_ended_are_told():
    assert _levels(_state(calls=2), _state()) == [WARNING]


def test_an_asterisk_that_is_gone_is_fatal():
    assert _levels(_state(), PbxState(running=False)) == [FATAL]
