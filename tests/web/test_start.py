"""The start page: what is there, and the next step while something is missing."""

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
