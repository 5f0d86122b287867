"""The JSON side: health for everybody, runs for people."""

from pbxsync_worker.core.model.run import State
from tests.web import seed
from tests.web.conftest import Browser, World


def test_health_tells_strangers_nothing_else(world: World) -> None:
    assert world.browser().get("/api/v1/health").get_json() == {"ok": True}


def test_a_run_is_told_with_moves_and_numbers(world: World, viewer: Browser) -> None:
    run = seed.add_run(world.store, State.COMMITTED)
    told = viewer.get(f"/api/v1/runs/{run.id}").get_json()
    assert (told["state"], told["ended"], len(told["moves"])) == ("COMMITTED", True, 7)
    assert told["numbers"]["wire_bytes"] == 2044
    assert told["sent"]["ways"][1] == {"way": "patch", "codec": "", "items": 1, "size": 120_000, "sent": 210}
    assert told["sentence"] == "5 changes applied, verified and committed in 3.4 s"


def test_a_run_is_told_with_its_plan_in_words(world: World, viewer: Browser) -> None:
    run = seed.add_run(world.store, State.REQUESTED)
    seed.walk(world.store, run, (State.SCANNING, State.PLANNED), seed.mixed_plan())
    plan = viewer.get(f"/api/v1/runs/{run.id}?lang=es").get_json()["plan"]
    assert plan["told"][0] == "+1 extensión (2301 Marta Ruiz)"
    assert plan["changes"] == len(seed.mixed_plan().changes)
    assert viewer.get(f"/api/v1/runs/{seed.add_run(world.store, State.FAILED).id}").get_json()["plan"] is None


def test_a_stranger_gets_json_and_no_login_page(world: World) -> None:
    answer = world.browser().get("/api/v1/runs/x")
    assert answer.status_code == 401
    assert answer.get_json()["error"] == "http-401"


def test_an_unknown_run_is_told_with_its_code(viewer: Browser) -> None:
    answer = viewer.get("/api/v1/runs/ffff")
    assert answer.status_code == 404
    assert answer.get_json()["error"] == "not-found"
    assert answer.get_json()["remedy"] == "Check the name."
