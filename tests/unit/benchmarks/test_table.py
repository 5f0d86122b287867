"""What the table says of samples that are known."""

from dataclasses import replace

from benchmarks.product import NAME
from benchmarks.rows import ROWS, Goal
from benchmarks.sample import Figure, Sample, figures
from benchmarks.table import lines, time_goal, wire_goal


def _sample(peer, seconds, *, up=0, wrong=(), net="wan", number=0, row="K1", peak=0):
    return Sample(row, net, peer, number, seconds, up=up, peak=peak, wrong=wrong)


def _line(samples, peer=NAME):
    found = [line for line in lines(figures(samples)) if f"| {peer} |" in line]
    return [cell.strip() for cell in found[0].strip("|").split("|")]


def test_the_median_counts():
    (found,) = figures([_sample("rsync", seconds) for seconds in (1.0, 9.0, 2.0)])
    assert found.seconds == 2.0


def test_the_largest_process_of_any_sample_counts():
    (found,) = figures([_sample("rsync", 1.0, peak=peak) for peak in (5, 7, 6)])
    assert found.peak == 7


def test_a_void_sample_does_not_count():
    (found,) = figures([_sample("rsync", 1.0), _sample("rsync", 0.1, wrong=("a file differs",))])
    assert (found.seconds, found.count, found.void) == (1.0, 1, 1)


def test_a_cell_without_a_good_sample_shows_no_figure():
    assert _line([_sample(NAME, 1.0, wrong=("differs",))])[3:7] == ["-", "-", "-", "0, 1 void"]


def test_the_product_is_compared_with_the_best_other():
    samples = [_sample(NAME, 1.0, up=10), _sample("rsyncd", 4.0, up=40), _sample("unison", 2.0, up=100)]
    assert _line(samples)[7:11] == ["0.5", "0.4", "0.25", "10,000 reached"]


def test_a_void_peer_is_not_the_best():
    samples = [_sample(NAME, 1.0), _sample("rsyncd", 4.0), _sample("unison", 0.1, wrong=("differs",))]
    assert _line(samples)[7] == "0.25"


def test_the_product_alone_has_no_share():
    assert _line([_sample(NAME, 1.0)])[7] == ""


def test_a_peer_has_no_share():
    assert _line([_sample(NAME, 1.0), _sample("rsyncd", 4.0)], "rsyncd")[7:] == ["", "", "", ""]


def test_direct_connections_are_not_counted():
    assert _line([_sample(NAME, 1.0, net="lan"), _sample("rsyncd", 4.0, net="lan")])[9:] == ["", ""]


def test_too_many_bytes_are_a_goal_missed():
    assert _line([_sample(NAME, 1.0, up=10_001)])[10] == "10,000 missed"


def test_too_much_memory_is_said():
    assert _line([_sample(NAME, 1.0, peak=200_000_000)])[5] == "200 (goal 150)"


def _figure(net="wan"):
    return Figure("K3", net, NAME, seconds=1.0, wire=110, peak=0, count=1, void=0)


def test_bytes_may_have_a_goal_against_the_best():
    assert wire_goal(Goal(wire_of_best=1.1), _figure(), [100, 200]) == "110 reached"


def test_bytes_may_have_a_goal_against_the_fewest_possible():
    assert wire_goal(Goal(wire_of_bound=1.1), replace(_figure(), bound=100), [1000]) == "110 reached"


def test_moved_files_have_a_second_goal_against_rsync():
    assert time_goal(Goal(wan=0.2, of_rsync=0.1), _figure(), [4.0, 5.0]) == "0.2; of rsync 0.25, goal 0.1"


def test_a_net_without_a_goal_says_nothing():
    assert time_goal(Goal(wan=0.5), _figure("lan"), []) == ""


def test_every_row_has_its_own_name():
    assert len({one.name for one in ROWS}) == len(ROWS)
