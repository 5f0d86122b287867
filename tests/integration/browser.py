"""A real browser whose every complaint is a failure, and pictures of what it shows."""

from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK, TELEPHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
_NO_SCROLL = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


class Watched:
    """A page whose every complaint is a failure."""

    def __init__(self, browser: Browser, size: dict[str, int], language: str = "en") -> None:
        self.context: BrowserContext = browser.new_context(viewport=size, locale=language)  # type: ignore[arg-type]
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def __enter__(self) -> Page:
        return self.page

    def __exit__(self, kind: object, *_rest: object) -> None:
        self.context.close()
        if kind is None:
            assert self.complaints == []


def shoot(page: Page, shots: Path | None, name: str) -> None:
    """Take a picture of the whole page, which must not scroll sideways."""
    assert page.evaluate(_NO_SCROLL), f"{page.url} scrolls sideways"
    if shots:
        page.screenshot(path=shots / f"{name}.png", full_page=True)
