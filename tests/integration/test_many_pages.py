"""A hundred open pages of a run on one web admin: some are told, the others ask, and nobody waits."""

import re
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest

from pbxsync_web.events import MOST_STREAMS
from pbxsync_worker.core.model.run import Run, State
from tests.integration.browser_site import Site, serving
from tests.web import seed

pytestmark = pytest.mark.integration
OPEN = 100
SHORT = 20.0  # a page that has not come by then does not come


class Viewer:
    """Somebody with a session; each of the pages that are open has a connection of its own."""

    def __init__(self, site: Site) -> None:
        self._address = site.base.removeprefix("http://")
        self._cookies: SimpleCookie = SimpleCookie()
        self._lines: list[HTTPConnection] = []
        page = self.get("/login").read().decode()
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        form = {"name": seed.CAROL, "password": seed.PASSWORD, "csrf_token": token[1]}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        assert self._ask("POST", "/login", urlencode(form), kind).status == 303

    def get(self, path: str) -> HTTPResponse:
        return self._ask("GET", path)

    def leave(self) -> None:
        for line in self._lines:
            line.close()

    def _ask(self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None) -> HTTPResponse:
        line = HTTPConnection(self._address, timeout=SHORT)
        cookies = "; ".join(f"{one.key}={one.value}" for one in self._cookies.values())
        line.request(method, path, body or None, {"Cookie": cookies, **(headers or {})})
        answer = line.getresponse()
        self._lines.append(line)  # a browser keeps its connections too
        for value in answer.headers.get_all("Set-Cookie", []):
            self._cookies.load(value)
        return answer


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home: Path = tmp_path_factory.mktemp("pages")
    (home / "pbxsync.toml").write_text('name = "north"\n')
    with serving(home) as served:
        seed.seed(served.store, 1_800_000_000.0)
        yield served


@pytest.fixture
def run(site: Site) -> Run:
    return seed.add_run(site.store, State.SCANNING)


@pytest.fixture
def viewer(site: Site) -> Iterator[Viewer]:
    one = Viewer(site)
    yield one
    one.leave()


@pytest.fixture
def pages(viewer: Viewer, run: Run) -> Iterator[list[HTTPResponse]]:
    found = [viewer.get(f"/runs/{run.id}/events") for _number in range(OPEN)]
    yield found
    for one in found:
        one.close()


def test_a_hundred_open_pages_leave_the_admin_to_those_who_read(
    site: Site, run: Run, viewer: Viewer, pages: list[HTTPResponse]
) -> None:
    told = [one for one in pages if one.status == 200]
    assert [one.status for one in pages].count(204) == OPEN - MOST_STREAMS  # these ask every few seconds instead
    assert len(told) == MOST_STREAMS
    for path in ("/", "/glance", "/runs", f"/runs/{run.id}", f"/runs/{run.id}/live", "/drift", "/hosts"):
        assert [viewer.get(path).status for _number in range(3)] == [200] * 3, path
    seed.walk(site.store, run, (State.PLANNED,))
    assert all(_heard(one) == b"data: PLANNED\n" for one in told)


def _heard(stream: HTTPResponse) -> bytes:
    """Return the first line from here on that says PLANNED; b"" where the stream ended before."""
    for line in stream:
        if b"PLANNED" in line:
            return line
    return b""
