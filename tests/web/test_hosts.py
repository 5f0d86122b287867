"""The hosts, and how one is revoked or checked."""

from pbxsync_worker.core.model.host import PeerState
from pbxsync_worker.core.model.wish import CheckHost, RevokeHost
from tests.web import seed
from tests.web.conftest import Browser, World


def test_it_shows_this_host_and_the_others(viewer: Browser) -> None:
    page = viewer.get("/hosts").text
    for text in ("pbx-north", "pbx-south", "pbx-west", "a1a1 a1a1", "Words to compare"):
        assert text in page


def test_it_teaches_the_next_step_while_there_is_no_other(empty: World) -> None:
    seed.add_people(empty.store)
    page = empty.browser(seed.ALICE).get("/hosts").text
    assert "No other host yet" in page
    assert "pbxsync init" in page


def test_a_viewer_is_offered_nothing_to_change(viewer: Browser) -> None:
    assert "/pairing/offer" not in viewer.get("/hosts").text


def test_it_shows_what_a_host_may_do_here(viewer: Browser) -> None:
    page = viewer.get(f"/hosts/{seed.OTHER.id}").text
    assert "Read from this host" in page
    assert "20 %" in page


def test_checking_asks_a_worker(world: World, operator: Browser) -> None:
    answer = operator.post(f"/hosts/{seed.OTHER.id}/check")
    (asked,) = world.store.wishes.waiting()
    assert asked.wish == CheckHost(seed.OTHER.id)
    assert asked.by == seed.BOB
    assert world.waker.granted == [asked.id]
    assert answer.headers["Location"].startswith(f"/wishes/{asked.id}?")


def test_revoking_says_what_it_means_first(world: World, admin: Browser) -> None:
    page = admin.get(f"/hosts/{seed.OTHER.id}/revoke").text
    assert "Coast" in page
    assert world.store.wishes.waiting() == ()


def test_revoking_asks_a_worker(world: World, admin: Browser) -> None:
    admin.post(f"/hosts/{seed.OTHER.id}/revoke")
    assert world.store.wishes.waiting()[0].wish == RevokeHost(seed.OTHER.id)


def test_a_revoked_host_offers_no_buttons(world: World, admin: Browser) -> None:
    world.store.hosts.set_state(seed.OTHER.id, PeerState.REVOKED)
    assert f"/hosts/{seed.OTHER.id}/policy" not in admin.get(f"/hosts/{seed.OTHER.id}").text


def test_an_unknown_host_is_not_found(viewer: Browser) -> None:
    assert viewer.get("/hosts/ffff").status_code == 404
