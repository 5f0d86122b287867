"""Who may use the API, and how they say who they are."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.store.people import Role
from tests.web import seed
from tests.web.api.conftest import BASE, Program, program_of
from tests.web.conftest import Browser, World
from tests.web.test_ticket import KEY, ticket_of

RUN = "/groups/coast/jobs/config/runs"
ROOT = b"r" * 32


@pytest.fixture
def panelled(world: World, tmp_path) -> World:
    (tmp_path / "panel.key").write_bytes(KEY)
    parts = replace(world.parts, settings=replace(world.parts.settings, panel_key=tmp_path / "panel.key"))
    world.app.extensions["pbxsync"] = parts
    return world


def panel(world: World, key: bytes = KEY, **other) -> Program:
    now = world.clock.now()
    text = ticket_of(key, **{"aud": "api", "iat": now, "exp": now + 20, "lang": "en", **other})
    return Program(world.app.test_client(use_cookies=False), {"Authorization": f"Ticket {text}"})


def test_a_token_opens_the_api_without_a_cookie(world, reader):
    answer = reader.get("/status")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_it_refuses_a_token_that_is_worth_nothing(world):
    answer = Program(world.app.test_client(), {"Authorization": "Bearer pbxsync_0_0"}).get("/status")
    assert answer.status_code == 401
    assert answer.get_json()["error"] == "token-refused"


def test_it_refuses_a_token_on_the_pages(world, boss):
    answer = world.app.test_client(use_cookies=False).get("/people", headers=boss.headers)
    assert answer.status_code == 303


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.OPERATOR, 202), (Role.ADMIN, 202)])
def test_only_operators_start_runs(world, role, status):
    assert program_of(world, role).post(RUN, {"mode": "plan"}).status_code == status


def test_a_session_of_the_web_admin_may_read(viewer: Browser):
    assert viewer.get(f"{BASE}/status").status_code == 200


def test_it_refuses_changes_by_a_session_alone_since_another_site_could_send_them(admin: Browser):
    answer = admin.client.post(BASE + RUN, json={"mode": "apply"})
    assert answer.status_code == 403
    assert "need a token" in answer.get_json()["sentence"]


def test_what_a_token_did_is_written_down_under_its_name(world, runner):
    runner.post(RUN, {"mode": "plan"})
    assert world.store.audit.entries()[0].who == "token the operator"


def test_a_ticket_of_the_panel_opens_the_api_once(panelled):
    program = panel(panelled)
    assert program.get("/status").status_code == 200
    assert program.get("/status").status_code == 403


def test_it_refuses_a_ticket_that_was_made_for_the_frame(panelled):
    assert panel(panelled, aud="panel").get("/status").status_code == 403


def test_a_ticket_starts_runs_within_its_role(panelled):
    assert panel(panelled, sections=["pbxsync"]).post(RUN, {"mode": "plan"}).status_code == 403
    assert panel(panelled, sections=["pbxsync_operate"], jti="b" * 16).post(RUN, {"mode": "plan"}).status_code == 202


def test_a_ticket_of_the_panel_cannot_do_what_is_grave(panelled):
    run = seed.add_run(panelled.store, State.COMMITTED)
    answer = panel(panelled).post(f"/runs/{run.id}/rollback", {"mode": "apply"})
    assert answer.status_code == 403
    assert "cannot vouch" in answer.get_json()["sentence"]


def test_a_ticket_that_only_root_can_make_can(panelled, tmp_path):
    (tmp_path / "root.key").write_bytes(ROOT)
    run = seed.add_run(panelled.store, State.COMMITTED)
    assert panel(panelled, ROOT).post(f"/runs/{run.id}/rollback", {"mode": "apply"}).status_code == 202
    assert panel(panelled, jti="b" * 16).post(f"/runs/{run.id}/rollback", {"mode": "apply"}).status_code == 403
