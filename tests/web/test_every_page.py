"""Every page x (stranger, viewer, operator, administrator) x (English, Spanish): the right status, and every word said.

What needs a browser (rules for contents, console, widths) is in tests/integration/test_browser_pages.py.
"""

import re
from html import unescape

import pytest

from pbxsync_web.access import rule_of
from tests.web import catalogs
from tests.web.conftest import World
from tests.web.every_page import ROLES, Pages, expected_status, is_page, seeded_pages

CODES = re.compile(r"<code.*?</code>", re.DOTALL)
TEXTS = re.compile(r">([^<>]+)<")
TITLES = {"Asterisk configuration", "Music on hold"}
"""Datasets of the seed: what a person called something stays so in every language."""


@pytest.fixture
def pages(empty: World) -> Pages:
    return seeded_pages(empty.store, empty.parts.settings.home, empty.clock.now())


def only_english() -> set[str]:
    """Return what must not stand on a Spanish page: whatever reads otherwise there."""
    said = {message.id: message.string for message in catalogs.spanish() if isinstance(message.id, str)}
    return {" ".join(text.split()) for text, other in said.items() if text and text != other} - set(said.values())


def test_no_page_is_missing_in_the_list(empty: World, pages: Pages) -> None:
    adapter = empty.app.url_map.bind("localhost")
    listed = {adapter.match(path.partition("?")[0], return_rule=True)[0].rule for path in pages.paths.values()}
    wanted = {route.rule for route in empty.app.url_map.iter_rules() if is_page(route)}
    assert wanted - listed == set()


@pytest.mark.parametrize("name", ROLES, ids=lambda name: name or "stranger")
@pytest.mark.parametrize("language", ["en", "es"])
def test_it_answers_with_the_right_status_in_the_right_language(
    empty: World, pages: Pages, name: str, language: str
) -> None:
    browser, adapter, english = empty.browser(name), empty.app.url_map.bind("localhost"), only_english()
    wrong: list[object] = []
    for path in pages.paths.values():
        route, _values = adapter.match(path.partition("?")[0], return_rule=True)
        answer = browser.get(path, headers={"Accept-Language": language})
        status = expected_status(rule_of(empty.app.view_functions[route.endpoint]), ROLES[name])
        if answer.status_code != status:
            wrong.append((path, answer.status_code, status))
        if status == 303:
            continue
        if f'<html lang="{language}"' not in answer.text:
            wrong.append((path, "language"))
        texts = {" ".join(unescape(text).split()) for text in TEXTS.findall(CODES.sub("", answer.text))}
        wrong += [(path, text) for text in texts & english - TITLES if language == "es"]
    assert not wrong, "\n".join(map(str, wrong))
