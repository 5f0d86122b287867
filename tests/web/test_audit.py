"""The audit log, and the proof of its chain."""

from sqlalchemy import update

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
