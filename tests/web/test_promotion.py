"""Another host becomes the primary: only an administrator, with the name typed, and as it was shown."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.host import Catalogue
from pbxsync_worker.core.model.report import LineState
from pbxsync_worker.core.model.wish import Give, Promote, policy_for
from tests.web import seed
from tests.web.conftest import Browser, World

PAGE = f"/groups/coast/promote/{seed.OTHER.id}"


def wished(world: World) -> list[object]:
    return [one.wish for one in world.store.wishes.waiting()]


def of_the_other(world: World) -> Catalogue:
    """Make the other host the primary, as if it had happened there."""
    known: Catalogue = world.store.catalogues.current("coast")
    turned = replace(known, primary=seed.OTHER.id, version=known.version + 1)
    seed.save(world.store, turned)
    return turned


def test_it_says_in_words_what_turns_round_and_what_follows(admin: Browser) -> None:
    page = admin.get(PAGE).text
    for words in ("pbx-south takes the place of pbx-north", "Turned round, and paused", "stay switched off", "undo"):
        assert words in page


def test_the_typed_name_promotes_the_group_as_it_was_shown(world: World, admin: Browser) -> None:
    answer = admin.post(PAGE, name="pbx-south", version="3")
    assert wished(world) == [Promote("coast", seed.OTHER.id, 3)]
    assert "then=/groups/coast" in answer.headers["Location"]


@pytest.mark.parametrize("typed", ["", "pbx-north", "PBX-SOUTH"])
def test_it_refuses_another_name(world: World, admin: Browser, typed: str) -> None:
    answer = admin.post(PAGE, name=typed, version="3")
    assert (answer.status_code, wished(world)) == (400, [])
    assert 'id="name-problem"' in answer.text


def test_it_refuses_a_group_that_was_changed_meanwhile(world: World, admin: Browser) -> None:
    answer = admin.post(PAGE, name="pbx-south", version="2")
    assert (answer.status_code, wished(world)) == (400, [])
    assert "Somebody changed the group meanwhile" in answer.text


@pytest.mark.parametrize("name", [seed.BOB, seed.CAROL])
def test_only_an_administrator_sees_the_page_and_does_it(world: World, name: str) -> None:
    browser = world.browser(name)
    assert browser.get(PAGE).status_code == 403
    assert browser.post(PAGE, name="pbx-south", version="3").status_code == 403
    assert "Make it the primary" not in browser.get("/groups/coast").text


def test_the_password_is_asked_for_again(world: World, admin: Browser) -> None:
    world.clock.move(3600 * 0.4)
    admin.get("/groups")
    assert "/password" in admin.get(PAGE).headers.get("Location", "")


def test_the_group_offers_it_for_the_replica_and_not_for_the_primary(admin: Browser) -> None:
    page = admin.get("/groups/coast").text
    assert PAGE in page
    assert f"/promote/{seed.ME.id}" not in page


def test_a_replica_offers_only_itself(world: World, admin: Browser) -> None:
    of_the_other(world)
    assert f"/promote/{seed.ME.id}" in admin.get("/groups/coast").text
    assert admin.get(f"/groups/coast/promote/{seed.ME.id}").status_code == 200


def test_a_replica_cannot_promote_a_third_host(world: World, admin: Browser) -> None:
    turned = of_the_other(world)
    seed.save(world.store, turned.with_host(seed.NEW))
    assert admin.get(f"/groups/coast/promote/{seed.NEW.id}").status_code == 403


def test_it_says_what_an_old_primary_that_is_away_may_do_when_it_comes_back(world: World, admin: Browser) -> None:
    of_the_other(world)
    world.store.lines.save(seed.OTHER.id, LineState("unreachable"))
    assert "pbx-south is out of reach" in admin.get(f"/groups/coast/promote/{seed.ME.id}").text
    world.store.lines.save(seed.OTHER.id, LineState("reachable"))
    assert "pbx-south is in reach" in admin.get(f"/groups/coast/promote/{seed.ME.id}").text


def test_it_leads_to_the_rights_that_are_lacking_here(world: World, admin: Browser) -> None:
    assert "/policy" not in admin.get(PAGE).text
    world.store.hosts.save(replace(world.store.hosts.by_id(seed.OTHER.id), policy=policy_for(Give.SEND)))
    assert f"/hosts/{seed.OTHER.id}/policy" in admin.get(PAGE).text
