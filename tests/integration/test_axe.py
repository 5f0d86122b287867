"""axe-core on every page, light and dark, at a desk and on a telephone: nothing that keeps anybody out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.integration import browser_steps as steps
from tests.integration.browser import DESK, TELEPHONE, Watched
from tests.integration.browser_pages import seeded_pages
from tests.integration.browser_site import Site, serving
from tests.web import seed

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

AXE = Path(__file__).parent / "vendor/axe.min.js"
RUN = """async () => {
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  const levels = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await axe.run(document, {runOnly: levels, resultTypes: ["violations"], preload: false});
  const grave = found.violations.filter((one) => ["serious", "critical"].includes(one.impact));
  const where = (node) => `${node.target} ${node.any[0]?.message ?? ""}`;
  return grave.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map(where).join(" | ")}`);
}"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving(tmp_path) as one:
        yield one


def findings(page: Page) -> list[str]:
    """Run axe-core, which the page's own rules for scripts do not let in by any other way."""
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(RUN)
    return [f"{page.url} {one}" for one in found]


@pytest.mark.parametrize(
    ("size", "colours"),
    [(DESK, "light"), (DESK, "dark"), (TELEPHONE, "light")],
    ids=["desk-light", "desk-dark", "telephone-light"],
)
def test_no_page_keeps_anybody_out(site: Site, chromium: Browser, size: dict[str, int], colours: str) -> None:
    pages, found = seeded_pages(site).paths, []
    with Watched(chromium, size) as page:
        page.emulate_media(color_scheme=colours)  # type: ignore[arg-type]  # one of its literals
        page.goto(f"{site.base}/login")
        found += findings(page)
        steps.log_in(page, site.base, seed.ALICE, seed.PASSWORD)
        for path in pages.values():
            answer = page.goto(site.base + path)
            assert answer
            assert answer.ok, path
            found += findings(page)
    assert found == []


def test_a_fault_would_be_found(site: Site, chromium: Browser) -> None:
    with Watched(chromium, DESK) as page:
        page.goto(f"{site.base}/login")
        page.evaluate("document.querySelector('label').style.color = '#bbb'")
        assert [one for one in findings(page) if "color-contrast" in one]
