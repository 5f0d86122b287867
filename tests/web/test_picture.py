"""A group as a drawing: who stands where, and what an arrow says."""

from dataclasses import replace

from pbxsync_web.picture import MOST, picture
from pbxsync_worker.core.model.host import Catalogue, GroupKind, Host, Job
from pbxsync_worker.core.model.report import LineState
from tests.web import seed

NEAR = LineState("reachable", rtt_ms=3.0)
JOB = Job("one", "One", "set", seed.ME.id, (seed.OTHER.id,))
FARM = Catalogue("coast", "Coast", GroupKind.FARM, seed.ME.id, 1, (seed.ME, seed.OTHER, seed.NEW), (), (JOB,))


def test_an_arrow_goes_from_the_source_to_the_target_with_its_line() -> None:
    drawn = picture(FARM, seed.ME.id, {seed.OTHER.id: NEAR})
    assert [(one.source, one.target, one.tone, one.line) for one in drawn.arrows] == [
        (seed.ME.id, seed.OTHER.id, "good", NEAR)
    ]


def test_the_primary_stands_alone_on_the_left() -> None:
    boxes = {one.id: one for one in picture(FARM, seed.ME.id, {}).boxes}
    assert boxes[seed.ME.id].x < boxes[seed.OTHER.id].x == boxes[seed.NEW.id].x


def test_several_jobs_of_one_way_are_one_arrow() -> None:
    both = replace(FARM, jobs=(JOB, replace(JOB, name="two")))
    assert len(picture(both, seed.ME.id, {}).arrows) == 1


def test_a_line_that_this_host_does_not_measure_says_nothing() -> None:
    arrow = picture(FARM, seed.NEW.id, {seed.OTHER.id: NEAR}).arrows[0]
    assert (arrow.tone, arrow.line) == ("none", None)


def test_a_host_that_is_not_reached_is_bad() -> None:
    assert picture(FARM, seed.ME.id, {seed.OTHER.id: LineState()}).arrows[0].tone == "bad"


def test_between_two_on_the_right_there_is_a_bow() -> None:
    job = replace(JOB, source=seed.OTHER.id, targets=(seed.NEW.id,))
    plain, bowed = picture(FARM, seed.ME.id, {}), picture(replace(FARM, jobs=(job,)), seed.ME.id, {})
    assert " C" in bowed.arrows[0].path
    assert bowed.width > plain.width


def test_of_many_hosts_some_are_left_out_and_counted() -> None:
    many = tuple(Host(f"{at:064x}", f"host-{at}", "") for at in range(40))
    drawn = picture(replace(FARM, hosts=(seed.ME, *many)), seed.ME.id, {})
    assert (len(drawn.boxes), drawn.left_out) == (MOST, 41 - MOST)
