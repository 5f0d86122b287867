"""Generated requests to every endpoint: no server error, and every answer is what the document says.

Schemathesis makes them from the document that the API serves: what it allows, and what it does not. Half of them name
what is there. Wishes are stored and not granted.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pbxsync_web.api.endpoint import ENDPOINTS, Endpoint
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.store.people import Role
from tests.web import seed
from tests.web.api.conftest import BASE, program_of
from tests.web.conftest import World

Request = Case[Any]
REQUESTS = 5000
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
_PAIRS = "/hosts/{identity}/history"
"""Schemathesis 4.32 takes `prefixItems` in an answer for a mistake of the document."""
_NAMES = {"group": "coast", "name": "music", "dataset": "music-on-hold", "rule": "calm", "number": "1"}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_generated_request_is_a_server_error_or_answered_otherwise_than_documented(world: World) -> None:
    headers = program_of(world, Role.ADMIN).headers
    run, wish = seed.add_run(world.store, State.PREVIEWED), seed.add_run(world.store, State.COMMITTED)
    known = {"runs": run.id, "rollouts": wish.rollout, "hosts": seed.OTHER.id}
    schema = schemathesis.openapi.from_wsgi(f"{BASE}/openapi.json", world.app)
    each, sent = -(-REQUESTS // len(ENDPOINTS)), 0

    def send(case: Request) -> None:
        nonlocal sent
        pairs = case.operation.path == _PAIRS
        case.call_and_validate(headers=headers, checks=CHECKS[:-1] if pairs else CHECKS)
        sent += 1

    for one in ENDPOINTS:
        operation = schema[re.sub(r"<(\w+)>", r"{\1}", one.path)][one.method]
        _fuzz(_requests(one, operation, known), send, each)
    assert sent >= REQUESTS


def _requests(
    one: Endpoint, operation: APIOperation[Any, Any, Any, Any], known: dict[str, str]
) -> st.SearchStrategy[Request]:
    """Return requests that the document allows, and, where something can be wrong in them, others."""
    identity = known.get(one.path.split("/")[1], "none")
    there = {name: _NAMES.get(name, identity) for name in re.findall(r"<(\w+)>", one.path)}
    modes = [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if one.body or one.query else [])]
    made = [operation.as_strategy(mode, path_parameters=there or None) for mode in modes]
    return st.one_of(*made, *([operation.as_strategy()] if there else []))


def _fuzz(requests: st.SearchStrategy[Request], send: Callable[[Request], None], count: int) -> None:
    """Send at least so many."""
    left = count

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    @given(requests)
    def one_more(case: Request) -> None:
        nonlocal left
        left -= 1
        send(case)

    while left > 0:  # where there is little to choose, a turn ends early
        one_more()
