"""The menu: every page has its place, and everybody sees what they may open."""

import re

import pytest

from pbxsync_web.menu import CHAPTERS
from tests.web import seed
from tests.web.conftest import Browser, World

ENTRIES = [entry for chapter in CHAPTERS for entry in chapter.entries]
ELSEWHERE = {"account", "api", "login", "panel", "setup", "wishes"}
"""Reached otherwise: from the corner of the bar, from another page, or by programs."""


def links(page: str) -> list[str]:
    return re.findall(r'<a href="([^"]+)"', page[page.index('id="menu"') : page.index("</header>")])


def test_every_page_belongs_to_one_chapter(world: World) -> None:
    placed = [name for entry in ENTRIES for name in entry.blueprints]
    assert len(placed) == len(set(placed))
    assert set(placed) | ELSEWHERE == set(world.app.blueprints)


@pytest.mark.parametrize("name", [seed.ALICE, seed.BOB, seed.CAROL])
def test_whatever_the_menu_shows_can_be_opened(world: World, name: str) -> None:
    browser = world.browser(name)
    for address in links(browser.get("/").text):
        assert browser.get(address).status_code == 200


def test_a_viewer_is_not_led_to_what_only_administrators_see(viewer: Browser) -> None:
    assert "/people" not in viewer.get("/doctor").text


def test_a_chapter_with_several_pages_shows_them_as_tabs(admin: Browser) -> None:
    page = admin.get("/coverage").text
    tabs = page[page.index('class="tabs chapter"') :]
    assert re.findall(r'href="([^"]+)"', tabs[: tabs.index("</nav>")]) == ["/datasets", "/coverage", "/arrival"]
    assert 'aria-current="page">Coverage' in tabs


def test_the_page_that_is_shown_is_marked_in_the_menu(admin: Browser) -> None:
    page = admin.get("/states").text
    bar = page[page.index('id="menu"') : page.index("</header>")]
    assert re.findall(r'aria-current="page">([^<]+)<', bar) == ["Runs"]
