"""Every page x role x language x (desk, telephone) in a real browser: it fits, and nothing is forbidden or complains.

The statuses, and that every word is translated, are in tests/web/test_every_page.py, which needs no browser.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.integration import browser_steps as steps
from tests.integration.browser import DESK, TELEPHONE, Watched, shoot
from tests.integration.browser_site import Site, serving
from tests.web import seed
from tests.web.every_page import ROLES, Pages, seeded_pages

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

FEWEST = {"": 0, seed.CAROL: 30, seed.BOB: 35, seed.ALICE: 70}
"""How many pages each sees at least: so that a list which shrinks is seen."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("site")) as one:
        yield one


@pytest.fixture(scope="module")
def pages(site: Site) -> Pages:
    return seeded_pages(site.store, site.home, time.time())


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("name", ROLES, ids=lambda name: name or "stranger")
def test_every_page_fits_and_breaks_no_rule(
    site: Site, pages: Pages, chromium: Browser, shots: Path, name: str, language: str
) -> None:
    seen = 0
    with Watched(chromium, DESK, language) as page:
        page.goto(f"{site.base}/login")
        _look(page, shots, f"{language}-login", language)
        if name:
            steps.log_in(page, site.base, name, seed.PASSWORD)
        for title, path in pages.paths.items():
            # Asked beside the page, because a browser calls every refusal an error.
            if page.request.get(site.base + path, max_redirects=0).status not in {403, 303}:
                answer = page.goto(site.base + path)
                assert answer
                assert answer.ok, path
                _look(page, shots, f"{language}-{name}-{title}", language)
                seen += 1
    assert seen >= FEWEST[name]


def _look(page: Page, shots: Path, name: str, language: str) -> None:
    """See that a page fits at both widths; pictures are of what an administrator sees, where somebody wants them."""
    wanted = shots if "PBXSYNC_SCREENSHOTS" in os.environ and f"-{seed.ALICE}-" in name else None
    expect(page.locator("html")).to_have_attribute("lang", language)
    for width, size in (("telephone", TELEPHONE), ("desk", DESK)):
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a plain dict of its two keys
        shoot(page, wanted, f"{width}-{name}")
