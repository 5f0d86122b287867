"""My own language and password."""

from tests.web import seed
from tests.web.conftest import Browser, World

LONG = "another long password"


def test_it_changes_my_password_and_keeps_me_inside(world: World, viewer: Browser) -> None:
    assert viewer.post("/account/password", old=seed.PASSWORD, password=LONG, again=LONG).status_code == 303
    assert viewer.get("/account").status_code == 200
    assert world.browser().log_in(seed.CAROL, LONG).status_code == 303


def test_it_ends_my_other_sessions(world: World, viewer: Browser) -> None:
    other = world.browser(seed.CAROL)
    viewer.post("/account/password", old=seed.PASSWORD, password=LONG, again=LONG)
    assert other.get("/").status_code == 303


def test_it_refuses_without_the_present_password(world: World, viewer: Browser) -> None:
    assert viewer.post("/account/password", old="wrong", password=LONG, again=LONG).status_code == 400
    assert world.browser().log_in(seed.CAROL).status_code == 303


def test_guessing_the_present_password_is_throttled(viewer: Browser) -> None:
    for _try in range(5):
        viewer.post("/account/password", old="wrong", password=LONG, again=LONG)
    answer = viewer.post("/account/password", old=seed.PASSWORD, password=LONG, again=LONG)
    assert "Too many wrong tries" in answer.text


def test_it_refuses_a_language_we_do_not_have(viewer: Browser) -> None:
    assert viewer.post("/account/language", language="xx").status_code == 400


def test_pages_follow_the_device_until_colours_are_chosen(viewer: Browser) -> None:
    page = viewer.get("/account").text
    assert '<meta name="color-scheme" content="light dark">' in page
    assert "data-theme" not in page


def test_chosen_colours_hold_before_the_next_login_too(viewer: Browser) -> None:
    viewer.post("/account/theme", theme="dark")
    assert '<html lang="en" data-theme="dark">' in viewer.get("/account").text
    viewer.post("/logout")
    assert '<meta name="color-scheme" content="dark">' in viewer.get("/login").text


def test_it_refuses_colours_we_do_not_have(viewer: Browser) -> None:
    assert viewer.post("/account/theme", theme='x"onload=').status_code == 400
