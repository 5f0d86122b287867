"""Opens every page of the web admin again and again: time on the processor, statements, bytes; the first page whole."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median, quantiles
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from benchmarks.pages.filling import NAME, PASSWORD
from pbxsync_worker.core.store import Store

_LINKS = re.compile(r"""(?:src|href)="([^"]+\.(?:css|js|svg|woff2)[^"]*)\"|url\(["']?([^)"']+)["']?\)""")
_FOREIGN = re.compile(r"""(?:src|href|action)="((?:https?:)?//[^"]+)\"""")


@dataclass(frozen=True, slots=True)
class Figures:
    """One page; ms: of processor time, in the server; bytes: of its HTML; statements: of SQL."""

    path: str
    status: int
    ms_p50: float
    ms_p95: float
    wall_p95: float
    statements: int
    bytes: int


def log_in(app: Flask) -> FlaskClient:
    """Return a browser in which an administrator is logged in."""
    client = app.test_client()
    page = client.get("/login").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    answer = client.post("/login", data={"name": NAME, "password": PASSWORD, "csrf_token": token[1]})
    assert answer.status_code == 303, answer.text
    return client


def paths(store: Store) -> tuple[str, ...]:
    """Return one address of each page that shows something of the store."""
    catalogue = store.catalogues.all()[0]
    group, job, host = catalogue.group, catalogue.jobs[0].name, catalogue.hosts[1].id
    held = store.runs.find(state="HELD", limit=1)[0].id
    run = store.runs.find(limit=1)[0]
    old = store.runs.find(state="COMMITTED", job=job, limit=1)[0]
    return (
        "/", "/glance", f"/fleet/{host}", "/hosts", f"/hosts/{host}", f"/hosts/{host}/policy", "/asterisk",
        "/groups", f"/groups/{group}", f"/groups/{group}/edit", "/groups/new", f"/groups/{group}/promote/{host}",
        "/datasets", f"/groups/{group}/datasets/etc", f"/groups/{group}/datasets/etc/edit",
        f"/groups/{group}/datasets/add", "/coverage", "/arrival",
        "/jobs", f"/groups/{group}/jobs/{job}", f"/groups/{group}/jobs/{job}/edit", f"/groups/{group}/rules", "/drift",
        "/runs", f"/runs?before={old.requested_at}", f"/runs?job={job}", "/runs?state=HELD", f"/runs/{run.id}",
        f"/runs/{run.id}/live", f"/runs/{held}", f"/rollouts/{run.rollout}", "/states", f"/states?job={job}",
        "/alerts", "/alerts/recipients/new", "/doctor", "/people", "/tokens", "/audit", "/account", "/settings",
        "/api/v1/status", "/api/v1/fleet", "/api/v1/schedule", "/api/v1/groups", "/api/v1/runs",
    )  # fmt: skip


class Pages:
    """The web admin of one store, whose statements are counted."""

    def __init__(self, app: Flask, store: Store) -> None:
        self._client = log_in(app)
        self._statements = 0
        event.listen(store.database.engine, "before_cursor_execute", self._count)

    def _count(self, *_: object) -> None:
        self._statements += 1

    def open(self, path: str, times: int) -> Figures:
        """Open a page some times after once for nothing."""
        self._client.get(path)
        worked, passed = [], []
        for _ in range(times):
            self._statements = 0
            began, clock = time.process_time(), time.perf_counter()
            self._client.get(path)
            passed.append((time.perf_counter() - clock) * 1000)
            worked.append((time.process_time() - began) * 1000)
        statements, answer = self._statements, self._client.get(path)
        last = quantiles(worked, n=20, method="inclusive")[-1]
        wall = quantiles(passed, n=20, method="inclusive")[-1]
        return Figures(path, answer.status_code, median(worked), last, wall, statements, len(answer.data))

    def first_page(self) -> dict[str, int]:
        """Return the bytes of everything that a browser may fetch for the login page and the start page, by address."""
        found: dict[str, int] = {}
        for start in ("/login", "/"):
            todo = [start]
            while todo:
                path = todo.pop()
                if path in found:
                    continue
                if path == start or ".css" in path:
                    todo += _needed(path, self._client.get(path).text)
                found[path] = len(self._client.get(path, headers={"Accept-Encoding": "gzip"}).data)
        return found

    def foreign(self, path: str) -> list[str]:
        """Return the addresses on other hosts that a page names."""
        return _FOREIGN.findall(self._client.get(path).text)


def _needed(path: str, text: str) -> Iterator[str]:
    for linked, used in _LINKS.findall(text):
        address = urlsplit(urljoin(path, linked or used))
        if address.scheme != "data":
            yield address.path + (f"?{address.query}" if address.query else "")
