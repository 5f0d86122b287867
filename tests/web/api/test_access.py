"""Every endpoint of the API x (stranger, viewer, operator, administrator): closed unless opened."""

import re

import pytest

from pbxsync_web.api.endpoint import ENDPOINTS, Endpoint
from pbxsync_worker.core.store.people import Role
from tests.web.api.conftest import BASE, program_of
from tests.web.conftest import Browser, World

RANK = {Role.VIEWER: 0, Role.OPERATOR: 1, Role.ADMIN: 2}
CLOSED = [one for one in ENDPOINTS if one.role is not None]


def path_of(one: Endpoint) -> str:
    return re.sub(r"<(?:int:)?\w+>", "1", one.path)


@pytest.mark.parametrize("one", CLOSED, ids=lambda one: one.name)
def test_a_stranger_is_told_to_say_who_they_are(world: World, one: Endpoint) -> None:
    answer = world.app.test_client(use_cookies=False).open(BASE + path_of(one), method=one.method, json={})
    assert answer.status_code == 401


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("one", CLOSED, ids=lambda one: one.name)
def test_a_program_is_refused_whatever_is_above_its_role(world: World, one: Endpoint, role: Role) -> None:
    answer = program_of(world, role).send(one.method, path_of(one), {})
    by_role = answer.status_code == 403 and "needs the role" in answer.get_json()["sentence"]
    assert one.role is not None
    assert by_role is (RANK[role] < RANK[one.role])


@pytest.mark.parametrize("one", [one for one in CLOSED if one.method != "GET"], ids=lambda one: one.name)
def test_a_session_alone_changes_nothing(admin: Browser, one: Endpoint) -> None:
    answer = admin.client.open(BASE + path_of(one), method=one.method, json={})
    assert answer.status_code == 403
