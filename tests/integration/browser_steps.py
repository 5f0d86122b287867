"""What a person does on the pages, one step a function, in whatever language the pages are.

`base` is the address of a web admin without a slash at its end. Every step ends on the page that the next one needs.
"""

from playwright.sync_api import Page, expect


def set_up(page: Page, base: str, token: str, name: str, password: str) -> None:
    """Make the first administrator by the link that the product prints."""
    page.goto(f"{base}/setup?token={token}")
    page.fill("#name", name)
    page.fill("#password", password)
    page.fill("#again", password)
    page.click("main button.primary")
    page.wait_for_url(f"{base}/")


def log_in(page: Page, base: str, name: str, password: str) -> None:
    """Log in and stand on the start page."""
    page.goto(f"{base}/login")
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("main button.primary")
    page.wait_for_url(f"{base}/")


def log_out(page: Page) -> None:
    """Log out, through the menu where the window is small."""
    if page.locator(".menu-button").is_visible():
        page.click(".menu-button")
    page.click("form[action$='/logout'] button")


def choose_language(page: Page, base: str, code: str) -> None:
    """Read the pages in another language from now on."""
    page.goto(f"{base}/account")
    page.click(f".choice label:has-text('{ {'en': 'English', 'es': 'Español'}[code] }')")
    page.click("form[action$='/account/language'] button.primary")
    expect(page.locator("html")).to_have_attribute("lang", code)


def give_password(page: Page, password: str) -> None:
    """Give the password again if this page asks for it."""
    if "/password?" in page.url:
        page.fill("#password", password)
        page.click("main button.primary")


def follow(page: Page, base: str, number: int, form: str) -> None:
    """Take the step of the start page that is next, which must be this one of five, as far as its form."""
    page.goto(f"{base}/")
    expect(page.locator(".steps li")).to_have_count(5)
    expect(page.locator(".steps li.done")).to_have_count(number - 1)
    page.click(".steps .next a.button")
    page.wait_for_load_state()
    if not page.url.startswith(base + form):
        page.click(f"main a.button[href^='{form}']")
    page.wait_for_url(f"{base}{form}*")


def no_step_is_left(page: Page, base: str) -> None:
    """See that the start page has nothing more to teach, and offers to sync."""
    page.goto(f"{base}/")
    expect(page.locator(".steps")).to_have_count(0)
    expect(page.locator("main .card button[value=apply]").first).to_be_visible()


def offer_code(page: Page, base: str, password: str, give: str = "send") -> str:
    """Make a pairing code on this host; give: "send", "receive" or "both", seen from this host."""
    page.goto(f"{base}/pairing/offer")
    give_password(page, password)
    page.check(f"input[name=give][value={give}]", force=True)
    page.click("main form button.primary")
    page.wait_for_selector("#code", timeout=30_000)
    return page.inner_text("#code").strip()


def join_with(page: Page, base: str, code: str, password: str, give: str = "receive") -> str:
    """Use another host's code; return the words that are shown."""
    page.goto(f"{base}/pairing/join")
    give_password(page, password)
    page.fill("#code", code)
    page.check(f"input[name=give][value={give}]", force=True)
    page.click("main form button.primary")
    page.wait_for_selector(".words", timeout=30_000)
    return page.inner_text(".words").strip()


def confirm_words(page: Page, base: str, words: str, password: str) -> None:
    """Find the host that waits, see that its words are these, and trust it."""
    page.goto(f"{base}/hosts")
    page.click("a[href*='/pairing/confirm/']")
    give_password(page, password)
    assert page.inner_text(".words").strip() == words
    page.click("main form button.primary")
    page.wait_for_url(f"{base}/hosts/*", timeout=30_000)


def make_farm(page: Page, base: str, title: str) -> None:
    """Make a farm of this host and every paired one; stand on its page."""
    page.goto(f"{base}/groups/new")
    page.fill("#title", title)
    for box in page.locator("input[name=host]").all():
        box.check()
    page.click(".action-bar button.primary")
    page.wait_for_url(f"{base}/groups/*", timeout=30_000)
    page.wait_for_selector("h1")


def add_dataset(page: Page, base: str, group: str, *presets: str) -> None:
    """Add a dataset of presets to a farm, with the options that are on by themselves; stand on its page."""
    page.goto(f"{base}/groups/{group}/datasets/add")
    for name in presets:
        page.check(f"input[name=preset][value={name}]")
    page.click(".action-bar button.primary")
    page.wait_for_selector(".facts", timeout=30_000)


def add_job(page: Page, base: str, group: str, title: str, dataset: str) -> None:
    """Add a job from the primary to everybody else; stand on its page."""
    page.goto(f"{base}/groups/{group}/jobs/new?dataset={dataset}")
    page.fill("#title", title)
    page.click(".action-bar button.primary")
    page.wait_for_url(f"{base}/groups/{group}/jobs/*", timeout=30_000)
    page.wait_for_selector(".hero")


def press(page: Page, base: str, group: str, job: str, mode: str) -> str:
    """Press Preview ("plan") or Sync now ("apply") of a job with one target; return the id of the run."""
    page.goto(f"{base}/groups/{group}/jobs/{job}")
    page.click(f"form[action$='/jobs/{job}/run'] button[value={mode}]")
    page.wait_for_url(f"{base}/runs/*")
    return run_id(page)


def run_id(page: Page) -> str:
    """Return the id of the run whose page this is."""
    return page.url.rpartition("/runs/")[2].partition("?")[0]


def wait_for_state(page: Page, state: str, seconds: float = 60) -> None:
    """Watch the run page until it shows a state, without loading it again."""
    expect(page.locator("#live")).to_have_attribute("data-state", state, timeout=seconds * 1000)


def apply_what_is_shown(page: Page, base: str) -> str:
    """Apply exactly the plan of the preview on this page; return the id of the new run."""
    shown = run_id(page)
    page.click("form[action$='/apply'] button")
    page.wait_for_url(lambda url: "/runs/" in url and shown not in url)
    return run_id(page)


def roll_back(page: Page, base: str, run: str, password: str) -> str:
    """Return to the state before a run, at once; return the id of the rollback."""
    page.goto(f"{base}/runs/{run}/rollback/before")
    give_password(page, password)
    page.click("button[name=do][value=apply]")
    page.wait_for_url(lambda url: url.startswith(f"{base}/runs/") and "/rollback/" not in url)
    return run_id(page)
