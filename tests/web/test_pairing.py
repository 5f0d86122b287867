"""Two hosts learn to trust each other: code, words, confirmation."""

from pbxsync_worker.core.model.errors import PeerRefused
from pbxsync_worker.core.model.wish import ConfirmHost, Give, JoinHost, OfferPairing
from tests.web import seed
from tests.web.conftest import Browser, World


def offered(world: World, browser: Browser) -> str:
    answer = browser.post("/pairing/offer", give="send")
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_offering_asks_a_worker_and_waits_in_the_browser(world: World, admin: Browser) -> None:
    page = admin.get(offered(world, admin)).text
    assert world.store.wishes.waiting()[0].wish == OfferPairing(Give.SEND)
    assert "A worker is making the code" in page
    assert 'hx-trigger="every 2s"' in page


def test_the_code_is_shown_with_its_time(world: World, admin: Browser) -> None:
    path = offered(world, admin)
    world.store.wishes.answer(world.store.wishes.waiting()[0].id, "THE-CODE")
    world.clock.move(60)
    page = admin.get(path + "/live").text
    assert "THE-CODE" in page
    assert 'data-seconds="840"' in page


def test_a_code_that_has_expired_is_not_shown(world: World, admin: Browser) -> None:
    path = offered(world, admin)
    world.store.wishes.answer(world.store.wishes.waiting()[0].id, "THE-CODE")
    world.clock.move(901)
    assert "THE-CODE" not in admin.get(path).text


def test_the_words_appear_beside_the_code(world: World, admin: Browser) -> None:
    path = offered(world, admin)
    world.store.wishes.answer(world.store.wishes.waiting()[0].id, "THE-CODE")
    assert "amber bridge candle" in admin.get(path + "/live").text


def test_another_administrator_does_not_see_the_code(world: World, admin: Browser) -> None:
    path = offered(world, admin)
    world.store.people.set_role(2, world.store.people.get(1).role)
    assert world.browser(seed.BOB).get(path).status_code == 403


def test_the_page_of_wishes_never_shows_a_code(world: World, admin: Browser) -> None:
    wish = offered(world, admin).rpartition("/")[2]
    world.store.wishes.answer(wish, "THE-CODE")
    assert admin.get(f"/wishes/{wish}").status_code == 403


def test_it_refuses_an_offer_without_a_choice(world: World, admin: Browser) -> None:
    assert admin.post("/pairing/offer").status_code == 400
    assert world.store.wishes.waiting() == ()


def test_joining_hands_the_code_over_without_its_spaces(world: World, admin: Browser) -> None:
    admin.post("/pairing/join", code=" AB CD\n-EF ", give="receive")
    assert world.store.wishes.waiting()[0].wish == JoinHost("ABCD-EF", Give.RECEIVE)


def test_it_refuses_to_join_without_a_code_and_keeps_the_choice(admin: Browser) -> None:
    answer = admin.post("/pairing/join", code="", give="both")
    assert answer.status_code == 400
    assert 'value="both" checked' in answer.text


def test_joining_goes_on_to_the_words(world: World, admin: Browser) -> None:
    path = admin.post("/pairing/join", code="ABCD", give="receive").headers["Location"]
    assert "Talking to the other host" in admin.get(path).text
    world.store.wishes.answer(path.rpartition("/")[2], seed.NEW.id)
    polled = admin.get(path, headers={"HX-Request": "true"})
    assert polled.headers["HX-Redirect"] == f"/pairing/confirm/{seed.NEW.id}"
    assert admin.get(path).status_code == 303


def test_a_refused_code_says_why(world: World, admin: Browser) -> None:
    path = admin.post("/pairing/join", code="ABCD", give="receive").headers["Location"]
    error = PeerRefused(host="pbx-west", reason="the code was used before")
    world.store.wishes.answer(path.rpartition("/")[2], error.told, error.code)
    page = admin.get(path).text
    assert "Host pbx-west refused: the code was used before" in page
    assert "Check the rights" in page


def test_confirming_shows_the_words_and_asks_a_worker(world: World, admin: Browser) -> None:
    assert "amber bridge candle dragon eagle forest" in admin.get(f"/pairing/confirm/{seed.NEW.id}").text
    admin.post(f"/pairing/confirm/{seed.NEW.id}")
    assert world.store.wishes.waiting()[0].wish == ConfirmHost(seed.NEW.id)


def test_it_does_not_confirm_a_host_that_waits_for_nothing(world: World, admin: Browser) -> None:
    assert admin.post(f"/pairing/confirm/{seed.OTHER.id}").status_code == 403
    assert world.store.wishes.waiting() == ()
