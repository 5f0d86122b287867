"""The fleet at a glance, and the facts of a host with how they were."""

import pytest

from pbxsync_web.chart import HEIGHT, WIDTH, chart
from pbxsync_worker.core.model.report import LineState, Told, Version
from pbxsync_worker.core.model.sentence import say
from tests.web import seed
from tests.web.conftest import Browser, World


@pytest.fixture
def measured(world: World) -> World:
    store, now = world.store, world.clock.now()
    store.facts.record(seed.ME.id, [
        Told("asterisk.up", True, 0, "ami"), Told("asterisk.calls", 7, 0, "ami"),
        Told("data.changed_items", 3, 0, "changes"), Told("data.unsafe_s", 720, 0, "changes"),
        Told("freepbx.version", None, 0, say("it does not tell")), Told("disk.free_bytes", 18_400_000, 0, "machine"),
    ])  # fmt: skip
    store.facts.record(
        seed.OTHER.id, [Told("asterisk.up", False, 0, "ami"), Told("asterisk.version", "22.10.1", 0, "ami")]
    )
    store.lines.save(
        seed.OTHER.id, LineState("reachable", "", now - 60, now, now, dials=False, polls=True, rtt_ms=12.5)
    )
    job = store.catalogues.all()[0].jobs[0]
    store.versions.keep(seed.OTHER.id, [Version("coast", job.name, seed.ME.id, "r1", "abcdef" * 10, 60, 3600)])
    return world


def test_it_shows_how_every_host_is_and_what_would_be_lost(measured: World, viewer: Browser) -> None:
    page = viewer.get("/").text
    for text in ("this host", "reachable", "12.5 ms", "nobody can call it", "Asterisk is down", "22.10.1", "abcdefab"):
        assert text in page
    assert "what changed in 3 files, tables, keys and mailboxes, the oldest change 12 minutes ago" in page


def test_what_is_not_known_is_said_to_be_unknown_and_why(measured: World, viewer: Browser) -> None:
    page = viewer.get(f"/fleet/{seed.ME.id}").text
    assert "unknown" in page
    assert "it does not tell" in page


def test_a_fact_is_drawn_with_its_unit(measured: World, viewer: Browser) -> None:
    measured.clock.move(120)
    measured.store.facts.record(seed.ME.id, [Told("disk.free_bytes", 9_200_000, 0, "machine")])
    page = viewer.get(f"/fleet/{seed.ME.id}?span=day").text
    assert "9.2 MB" in page
    assert "between 9.2 MB and 18.4 MB" in page


def test_before_anything_was_measured_it_says_who_measures(world: World, viewer: Browser) -> None:
    assert "Nothing was measured yet" in viewer.get(f"/fleet/{seed.OTHER.id}").text


def test_an_unknown_host_is_not_found(viewer: Browser) -> None:
    assert viewer.get("/fleet/ffff").status_code == 404


def test_a_stranger_sees_nothing(world: World) -> None:
    assert world.browser().get("/fleet").status_code == 303


def test_a_value_holds_until_the_next_one() -> None:
    drawn = chart([(0.0, 1), (50.0, 3)], 0.0, 100.0)
    assert drawn is not None
    middle = f"{WIDTH / 2:.1f}"
    assert drawn.lines == (f"0.0,{HEIGHT - 2:.1f} {middle},{HEIGHT - 2:.1f} {middle},2.0 {WIDTH:.1f},2.0",)
    assert (drawn.low, drawn.high) == (1, 3)


def test_a_line_breaks_where_nothing_was_known() -> None:
    drawn = chart([(0.0, 1), (10.0, None), (20.0, 1)], 0.0, 100.0)
    assert drawn is not None
    assert len(drawn.lines) == 2


def test_yes_and_no_are_drawn_and_words_are_not() -> None:
    assert chart([(0.0, False), (5.0, True)], 0.0, 10.0) is not None
    assert chart([(0.0, "22.10.1")], 0.0, 10.0) is None
    assert chart([], 0.0, 10.0) is None


def test_a_line_never_has_more_points_than_can_be_seen() -> None:
    drawn = chart([(float(at), at % 7) for at in range(10_000)], 0.0, 10_000.0)
    assert drawn is not None
    assert len(drawn.lines[0].split()) <= 500
