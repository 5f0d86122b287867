"""The page Drift: what differs, since when, and how old that knowledge is."""

from pbxsync_worker.core.model.report import Told
from pbxsync_worker.core.model.run import State
from tests.web import seed
from tests.web.conftest import Browser, World


def test_before_the_first_look_nothing_is_claimed(viewer: Browser) -> None:
    page = viewer.get("/drift").text
    assert page.count("Nobody has looked yet.") == 2
    assert "In step" not in page


def test_it_shows_what_a_preview_found(world: World, viewer: Browser) -> None:
    run = seed.add_run(world.store, State.PREVIEWED)
    page = viewer.get("/drift").text
    assert "1 of them was changed on the target by somebody else:" in page
    assert '<code class="path">ASTETCDIR/extensions_custom.conf</code>' in page
    assert f'href="/runs/{run.id}"' in page


def test_rows_and_keys_are_told_as_a_person_calls_them(world: World, viewer: Browser) -> None:
    run = seed.add_run(world.store, State.REQUESTED)
    seed.walk(world.store, run, seed.WAYS[State.PREVIEWED], seed.mixed_plan())
    page = viewer.get("/drift").text
    assert "AstDB family CF: 2" in page
    assert "Table users of the database asterisk: 2" in page
    assert "Files: 1" in page
    assert '<code class="path">users 2001</code>' in page


def test_after_a_sync_nothing_differs(world: World, viewer: Browser) -> None:
    seed.add_run(world.store, State.PREVIEWED)
    world.clock.move(60)
    seed.add_run(world.store, State.COMMITTED)
    assert "In step when it was looked at." in viewer.get("/drift").text


def test_it_says_that_the_source_changed_since(world: World, viewer: Browser) -> None:
    world.store.facts.record(seed.OTHER.id, [Told("data.changed_items", 3, 0, "changes")])
    assert "On pbx-south 3 files, tables, keys, mailboxes and messages changed" in viewer.get("/drift").text


def test_what_differs_stands_first(world: World, viewer: Browser) -> None:
    farm = world.store.catalogues.current("coast")
    seed.save(world.store, farm.with_job(farm.job("config")))  # it stands last now
    seed.add_run(world.store, State.HELD)
    page = viewer.get("/drift").text
    assert page.index("Configuration from the south") < page.index("Music to the south")


def test_only_operators_have_buttons(viewer: Browser, operator: Browser) -> None:
    assert 'value="apply"' not in viewer.get("/drift").text
    assert operator.get("/drift").text.count('value="apply"') == 2
