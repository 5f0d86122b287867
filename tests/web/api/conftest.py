"""Programs that use the API, one of each role."""

from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pbxsync_worker.core.store.people import Role
from tests.web.conftest import World

BASE = "/api/v1"


@dataclass
class Program:
    """Sends requests with one token and no cookie."""

    client: FlaskClient
    headers: dict[str, str]

    def get(self, path: str) -> TestResponse:
        return self.client.get(BASE + path, headers=self.headers)

    def send(self, method: str, path: str, body: Any = None) -> TestResponse:
        return self.client.open(BASE + path, method=method, headers=self.headers, json=body)

    def post(self, path: str, body: Any = None) -> TestResponse:
        return self.send("POST", path, body)


def program_of(world: World, role: Role) -> Program:
    text = world.store.tokens.add(f"the {role}", role, 30, "alice")
    return Program(world.app.test_client(use_cookies=False), {"Authorization": f"Bearer {text}"})


@pytest.fixture
def reader(world: World) -> Program:
    return program_of(world, Role.VIEWER)


@pytest.fixture
def runner(world: World) -> Program:
    return program_of(world, Role.OPERATOR)


@pytest.fixture
def boss(world: World) -> Program:
    return program_of(world, Role.ADMIN)
