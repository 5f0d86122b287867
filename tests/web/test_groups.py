"""Farms: made and changed on their primary."""

from dataclasses import replace

from pbxsync_worker.core.model.host import Catalogue, GroupKind, PeerState
from pbxsync_worker.core.model.wish import SaveCatalogue
from tests.web import seed
from tests.web.conftest import Browser, World


def wished(world: World) -> Catalogue:
    wish = world.store.wishes.waiting()[0].wish
    assert isinstance(wish, SaveCatalogue)
    return wish.catalogue


def test_it_makes_a_farm_with_this_host_as_primary(world: World, admin: Browser) -> None:
    answer = admin.post("/groups/new", title="Big Farm", host=seed.OTHER.id)
    assert wished(world) == Catalogue("big-farm", "Big Farm", GroupKind.FARM, seed.ME.id, 1, (seed.ME, seed.OTHER))
    assert "then=/groups/big-farm" in answer.headers["Location"]


def test_it_refuses_a_farm_of_one_host(world: World, admin: Browser) -> None:
    answer = admin.post("/groups/new", title="Lonely")
    assert answer.status_code == 400
    assert 'value="Lonely"' in answer.text
    assert world.store.wishes.waiting() == ()


def test_it_refuses_a_name_that_is_taken(admin: Browser) -> None:
    assert "This name is taken." in admin.post("/groups/new", title="coast", host=seed.OTHER.id).text


def test_it_does_not_offer_a_host_that_is_not_paired(admin: Browser) -> None:
    assert seed.NEW.id not in admin.get("/groups/new").text


def test_without_a_paired_host_it_leads_to_pairing(world: World, admin: Browser) -> None:
    world.store.hosts.set_state(seed.OTHER.id, PeerState.REVOKED)
    assert "No paired host yet" in admin.get("/groups/new").text


def test_its_page_shows_hosts_datasets_and_jobs(viewer: Browser) -> None:
    page = viewer.get("/groups/coast").text
    for text in ("pbx-south", "Music on hold", "Configuration from the south", "ASTVARLIBDIR/moh"):
        assert text in page


def test_changing_makes_the_next_version(world: World, admin: Browser) -> None:
    world.store.hosts.set_state(seed.NEW.id, PeerState.PAIRED)
    form = {"title": "Shore", "host": [seed.OTHER.id, seed.NEW.id]}
    assert admin.post("/groups/coast/edit", **form).status_code == 303
    new = wished(world)
    assert (new.version, new.title) == (4, "Shore")
    assert {host.id for host in new.hosts} == {seed.ME.id, seed.OTHER.id, seed.NEW.id}
    assert len(new.jobs) == 2


def test_a_host_that_leaves_takes_its_jobs_along(world: World, admin: Browser) -> None:
    world.store.hosts.set_state(seed.NEW.id, PeerState.PAIRED)
    admin.post("/groups/coast/edit", title="Coast", host=seed.NEW.id)
    new = wished(world)
    assert {host.id for host in new.hosts} == {seed.ME.id, seed.NEW.id}
    assert new.jobs == ()


def test_a_farm_of_another_primary_is_not_changed_here(world: World, admin: Browser) -> None:
    seed.save(world.store, replace(world.store.catalogues.current("coast"), primary=seed.OTHER.id, version=4))
    assert admin.get("/groups/coast/edit").status_code == 403
    assert admin.post("/groups/coast/datasets/new", title="X").status_code == 403
    assert "changed on its primary host" in admin.get("/groups/coast").text


def test_the_list_teaches_while_it_is_empty(empty: World) -> None:
    seed.add_people(empty.store)
    assert "No farm yet" in empty.browser(seed.CAROL).get("/groups").text


def test_a_federation_is_made_and_its_page_says_who_coordinates(world: World, admin: Browser) -> None:
    admin.post("/groups/new", title="Peers", host=seed.OTHER.id, kind="federation")
    made = wished(world)
    assert made.kind is GroupKind.FEDERATION
    seed.save(world.store, made)
    page = admin.get("/groups/peers").text
    assert "Coordinator" in page
    assert "Replica" not in page


def test_an_unknown_kind_of_group_is_refused(admin: Browser) -> None:
    answer = admin.post("/groups/new", title="Peers", host=seed.OTHER.id, kind="ring")
    assert (answer.status_code, 'id="kind-problem"' in answer.text) == (400, True)
