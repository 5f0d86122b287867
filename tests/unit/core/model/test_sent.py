"""How contents came is counted in a bounded way."""

from pbxsync_worker.core.model.sent import LARGEST, Ledger, Sent, SentItem, Way, Ways


def test_nothing_that_came_is_nothing_told():
    assert Ledger().told() == Sent()


def test_each_way_is_summed_up_by_its_codec_in_the_order_of_the_ways():
    ledger = Ledger()
    ledger.note("b", Way.WHOLE, 100, 60, "zstd")
    ledger.note("c", Way.WHOLE, 10, 10, "none")
    ledger.note("d", Way.WHOLE, 1, 1, "zstd")
    ledger.note("a", Way.COPY, 7, 0)
    assert ledger.told().ways == (
        Ways(Way.COPY, "", 1, 7, 0),
        Ways(Way.WHOLE, "none", 1, 10, 10),
        Ways(Way.WHOLE, "zstd", 2, 101, 61),
    )


def test_only_the_items_that_took_most_are_kept_by_name():
    ledger = Ledger()
    for number in range(1000):
        ledger.note(f"{number}", Way.WHOLE, 5000, 600 + number * 7 % 1000, "zstd")
    largest = ledger.told().largest
    assert [one.sent for one in largest] == [1599 - at for at in range(LARGEST)]


def test_what_came_for_next_to_nothing_is_only_counted():
    ledger = Ledger()
    ledger.note("moved", Way.COPY, 10**9, 0)
    ledger.note("a", Way.DELTA, 10**6, 900, "zstd")
    assert ledger.told().largest == (SentItem("a", Way.DELTA, "zstd", 10**6, 900),)
