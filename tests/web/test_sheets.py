"""Long lists come in sheets: each page shows a part, leads to the rest, and asks the store no more for more."""

from dataclasses import replace

import pytest

from pbxsync_web.sheets import sheet
from pbxsync_worker.core.model.run import State
from tests.web import seed
from tests.web.conftest import Browser, World
from tests.web.test_statements import counted, many_jobs


def of(world: World, query: str, count: int = 23):
    with world.app.test_request_context(f"/x?{query}"):
        return sheet([f"host-{number}" for number in range(count)], 10, str, (("job", "a b"), ("state", "")))


def test_a_sheet_has_its_part_and_knows_the_whole(world: World) -> None:
    second = of(world, "page=2")
    assert (second.items[0], len(second.items), second.last, second.count) == ("host-10", 10, 3, 23)


@pytest.mark.parametrize(("asked", "shown"), [("0", 1), ("99", 3), ("x", 1), ("-1", 1), ("9" * 40, 1), ("", 1)])
def test_a_number_that_is_none_gives_a_sheet_that_is_there(world: World, asked: str, shown: int) -> None:
    assert of(world, f"page={asked}").number == shown


def test_what_is_looked_for_is_found_whatever_its_case_and_stays_in_the_address(world: World) -> None:
    found = of(world, "find=HOST-2")
    assert found.items == ("host-2", "host-20", "host-21", "host-22")
    assert found.to(2) == "?job=a+b&find=HOST-2&page=2"


def test_an_empty_list_has_one_empty_sheet(world: World) -> None:
    empty = of(world, "", 0)
    assert (empty.items, empty.number, empty.last, empty.long) == ((), 1, 1, False)


def many_hosts(world: World, count: int = 60) -> None:
    paired = world.store.hosts.by_id(seed.OTHER.id)
    for number in range(count):
        world.store.hosts.save(
            replace(paired, host=replace(seed.OTHER, id=f"{number:064x}", name=f"branch-{number:02}"))
        )


@pytest.mark.parametrize("path", ["/", "/glance", "/hosts"])
def test_many_hosts_come_in_sheets_with_a_search(world: World, viewer: Browser, path: str) -> None:
    many_hosts(world)
    page = viewer.get(path).text
    assert 'rel="next"' in page
    assert "branch-59" not in page
    assert "branch-59" in viewer.get(f"{path}?find=branch-59").text


def test_the_start_page_stays_on_its_sheet_when_it_refreshes_itself(world: World, viewer: Browser) -> None:
    many_hosts(world)
    assert 'hx-get="/glance?page=2"' in viewer.get("/?page=2").text


def test_the_start_page_shows_first_what_needs_a_person(world: World, viewer: Browser) -> None:
    many_jobs(world)
    seed.add_run(world.store, State.FAILED, job="job-37")
    page = viewer.get("/").text
    assert "/jobs/job-37" in page
    assert "more jobs" in page


@pytest.mark.parametrize("path", ["/jobs", "/drift", "/groups/coast", "/states"])
def test_a_page_asks_no_more_for_more_jobs(world: World, viewer: Browser, path: str) -> None:
    seed.add_run(world.store, State.COMMITTED)
    few = counted(world, viewer, path)
    many_jobs(world)
    assert counted(world, viewer, path) == few


def test_jobs_come_in_sheets_with_a_search(world: World, viewer: Browser) -> None:
    known = world.store.catalogues.current("coast")
    fresh = tuple(replace(known.jobs[0], name=f"night-{at}", title=f"Night {at}") for at in range(60))
    seed.save(world.store, replace(known, version=9, jobs=fresh))
    assert "Night 59" not in viewer.get("/jobs").text
    assert "Night 59" in viewer.get("/jobs?page=2").text
    assert "Night 59" in viewer.get("/groups/coast?find=night-59").text
