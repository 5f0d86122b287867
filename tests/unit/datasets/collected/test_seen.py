"""What a target lists: young slots as they were taken, old ones as the block they make up."""

from pbxsync_worker.datasets.collected.chunks import chunk
from pbxsync_worker.datasets.collected.ledger import Taken
from pbxsync_worker.datasets.collected.records import Sum, rows_of
from pbxsync_worker.datasets.collected.seen import listed

NOON = 1_795_348_800.0
BASE = b"COLLECT/d/t/"


def taken(name: str, total: int, origin: str = "o") -> Taken:
    return Taken(origin, name, chunk(name).block, 9, b"c" * 32, Sum(1, total).data)


def names(*some: Taken) -> list[str]:
    return [one.name.rpartition(b"/")[2].decode() for one in listed(BASE, some, NOON).items]


def test_slots_of_today_are_listed_as_they_were_taken():
    assert names(taken("2026-11-22T110", 1), taken("2026-11-22T111", 2)) == ["2026-11-22T110", "2026-11-22T111"]


def test_slots_of_some_days_ago_are_also_listed_as_their_day():
    assert names(taken("2026-11-19T110", 1)) == ["2026-11-19T110", "2026-11-19"]


def test_old_slots_are_only_listed_as_their_day_with_the_sum_of_all():
    some = [taken("2026-11-02T110", 1), taken("2026-11-02T111", 2)]
    found = listed(BASE, some, NOON)
    (item,) = found.items
    assert item.name == BASE + b"o/2026-11-02"
    assert rows_of(item) == Sum(2, 3).data
    assert (found.made[0].chunk, found.gone) == ("2026-11-02", tuple(some))


def test_a_block_that_was_taken_whole_wins_over_its_slots():
    found = listed(BASE, [taken("2026-11-02T110", 1), taken("2026-11-02", 7)], NOON)
    assert [rows_of(one) for one in found.items] == [Sum(1, 7).data]
    assert not found.made


def test_the_newest_numbers_of_each_origin_stay_slots():
    some = [taken("n9.1", 1), taken("n8.1", 1), taken("n2.1", 1), taken("n1.1", 1, "p")]
    assert names(*some) == ["n2", "n8.1", "n8", "n9.1", "n1.1"]
