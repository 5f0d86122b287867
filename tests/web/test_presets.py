"""Presets: what is offered where, and the dataset that is made of what was chosen."""

from typing import Any

import pytest

from pbxsync_web.forms import Refused
from pbxsync_web.forms.parts import Form
from pbxsync_web.forms.presets import read, to_form
from pbxsync_worker.core.model import presets
from pbxsync_worker.core.model.dataset import Dataset
from tests.web.conftest import Browser, World
from tests.web.test_groups import wished

ADD = "/groups/coast/datasets/add"


@pytest.fixture
def freepbx(world: World) -> World:
    world.parts.settings.freepbx_conf.touch()
    return world


def chosen(*names: str, **more: str) -> dict[str, object]:
    return {"preset": list(names), **more}


def test_the_list_leads_there(admin: Browser) -> None:
    assert f'href="{ADD}"' in admin.get("/datasets").text


@pytest.mark.parametrize("installed", [True, False])
def test_it_offers_what_fits_this_host(world: World, admin: Browser, installed: bool) -> None:
    if installed:
        world.parts.settings.freepbx_conf.touch()
    page = admin.get(ADD).text
    shown = {one.name for one in presets.PRESETS if f'id="preset-{one.name}"' in page}
    assert shown == {one.name for one in presets.offered(freepbx=installed)}


def test_a_card_says_what_is_in_it_and_what_is_not_and_why(freepbx: World, admin: Browser) -> None:
    page = admin.get(ADD).text
    for text in (
        "What people set by phone",
        "<code>DND/**</code>",
        "they follow from the state: each host sets its own after a run",
        "A class can be a command that Asterisk runs",
        "Made of",
        "The same major version of FreePBX",
    ):
        assert text in page


def test_a_card_says_which_rows_of_a_table_travel(freepbx: World, admin: Browser) -> None:
    page = " ".join(admin.get(ADD).text.split())
    card = page[page.index('id="preset-extensions-users"') :]
    assert "<code>sip</code>: id is not like tr-%" in card
    boxes = page[page.index('id="preset-voicemail-boxes"') :]
    assert "<code>users</code>: only the columns voicemail; Only rows that both hosts have are changed" in boxes
    assert "<code>callrecording_module</code>: display is one of extensions, users" in card


def test_one_preset_keeps_its_name(world: World, admin: Browser) -> None:
    answer = admin.post("/groups/coast/datasets/add", **chosen("call-recordings"))
    assert "then=/groups/coast/datasets/call-recordings" in answer.headers["Location"]
    assert wished(world).dataset("call-recordings").title == "Call recordings"


def test_a_reader_of_spanish_gets_the_name_in_spanish_under_the_same_address(world: World, admin: Browser) -> None:
    admin.get("/?lang=es")
    admin.post("/groups/coast/datasets/add", **chosen("call-recordings"))
    assert wished(world).dataset("call-recordings").title == "Grabaciones de llamadas"


def test_several_presets_are_one_dataset(world: World, admin: Browser) -> None:
    admin.post(ADD, **chosen("call-recordings", "voicemail-greetings", title="Sounds"))
    made = wished(world).dataset("sounds")
    assert [one.base for one in made.file_sets] == [b"ASTSPOOLDIR/voicemail", b"ASTSPOOLDIR/monitor"]


@pytest.mark.parametrize(("answer", "there"), [("yes", True), ("no", False), ("", True)])
def test_an_option_is_taken_or_left(freepbx: World, admin: Browser, answer: str, there: bool) -> None:
    option = {"option-feature-state-toggles": answer} if answer else {}
    admin.post(ADD, **chosen("feature-state", **option))
    families = {one.family for one in wished(freepbx).dataset("feature-state").families}
    assert ("DAYNIGHT" in families) is there


def test_options_of_what_a_preset_is_made_of_count(freepbx: World, admin: Browser) -> None:
    admin.post(ADD, **chosen("whole-configuration", **{"option-feature-state-toggles": "no"}))
    families = {one.family for one in wished(freepbx).dataset("whole-configuration").families}
    assert "CF" in families
    assert "DAYNIGHT" not in families


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "preset"),
        (chosen("nothing"), "preset"),
        (chosen("admin-accounts"), "preset"),
        (chosen("music-on-hold"), "title"),
        (chosen("call-recordings", title="x" * 65), "title"),
        (chosen("call-recordings", title="New"), "title"),
    ],
)
def test_it_refuses_and_keeps_what_was_chosen(world: World, admin: Browser, form: dict[str, Any], field: str) -> None:
    answer = admin.post(ADD, **form)
    assert answer.status_code == 400
    assert f'id="{field}-problem"' in answer.text
    names = [name for name in form.get("preset", ()) if f'id="preset-{name}"' in answer.text]
    assert all(f'value="{name}" checked' in answer.text for name in names)
    assert world.store.wishes.waiting() == ()


def test_it_names_what_a_choice_refers_to(world: World) -> None:
    offered = presets.offered(freepbx=True)
    form = to_form(offered)
    form.setlist("preset", ["call-flow", "greetings-recordings"])
    with world.app.test_request_context():
        refused = read(form, offered, ())
        people = presets.as_dataset([presets.preset("extensions-users")], "people", "People")
        made = read(form, offered, (people,))
    assert isinstance(refused, Refused)
    assert "Extensions & users" in refused.problems["preset"]
    assert isinstance(made, Dataset)


def test_what_is_offered_can_be_taken_as_it_is_shown(world: World) -> None:
    offered = presets.offered(freepbx=True)
    for one in offered:
        form: Form = to_form(offered, one.name)
        with world.app.test_request_context():
            made = read(form, offered, (_everything_else(),))
        assert made == presets.as_dataset([one], one.name, one.title), one.name


def _everything_else() -> Dataset:
    return presets.as_dataset(presets.PRESETS, "others", "Others")


def test_only_administrators_add(world: World, operator: Browser) -> None:
    assert operator.get(ADD).status_code == 403
    assert operator.post(ADD, **chosen("call-recordings")).status_code == 403
    assert world.store.wishes.waiting() == ()


def test_it_begins_with_the_preset_of_a_link(admin: Browser) -> None:
    page = admin.get(f"{ADD}?preset=call-recordings").text
    assert 'value="call-recordings" checked' in page
