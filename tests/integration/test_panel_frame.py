"""The web admin inside the PBX's panel, in a real browser, through real Apache and PHP."""

import http.server
import re
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.store import open_store
from pbxsync_worker.core.store.people import Role
from tests.integration.browser import DESK, TELEPHONE, Watched, shoot
from tests.integration.panel_site import ADDRESS, Panel, panel

pytestmark = pytest.mark.integration
PASSWORD = "a long enough password"


@pytest.fixture
def site() -> Iterator[Panel]:
    with panel() as made:
        yield made


@pytest.fixture
def peopled(site: Panel) -> Panel:
    store = open_store(f"sqlite:///{site.home / 'store.sqlite'}", SystemClock())
    store.people.add("carla", PASSWORD, Role.ADMIN, first=True)
    store.database.close()
    return site


def ticket_of(site: Panel) -> str:
    with urllib.request.urlopen(site.page) as answer:
        found = re.search(r'name="ticket" value="([^"]+)"', answer.read().decode())
    assert found is not None
    return found[1]


def post(site: Panel, ticket: str, **headers: str) -> int:
    data = urllib.parse.urlencode({"ticket": ticket}).encode()
    request = urllib.request.Request(f"{site.base}/pbxsync/panel", data, {"Origin": site.base, **headers})
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_panels_administrator_makes_the_first_one_and_is_in(site, chromium, shots):
    with Watched(chromium, DESK) as page:
        page.goto(site.page)
        frame = page.frame_locator("#pbxsync-frame")
        expect(frame.locator("h1")).to_have_text("Welcome to PBXSync")
        expect(frame.locator("#token")).to_have_count(0)
        frame.locator("#name").fill("carla")
        frame.locator("#password").fill(PASSWORD)
        frame.locator("#again").fill(PASSWORD)
        frame.locator("main button.primary").click()
        expect(frame.locator("text=Welcome. You are the administrator")).to_be_visible()
        shoot(page, shots, "panel-01-first")


def test_a_user_of_the_panel_is_in_without_a_password(peopled, chromium, shots):
    with Watched(chromium, TELEPHONE) as page:
        page.goto(f"{peopled.page}&sections=pbxsync")
        expect(page.frame_locator("#pbxsync-frame").locator("h1").first).to_be_visible()
        expect(page.frame_locator("#pbxsync-frame").locator("footer")).to_be_visible()
        shoot(page, shots, "panel-02-phone")
        page.goto(f"{peopled.base}/pbxsync/account")
        expect(page.locator("main")).to_contain_text("anna@pbx")


def test_what_is_grave_asks_for_an_administrator_of_ours(peopled, chromium):
    with Watched(chromium, DESK) as page:
        page.goto(peopled.page)
        expect(page.frame_locator("#pbxsync-frame").locator("footer")).to_be_visible()
        page.goto(f"{peopled.base}/pbxsync/people/new")
        expect(page.locator("h1")).to_have_text("An administrator's password")
        page.fill("#name", "carla")
        page.fill("#password", PASSWORD)
        page.click("main button.primary")
        expect(page.locator("h1")).to_have_text("Add a person")


def test_it_refuses_a_ticket_a_second_time(peopled):
    ticket = ticket_of(peopled)
    assert (post(peopled, ticket), post(peopled, ticket)) == (200, 403)


def test_it_refuses_a_ticket_that_was_tampered_with(peopled):
    payload, _, signature = ticket_of(peopled).partition(".")
    assert post(peopled, f"{payload}x.{signature}") == 403


def test_it_refuses_a_ticket_that_another_site_posts(peopled):
    assert post(peopled, ticket_of(peopled), Origin="http://evil.example") == 403


def test_a_browser_cannot_say_that_it_is_somebody_else(peopled):
    forged = {"X-Forwarded-Host": "evil.example", "Origin": "http://evil.example", "X-Forwarded-For": "10.0.0.1"}
    assert post(peopled, ticket_of(peopled), **forged) == 403


def test_it_refuses_to_be_framed_by_a_stranger(peopled, chromium):
    with strangers_page(peopled) as address:
        page = chromium.new_page()
        page.goto(address)
        page.wait_for_timeout(1000)
        shown = [frame for frame in page.frames if frame.url.startswith(peopled.base)]
        assert [frame for frame in shown if frame.locator("footer").count()] == []
        page.close()


def test_the_page_says_what_to_do_where_the_web_admin_does_not_run(peopled, chromium, shots):
    peopled.socket.unlink()
    with Watched(chromium, DESK) as page:
        page.goto(peopled.page)
        expect(page.locator("pre")).to_contain_text("systemctl start pbxsync")
        shoot(page, shots, "panel-03-absent")


@contextmanager
def strangers_page(site: Panel) -> Iterator[str]:
    """Serve a page of another origin with our web admin in a frame."""

    class Stranger(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<iframe src="{site.base}/pbxsync/login"></iframe>'.encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer((ADDRESS, 0), Stranger) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{ADDRESS}:{server.server_port}/"
        server.shutdown()
        thread.join()
