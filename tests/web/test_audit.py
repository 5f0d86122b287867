"""The audit log, and the proof of its chain."""

import json

from sqlalchemy import update

from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store.tables import audit
from tests.web.conftest import Browser, World


def test_it_shows_who_did_what_and_that_the_chain_is_whole(admin: Browser) -> None:
    page = admin.get("/audit").text
    assert "log in" in page
    assert "The chain is whole" in page


def test_it_says_where_the_chain_is_broken(world: World, admin: Browser) -> None:
    for number in range(3):
        world.store.audit.add("alice", f"deed {number}")
    with world.store.database.write() as connection:
        connection.execute(update(audit).where(audit.c.number == 2).values(who="nobody"))
    assert "broken at line 2" in admin.get("/audit").text


def test_it_goes_on_to_older_lines(world: World, admin: Browser) -> None:
    for number in range(60):
        world.store.audit.add("alice", f"deed {number}")
    page = admin.get("/audit").text
    assert "deed 59" in page
    assert "deed 3<" not in page
    assert "deed 3<" in admin.get("/audit?before=12").text


def test_it_is_read_in_the_language_of_the_reader_and_names_stay_as_they_are(world: World, admin: Browser) -> None:
    world.store.audit.add("alice", "add person", say("{name}, {role}, {days} days", name="Runs", role="x", days=9))
    world.store.audit.add("alice", "add person", "Runs")
    page = admin.get("/audit", headers={"Accept-Language": "es"}).text
    assert "añadir persona" in page
    assert "Runs, x, 9 días" in page
    assert ">Runs</td>" in page


def test_the_api_tells_what_is_stored_and_the_same_in_words(world: World, admin: Browser) -> None:
    world.store.audit.add("alice", "cancel", say("run {run}", run="ab"))
    first = json.loads(admin.get("/api/v1/audit").text)[0]
    assert (first["told"], first["about"]) == ("run ab", say("run {run}", run="ab"))
    assert world.store.audit.broken_at() == 0
