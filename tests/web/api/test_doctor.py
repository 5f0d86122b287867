"""Doctor through the API."""

from pbxsync_worker.core.model.wish import LookAtEverything, ReadAnew
from tests.web.test_doctor import FOUND, found


def test_it_tells_what_was_found_when_somebody_last_looked(world, reader):
    assert reader.get("/doctor").get_json() == {"good": True, "at": 0.0, "checks": []}
    found(world, *FOUND)
    told = reader.get("/doctor").get_json()
    assert (told["good"], [one["name"] for one in told["checks"]]) == (False, ["room", "log"])


def test_a_look_is_asked_for(world, runner):
    asked = runner.post("/doctor").get_json()
    assert world.store.wishes.get(asked["id"]).wish == LookAtEverything()


def test_every_file_is_read_anew_on_demand(world, reader, runner):
    assert reader.post("/verify").status_code == 403
    asked = runner.post("/verify").get_json()
    assert world.store.wishes.get(asked["id"]).wish == ReadAnew()
