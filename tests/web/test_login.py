"""Log in, log out, the throttle, and the second look at the password."""

import pytest

from tests.web import seed
from tests.web.conftest import Browser, World


def test_the_right_password_lets_in(world: World) -> None:
    assert world.browser().log_in(seed.ALICE).headers["Location"] == "/"


def test_it_refuses_a_wrong_password_and_keeps_the_name(world: World) -> None:
    answer = world.browser().log_in(seed.ALICE, "wrong")
    assert answer.status_code == 401
    assert f'value="{seed.ALICE}"' in answer.text


def test_it_says_the_same_of_an_unknown_name(world: World) -> None:
    unknown, known = world.browser().log_in("mallory", "x"), world.browser().log_in(seed.ALICE, "x")
    assert "Name or password is wrong." in unknown.text
    assert "Name or password is wrong." in known.text


def test_five_wrong_tries_close_the_name_for_five_minutes(world: World) -> None:
    for _try in range(5):
        world.browser().log_in(seed.ALICE, "wrong")
    assert world.browser().log_in(seed.ALICE).status_code == 429
    world.clock.move(301)
    assert world.browser().log_in(seed.ALICE).status_code == 303


def test_five_wrong_tries_from_one_address_close_it_for_every_name(world: World) -> None:
    for number in range(5):
        world.browser().log_in(f"guess{number}", "wrong")
    assert world.browser().log_in(seed.ALICE).status_code == 429


def test_wrong_passwords_stand_in_the_audit_log(world: World) -> None:
    world.browser().log_in(seed.ALICE, "wrong")
    entry = world.store.audit.entries(1)[0]
    assert (entry.who, entry.what) == (seed.ALICE, "wrong password")


def test_it_goes_on_to_the_page_that_was_wanted(world: World) -> None:
    answer = world.browser().post("/login", name=seed.ALICE, password=seed.PASSWORD, next="/runs?job=config")
    assert answer.headers["Location"] == "/runs?job=config"


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "runs", "/\nx"])
def test_it_never_leads_to_another_site(world: World, wanted: str) -> None:
    answer = world.browser().post("/login", name=seed.ALICE, password=seed.PASSWORD, next=wanted)
    assert answer.headers["Location"] == "/"


def test_logging_out_ends_the_session(admin: Browser) -> None:
    assert admin.post("/logout").headers["Location"] == "/login"
    assert admin.get("/").status_code == 303


def test_somebody_inside_is_not_asked_to_log_in(admin: Browser) -> None:
    assert admin.get("/login").headers["Location"] == "/"


def test_giving_the_password_again_opens_the_grave_page(world: World, admin: Browser) -> None:
    world.clock.move(400)
    answer = admin.post("/password", password=seed.PASSWORD, next="/pairing/join")
    assert answer.headers["Location"] == "/pairing/join"
    assert admin.get("/pairing/join").status_code == 200


def test_a_wrong_password_does_not_open_it(world: World, admin: Browser) -> None:
    world.clock.move(400)
    assert admin.post("/password", password="wrong", next="/pairing/join").status_code == 401
    assert admin.get("/pairing/join").status_code == 303


def test_the_second_look_is_throttled_as_well(world: World, admin: Browser) -> None:
    for _try in range(5):
        admin.post("/password", password="wrong")
    assert admin.post("/password", password=seed.PASSWORD).status_code == 429


def test_logging_out_here_logs_out_everywhere(world: World) -> None:
    one, other = world.browser(seed.ALICE), world.browser(seed.ALICE)
    one.post("/logout")
    assert other.get("/").headers["Location"].startswith("/login")
