"""The OpenAPI document says what the API does, no more and no less."""

import re

from pbxsync_web.api.endpoint import ENDPOINTS
from tests.architecture.product import ROOT
from tests.web.api.conftest import BASE
from tests.web.conftest import World

_CALLED = {"identity": "ID", "group": "GROUP", "name": "JOB"}


def test_everybody_may_read_it(world: World) -> None:
    told = world.browser().get(f"{BASE}/openapi.json").get_json()
    assert told["openapi"] == "3.1.0"
    assert told["servers"] == [{"url": BASE}]


def test_it_names_every_route_of_the_api_and_nothing_else(world: World) -> None:
    served = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule.removeprefix(BASE)), method.lower())
        for rule in world.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    told = world.browser().get(f"{BASE}/openapi.json").get_json()["paths"]
    assert {(path, method) for path, methods in told.items() for method in methods} == served


def test_every_operation_has_a_name_of_its_own_and_a_summary() -> None:
    names = [one.name for one in ENDPOINTS]
    assert len(names) == len(set(names))
    assert all(one.summary for one in ENDPOINTS)


def test_whatever_needs_a_role_says_so(world: World) -> None:
    told = world.browser().get(f"{BASE}/openapi.json").get_json()["paths"]
    for one in ENDPOINTS:
        operation = told[re.sub(r"<(\w+)>", r"{\1}", one.path)][one.method.lower()]
        assert bool(operation["security"]) == (one.role is not None)


def test_an_unknown_part_of_the_api_is_answered_in_json(reader) -> None:
    answer = reader.get("/nothing")
    assert (answer.status_code, answer.get_json()["error"]) == (404, "http-404")


def test_a_wrong_method_is_answered_in_json(reader) -> None:
    answer = reader.send("DELETE", "/status")
    assert (answer.status_code, answer.get_json()["error"]) == (405, "http-405")


def test_docs_name_every_endpoint() -> None:
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    short = [re.sub(r"<(identity|group|name)>", lambda part: _CALLED[part[1]], one.path) for one in ENDPOINTS]
    assert [path for path in short if path not in page] == []
