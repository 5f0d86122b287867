"""The settings page: what is set, where it comes from, what needs a restart; never a secret."""

import pytest

from pbxsync_web.pages.settings import shown
from pbxsync_worker.core.settings import Origin
from tests.web import seed
from tests.web.conftest import Browser, World


def write(world: World, text: str) -> None:
    (world.parts.settings.home / "pbxsync.toml").write_text(text)


def test_it_shows_values_and_where_they_come_from(world: World, admin: Browser) -> None:
    write(world, 'name = "pbx-north"\n')
    page = admin.get("/settings").text
    assert page.index("<code>pbx-north</code>") < page.index("the file</td>")
    assert "as delivered" in page


def test_it_says_what_a_restart_would_change(world: World, admin: Browser) -> None:
    write(world, 'name = "pbx-north"\nkeep_states = 7\n')
    page = admin.get("/settings").text
    assert "not in force before a restart" in page
    assert "<code>keep_states</code>" in page


def test_it_warns_of_a_file_with_which_nothing_would_start(world: World, admin: Browser) -> None:
    write(world, "keep_states = 0\n")
    page = admin.get("/settings").text
    assert "would not start again" in page
    assert "keep_states = 0 is not between" in page


@pytest.mark.parametrize("name", [seed.BOB, seed.CAROL])
def test_only_an_administrator_sees_it(world: World, name: str) -> None:
    assert world.browser(name).get("/settings").status_code == 403


def test_a_password_in_an_address_is_not_shown() -> None:
    assert shown(Origin("store_url", "postgresql://me:hush@db/pbxsync?password=hush", "file")) == (
        "postgresql://me:***@db/pbxsync"
    )
    assert "hush" not in shown(Origin("redis_url", "redis://:hush@h:6379/0", "environment"))
    assert shown(Origin("redis_url", "not a url hush", "file")) == "…"
