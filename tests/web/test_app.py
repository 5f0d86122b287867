"""What holds for every page: headers, no inline script or style, clear error pages, the proxy's prefix."""

import gzip
import logging
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pbxsync_web.app import create_app
from pbxsync_worker.core.model.errors import SourceChanged
from tests.web import seed
from tests.web.conftest import Browser, World

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))


def test_every_answer_carries_the_strict_policy(world: World) -> None:
    for path in ("/login", "/nowhere", "/static/css/base.css", "/api/v1/health"):
        with world.browser().get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'; style-src 'self';" in policy
        assert "unsafe" not in policy


def test_pages_are_not_stored_and_not_sniffed(admin: Browser) -> None:
    headers = admin.get("/").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_static_files_are_kept_and_their_links_change_with_them(world: World) -> None:
    page = world.browser().get("/login").text
    link = re.search(r'href="(/static/css/base\.css\?v=[0-9a-f]{12})"', page)
    assert link
    with world.browser().get(link[1]) as file:
        assert "max-age=31536000" in file.headers["Cache-Control"]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_has_inline_script_or_style(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style|\sstyle\s*=|\son\w+\s*=\s*[\"']|javascript:|hx-on|hx-vals=.js:", text, re.IGNORECASE)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_our_own_constants_go_unescaped(path: Path) -> None:
    unescaped = re.findall(r"\{\{[^}]*\|\s*safe[^}]*\}\}", path.read_text(encoding="utf-8"))
    assert unescaped == ([] if path.name != "macros.html" else ["{{ extra | safe }}"])
    assert not re.search(r"extra=(?!')|autoescape", path.read_text(encoding="utf-8").replace('extra=""', ""))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_evaluates_text(path: Path) -> None:
    assert not re.search(r"\beval\b|new Function|innerHTML|document\.write", path.read_text(encoding="utf-8"))


def test_an_unknown_page_says_so_with_its_code(admin: Browser) -> None:
    answer = admin.get("/nowhere")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert "http-404" in answer.text


def test_one_of_our_errors_shows_sentence_remedy_and_code(admin: Browser) -> None:
    answer = admin.get("/runs/feedbeef")
    assert answer.status_code == 404
    for text in ("There is no run feedbeef", "Check the name.", "not-found"):
        assert text in answer.text


def test_an_error_that_may_pass_answers_503(world: World) -> None:
    @world.app.get("/busy")
    def busy() -> str:
        raise SourceChanged(name="pjsip.conf")

    answer = world.browser(seed.CAROL).get("/busy")
    assert answer.status_code == 503
    assert "source-changed" in answer.text


def test_an_unexpected_error_gives_a_number_and_no_details(world: World, caplog: pytest.LogCaptureFixture) -> None:
    @world.app.get("/broken")
    def broken() -> str:
        raise RuntimeError("the secret is 4711")

    with caplog.at_level(logging.ERROR):
        answer = world.browser(seed.CAROL).get("/broken")
    assert answer.status_code == 500
    assert "4711" not in answer.text
    number = re.search(r"number ([0-9a-f]{8})", answer.text)
    assert number
    assert number[1] in [getattr(record, "incident", "") for record in caplog.records]


def test_text_from_other_hosts_is_escaped(world: World, viewer: Browser) -> None:
    evil = replace(seed.OTHER, name="<img src=x onerror=alert(1)>")
    peer = world.store.hosts.peer(seed.OTHER.id)
    world.store.hosts.save(replace(peer, host=evil, trouble="<script>alert(2)</script>"))
    page = viewer.get("/hosts").text
    assert "<img src=x" not in page
    assert "<script>alert" not in page


def test_a_form_larger_than_a_megabyte_is_refused(admin: Browser) -> None:
    answer = admin.post("/account/language", language="x" * 2**21)
    assert answer.status_code == 413


def test_behind_a_proxy_every_link_has_its_prefix(world: World) -> None:
    settings = replace(world.parts.settings, url_prefix="/pbxsync")
    app = create_app(replace(world.parts, settings=settings))
    headers = {"X-Forwarded-Prefix": "/pbxsync", "X-Forwarded-For": "192.0.2.7"}
    page = app.test_client().get("/login", headers=headers)
    assert 'action="/pbxsync/login"' in page.text
    assert "Path=/pbxsync" in page.headers["Set-Cookie"]


def test_without_a_proxy_nobody_can_claim_another_address(world: World) -> None:
    for number in range(5):
        browser = world.browser()
        form = {"name": f"x{number}", "password": "x", "csrf_token": browser.token()}
        browser.client.post("/login", data=form, headers={"X-Forwarded-For": f"192.0.2.{number}"})
    assert world.browser().log_in(seed.ALICE).status_code == 429


def test_a_secure_site_sends_its_cookie_only_over_https(world: World) -> None:
    app = create_app(replace(world.parts, settings=replace(world.parts.settings, secure_cookies=True)))
    assert "Secure" in app.test_client().get("/login").headers["Set-Cookie"]


@pytest.mark.parametrize("name", ["css/base.css", "vendor/htmx.min.js", "img/icons.svg"])
def test_files_of_text_travel_compressed_where_the_browser_takes_that(world: World, name: str) -> None:
    plain = world.app.test_client().get(f"/static/{name}")
    short = world.app.test_client().get(f"/static/{name}", headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert short.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(short.data) == plain.data
    plain.close()
    assert "Accept-Encoding" in plain.vary


def test_a_page_is_never_compressed_beside_its_token(viewer: Browser) -> None:
    assert viewer.get("/", headers={"Accept-Encoding": "gzip"}).content_encoding is None
