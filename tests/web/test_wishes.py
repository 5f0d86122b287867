"""What was asked for: waits in the browser, goes on by itself, says why not."""

from pbxsync_worker.core.model.errors import HostUnreachable
from pbxsync_worker.core.model.sentence import say
from tests.web import seed
from tests.web.conftest import Browser, World


def asked(world: World, browser: Browser, path: str) -> tuple[str, str]:
    """Press a button and return (the page that waits, the id of the wish)."""
    page = browser.post(path).headers["Location"]
    return page, world.store.wishes.waiting()[0].id


def test_it_polls_while_it_waits(world: World, admin: Browser) -> None:
    page, _wish = asked(world, admin, "/groups/coast/jobs/config/remove")
    assert 'hx-trigger="every 1s"' in admin.get(page).text


def test_it_goes_on_once_it_is_granted(world: World, admin: Browser) -> None:
    page, wish = asked(world, admin, "/groups/coast/jobs/config/remove")
    world.store.wishes.answer(wish, "")
    assert admin.get(page, headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/groups/coast"
    assert admin.get(page).headers["Location"] == "/groups/coast"


def test_what_became_of_a_catalogue_is_told_on_the_next_page(world: World, admin: Browser) -> None:
    page, wish = asked(world, admin, "/groups/coast/jobs/config/remove")
    world.store.wishes.answer(wish, say("saved; not reached yet: {names}", names="pbx-south"))
    admin.get(page, headers={"HX-Request": "true"})
    assert admin.get("/groups/coast").text.count("saved; not reached yet: pbx-south") == 1


def test_an_answer_to_read_stays(world: World, operator: Browser) -> None:
    page, wish = asked(world, operator, f"/hosts/{seed.OTHER.id}/check")
    world.store.wishes.answer(wish, say("{name} answered after {ms} ms", name="pbx-south", ms=12))
    answer = operator.get(page)
    assert "pbx-south answered after 12 ms" in answer.text
    assert "hx-get" not in answer.text


def test_a_refusal_says_why_and_what_to_do(world: World, admin: Browser) -> None:
    page, wish = asked(world, admin, "/groups/coast/jobs/config/remove")
    error = HostUnreachable(host="pbx-south", reason="refused")
    world.store.wishes.answer(wish, error.told, error.code)
    text = admin.get(page).text
    for part in ("Host pbx-south could not be reached: refused", "Check that PBXSync runs there", "host-unreachable"):
        assert part in text


def test_it_leads_to_no_other_site(world: World, operator: Browser) -> None:
    _page, wish = asked(world, operator, f"/hosts/{seed.OTHER.id}/check")
    world.store.wishes.answer(wish, "")
    assert operator.get(f"/wishes/{wish}?then=https://evil.example/").headers["Location"] == "/"


def test_an_operator_does_not_see_what_others_asked(world: World, admin: Browser, operator: Browser) -> None:
    page, _wish = asked(world, admin, "/groups/coast/jobs/config/remove")
    assert operator.get(page).status_code == 403


def test_an_unknown_wish_is_not_found(operator: Browser) -> None:
    assert operator.get("/wishes/ffff").status_code == 404
