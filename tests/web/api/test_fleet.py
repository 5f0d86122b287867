"""Facts and the fleet through the API."""

from pbxsync_worker.core.model.report import LineState, Told
from pbxsync_worker.core.model.sentence import say
from tests.web import seed
from tests.web.api.conftest import Program
from tests.web.conftest import World


def test_it_tells_how_every_host_is_reached_and_what_would_be_lost(world: World, runner: Program) -> None:
    world.store.lines.save(seed.OTHER.id, LineState("slow", rtt_ms=900.0))
    told = {one["name"]: one for one in runner.get("/fleet").get_json()}
    assert told["pbx-north"]["state"] == "this"
    assert (told["pbx-south"]["state"], told["pbx-south"]["rtt_ms"]) == ("slow", 900.0)
    assert told["pbx-north"]["lost_items"] is None
    assert told["pbx-north"]["lost"].startswith("not known")


def test_what_is_not_known_is_null_and_says_why(world: World, runner: Program) -> None:
    told = [Told("asterisk.calls", None, 0, say("it does not tell")), Told("redis.up", True, 0, "services")]
    world.store.facts.record(seed.ME.id, told)
    calls, up = runner.get(f"/hosts/{seed.ME.id}/facts").get_json()
    assert (calls["value"], calls["source"]) == (None, "it does not tell")
    assert up["value"] is True


def test_it_tells_how_it_was(world: World, runner: Program) -> None:
    world.store.facts.record(seed.OTHER.id, [Told("asterisk.calls", 3, 0, "ami")])
    history = runner.get(f"/hosts/{seed.OTHER.id}/history").get_json()
    assert [value for _, value in history["asterisk.calls"]] == [3]


def test_an_unknown_host_is_not_found(world: World, runner: Program) -> None:
    assert runner.get("/hosts/ffff/facts").status_code == 404
