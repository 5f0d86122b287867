"""axe-core on every page, light and dark, at a desk and on a telephone: nothing that keeps anybody out."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.integration import browser_steps as steps
from tests.integration.browser import DESK, TELEPHONE, Watched
from tests.integration.browser_site import Site, serving
from tests.web import seed
from tests.web.every_page import seeded_pages

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

AXE = Path(__file__).parent / "vendor/axe.min.js"
RUN = """async (rules) => {
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  const levels = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await axe.run(document, {runOnly: rules ?? levels, resultTypes: ["violations"], preload: false});
  const grave = found.violations.filter((one) => ["serious", "critical"].includes(one.impact));
  const where = (node) => `${node.target} ${node.any[0]?.message ?? ""}`;
  return grave.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map(where).join(" | ")}`);
}"""


COLOURS = {"type": "rule", "values": ["color-contrast"]}
"""All that the dark look can break and the light one does not show."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving(tmp_path) as one:
        yield one


def findings(page: Page, rules: object) -> list[str]:
    """Run axe-core at both widths; the page's own rules for scripts do not let it in by any other way."""
    page.evaluate(AXE.read_text())
    told = []
    for size in (TELEPHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a plain dict of its two keys
        told += [f"{page.url} {size['width']} {one}" for one in page.evaluate(RUN, rules)]
    return told


@pytest.mark.parametrize(("colours", "rules"), [("light", None), ("dark", COLOURS)], ids=["light", "dark"])
def test_no_page_keeps_anybody_out(
    site: Site, chromium: Browser, colours: Literal["light", "dark"], rules: object
) -> None:
    pages, found = seeded_pages(site.store, site.home, time.time()).paths, []
    with Watched(chromium, DESK) as page:
        page.emulate_media(color_scheme=colours)
        page.goto(f"{site.base}/login")
        found += findings(page, rules)
        steps.log_in(page, site.base, seed.ALICE, seed.PASSWORD)
        for path in pages.values():
            answer = page.goto(site.base + path)
            assert answer
            assert answer.ok, path
            found += findings(page, rules)
    assert not found, "\n".join(found)
