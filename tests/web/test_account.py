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
