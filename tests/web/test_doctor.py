"""The page Doctor."""

from pbxsync_worker.core.model.check import Check, stored
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.wish import LookAtEverything, ReadAnew
from tests.web import seed
from tests.web.conftest import Browser, World

FOUND = (
    Check("room", well=True, saw=say("{count} MiB free at {path}", count=5, path="/x")),
    Check("log", well=False, saw=say("{path} cannot be read", path="/y"), remedy=say("Run `pbxsync init`.")),
)


def found(world: World, *checks: Check) -> None:
    world.store.wishes.answer(world.store.wishes.add(LookAtEverything(), seed.BOB), stored(checks))


def test_it_offers_to_look_where_nobody_has(operator: Browser) -> None:
    assert "Nobody has looked yet" in operator.get("/doctor").text


def test_pressing_look_asks_a_worker(world: World, operator: Browser) -> None:
    assert operator.post("/doctor").status_code == 303
    assert [type(one.wish) for one in world.store.wishes.waiting()] == [LookAtEverything]


def test_every_file_is_read_anew_on_demand(world: World, viewer: Browser, operator: Browser) -> None:
    assert "Read every file anew" not in viewer.get("/doctor").text
    assert operator.post("/doctor/verify").status_code == 303
    assert [one.wish for one in world.store.wishes.waiting()] == [ReadAnew()]


def test_what_is_not_well_comes_first_with_its_remedy(world: World, viewer: Browser) -> None:
    found(world, *FOUND)
    page = viewer.get("/doctor").text
    assert page.index("/y cannot be read") < page.index("5 MiB free")
    assert "Run `pbxsync init`." in page


def test_a_host_where_all_is_well_is_told_so(world: World, viewer: Browser) -> None:
    found(world, FOUND[0])
    assert "All is well." in viewer.get("/doctor").text


def test_it_is_read_in_spanish(world: World, viewer: Browser) -> None:
    found(world, *FOUND)
    assert "no se puede leer" in viewer.get("/doctor?lang=es").text


def test_a_viewer_cannot_ask_a_worker(viewer: Browser) -> None:
    assert viewer.post("/doctor").status_code == 403
