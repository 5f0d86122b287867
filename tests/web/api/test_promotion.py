"""Promoting a host through the API: the preview, and the wish."""

from pbxsync_worker.core.model.wish import Promote
from tests.web import seed

PATH = "/groups/coast/promotion"


def test_the_preview_tells_jobs_as_they_will_be(boss):
    told = boss.get(f"{PATH}/{seed.OTHER.id}").get_json()
    assert (told["old"], told["new"], told["version"], told["lacks"]) == (seed.ME.id, seed.OTHER.id, 3, [])
    assert all(job["paused"] and job["source"] == seed.OTHER.id for job in told["turned"])
    assert told["turned"]


def test_an_administrator_promotes(world, boss):
    answer = boss.post(PATH, {"host": seed.OTHER.id, "version": 3})
    assert world.store.wishes.get(answer.get_json()["id"]).wish == Promote("coast", seed.OTHER.id, 3)


def test_nobody_else_does(runner, reader):
    assert runner.post(PATH, {"host": seed.OTHER.id, "version": 3}).status_code == 403
    assert reader.get(f"{PATH}/{seed.OTHER.id}").status_code == 403


def test_it_refuses_the_primary_itself_and_a_stranger(boss):
    assert boss.post(PATH, {"host": seed.ME.id, "version": 3}).status_code == 400
    assert boss.get(f"{PATH}/{'d' * 64}").status_code == 404
