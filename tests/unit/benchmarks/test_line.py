"""The arithmetic of a long link: no clock, no sockets, exact numbers."""

import pytest

from benchmarks.distance.line import NETS, Direction, Link

OCEAN = Link(delay=0.075, rate=2_500_000)


def test_the_net_called_wan_is_an_ocean_of_75_ms_and_20_mbit():
    assert NETS["wan"] == OCEAN


def test_one_byte_takes_the_delay_and_its_own_length():
    assert Direction(OCEAN).arrival(10.0, 1) == pytest.approx(10.0 + 0.075 + 1 / 2_500_000)


def test_five_megabytes_take_two_seconds_and_the_delay():
    direction = Direction(OCEAN)
    arrivals = [direction.arrival(0.0, 12_500) for _ in range(400)]
    assert arrivals[-1] == pytest.approx(2.075)


def test_what_is_sent_meanwhile_waits_for_its_turn():
    direction = Direction(OCEAN)
    direction.arrival(0.0, 2_500_000)
    assert direction.arrival(0.5, 250_000) == pytest.approx(1.0 + 0.1 + 0.075)


def test_an_idle_link_gives_nothing_back_for_having_been_idle():
    direction = Direction(OCEAN)
    direction.arrival(0.0, 2_500_000)
    assert direction.arrival(100.0, 2_500_000) == pytest.approx(101.075)


def test_without_a_rate_only_the_delay_counts():
    assert Direction(Link(0.01, 0)).arrival(1.0, 10**9) == pytest.approx(1.01)


def test_every_byte_is_counted():
    direction = Direction(OCEAN)
    for size in (1, 12_500, 7):
        direction.arrival(0.0, size)
    assert direction.bytes == 12_508


def test_a_handshake_costs_a_round_trip_before_the_first_byte_goes():
    assert OCEAN.first_byte == pytest.approx(0.225)


def test_twice_of_what_the_link_holds_may_be_under_way():
    assert OCEAN.queue == 750_000


def test_a_short_link_still_has_room_for_a_quarter_of_a_mebibyte():
    assert Link(0.0001, 1000).queue == 2**18
