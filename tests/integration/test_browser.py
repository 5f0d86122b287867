"""The pages in a real browser: the whole way of a person, live moves, the keyboard."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pbxsync_worker.core.model.run import State
from tests.integration import browser_steps as steps
from tests.integration.browser import DESK, Watched, shoot
from tests.integration.browser_site import WORDS, Site, serving
from tests.web import seed

pytestmark = pytest.mark.integration


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving(tmp_path) as one:
        yield one


def move(site: Site, run: str, way: tuple[State, ...]) -> None:
    seed.walk(site.store, site.store.runs.get(run), way)


def test_a_person_comes_from_nothing_to_a_rollback(site: Site, chromium: Browser, shots: Path) -> None:
    site.store.hosts.set_me(seed.ME)
    with Watched(chromium, DESK) as page:
        page.goto(f"{site.base}/setup?token={site.setup_token}")
        shoot(page, shots, "01-setup")
        steps.set_up(page, site.base, site.setup_token, "alice", seed.PASSWORD)
        shoot(page, shots, "02-start-empty")
        steps.follow(page, site.base, 2, "/pairing/offer")
        steps.offer_code(page, site.base, seed.PASSWORD)
        page.wait_for_selector(".words")
        shoot(page, shots, "03-pairing-code")
        steps.confirm_words(page, site.base, WORDS, seed.PASSWORD)
        shoot(page, shots, "04-host")
        steps.follow(page, site.base, 3, "/groups/new")
        steps.make_farm(page, site.base, "Coast")
        shoot(page, shots, "05-farm-empty")
        steps.follow(page, site.base, 4, "/groups/coast/datasets/add")
        shoot(page, shots, "06-presets")
        page.goto(f"{site.base}/groups/coast/datasets/new")
        shoot(page, shots, "07-dataset-form")
        steps.add_dataset(page, site.base, "coast", "asterisk-configuration")
        shoot(page, shots, "08-dataset")
        steps.follow(page, site.base, 5, "/groups/coast/jobs/new")
        steps.add_job(page, site.base, "coast", "Configuration to the west", "asterisk-configuration")
        shoot(page, shots, "09-job")
        steps.no_step_is_left(page, site.base)
        _preview_sync_and_roll_back(site, page, shots)


def _preview_sync_and_roll_back(site: Site, page: Page, shots: Path) -> None:
    preview = steps.press(page, site.base, "coast", "configuration-to-the-west", "plan")
    move(site, preview, seed.WAYS[State.PREVIEWED])
    steps.wait_for_state(page, "PREVIEWED")
    expect(page.locator("#plan .changes li")).to_have_count(5)
    page.click("#plan summary >> nth=0")
    shoot(page, shots, "10-preview")

    run = steps.apply_what_is_shown(page, site.base)
    assert site.store.runs.get(run).expect_plan == site.store.runs.plan(preview).digest  # type: ignore[union-attr]
    way = seed.WAYS[State.COMMITTED]
    move(site, run, way[:4])
    steps.wait_for_state(page, "APPLYING")
    shoot(page, shots, "11-run-applying")
    move(site, run, way[4:])
    steps.wait_for_state(page, "COMMITTED")
    shoot(page, shots, "12-run-committed")

    back = steps.roll_back(page, site.base, run, seed.PASSWORD)
    assert site.store.runs.get(back).goal == f"{run}:before"
    move(site, back, way)
    steps.wait_for_state(page, "COMMITTED")
    shoot(page, shots, "13-rollback")


def test_the_run_page_shows_a_move_within_a_second(site: Site, chromium: Browser) -> None:
    seeded = seed.seed(site.store, time.time())
    run = seeded.runs[State.REQUESTED]
    with Watched(chromium, DESK) as page:
        steps.log_in(page, site.base, seed.ALICE, seed.PASSWORD)
        page.goto(f"{site.base}/runs/{run.id}")
        page.wait_for_selector("#live[data-events]")
        later = threading.Timer(0.5, move, (site, run.id, (State.SCANNING,)))
        later.start()
        # Polling alone would need up to four seconds.
        steps.wait_for_state(page, "SCANNING", seconds=2.5)
        later.join()


def test_opened_diffs_stay_open_while_the_run_moves(site: Site, chromium: Browser) -> None:
    seeded = seed.seed(site.store, time.time())
    run = seeded.runs[State.PLANNED]
    with Watched(chromium, DESK) as page:
        steps.log_in(page, site.base, seed.ALICE, seed.PASSWORD)
        page.goto(f"{site.base}/runs/{run.id}")
        page.click("#plan summary >> nth=0")
        move(site, run.id, (State.STAGED, State.APPLYING))
        steps.wait_for_state(page, "APPLYING")
        expect(page.locator("#plan details").first).to_have_attribute("open", "")


def test_the_keyboard_reaches_the_content_first(site: Site, chromium: Browser) -> None:
    seed.seed(site.store, time.time())
    with Watched(chromium, DESK) as page:
        steps.log_in(page, site.base, seed.ALICE, seed.PASSWORD)
        page.goto(f"{site.base}/hosts")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()
