"""The start page: what is there, and the next step while something is missing."""

import re

import pytest

from pbxsync_worker.core.model.run import State
from tests.web import seed
from tests.web.conftest import Browser, World


def test_it_shows_hosts_farms_jobs_and_runs(world: World, viewer: Browser) -> None:
    seed.add_run(world.store, State.COMMITTED)
    page = viewer.get("/").text
    for text in ("pbx-south", "Coast", "Configuration from the south", "Committed", "Music to the south"):
        assert text in page
    assert "Next steps" not in page


def test_an_operator_has_the_button_at_once(operator: Browser) -> None:
    assert operator.get("/").text.count('value="apply"') == 2


def test_a_held_run_stands_on_top(world: World, viewer: Browser) -> None:
    run = seed.add_run(world.store, State.HELD)
    page = viewer.get("/").text
    assert page.index(run.id) < page.index('class="cards"')


def test_it_says_which_part_each_host_has_and_what_runs_there(world: World, viewer: Browser) -> None:
    run = seed.add_run(world.store, State.APPLYING)
    page = viewer.get("/glance").text
    for text in ("Primary", "Replica", run.id, "Applying"):
        assert text in page


def test_the_drawing_is_told_in_words_too(viewer: Browser) -> None:
    page = viewer.get("/").text
    assert "Coast: who gives what to whom" in page
    assert "pbx-north → pbx-south: not measured from here" in page


def test_without_an_identity_there_is_no_empty_list_of_hosts(empty: World) -> None:
    seed.add_people(empty.store)
    assert "<table" not in empty.browser(seed.ALICE).get("/").text


def test_the_old_address_of_the_fleet_leads_here(viewer: Browser) -> None:
    assert viewer.get("/fleet").headers["Location"] == "/"


def test_it_teaches_one_step_after_the_other(empty: World) -> None:
    seed.add_people(empty.store)
    browser = empty.browser(seed.ALICE)
    assert browser.get("/").text.count('class="next"') == 1
    assert "Give this host an identity" in browser.get("/").text
    seed.add_hosts(empty.store, empty.clock.now())
    page = browser.get("/").text
    assert page.count('class="done"') == 2
    assert 'href="/groups/new"' in page


def offered(page: str) -> list[str]:
    """Return where the buttons lead that stand in the place of what is missing."""
    box = re.search(r'<div class="empty">.*?</div>', page, re.DOTALL)
    return re.findall(r'<a class="button[^"]*" href="([^"]+)"', box[0]) if box else []


@pytest.mark.parametrize("path", ["/groups", "/datasets", "/jobs", "/drift", "/runs", "/states"])
def test_a_page_with_nothing_to_show_offers_the_step_that_comes_next(empty: World, path: str) -> None:
    seed.add_people(empty.store)
    empty.store.hosts.set_me(seed.ME)
    browser = empty.browser(seed.ALICE)
    assert offered(browser.get(path).text) == ["/hosts"]
    seed.add_hosts(empty.store, empty.clock.now())
    assert offered(browser.get(path).text) == ["/groups/new"]


@pytest.mark.parametrize("path", ["/runs", "/states"])
def test_once_there_is_a_job_they_lead_to_it(admin: Browser, path: str) -> None:
    assert offered(admin.get(path).text) == ["/jobs"]


def test_runs_that_a_filter_hides_are_one_press_away(admin: Browser) -> None:
    assert offered(admin.get("/runs?state=FAILED").text) == ["/runs"]


def test_alerts_that_cannot_be_delivered_are_told_to_who_may_see_alerts(
    world: World, operator: Browser, viewer: Browser
) -> None:
    world.store.outbox.server_failed("mail.example:587", "mail.example takes nothing", world.clock.now() + 60)
    assert "mail.example takes nothing" in operator.get("/").text
    assert "mail.example takes nothing" not in viewer.get("/").text
