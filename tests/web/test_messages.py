"""Voicemail messages of a dataset: added, changed and shown."""

from dataclasses import replace

from werkzeug.datastructures import MultiDict

from pbxsync_web.forms import datasets as form
from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy, MessageSet
from pbxsync_worker.core.model.wish import SaveCatalogue
from tests.web import seed
from tests.web.conftest import Browser, World

SALES = MessageSet("default", "2*", DeletePolicy.MIRROR)
NEW = "/groups/coast/datasets/new"


def made(world: World) -> Dataset:
    wish = world.store.wishes.waiting()[0].wish
    assert isinstance(wish, SaveCatalogue)
    return wish.catalogue.datasets[-1]


def test_a_dataset_of_messages_alone_can_be_made(world: World, admin: Browser) -> None:
    values = MultiDict({"title": "Voicemail", "sets": "0", "messages": "1"})
    admin.send(NEW, values, **{"msgbox-0": "2*", "msgcontext-0": "default", "msggone-0": "mirror"})
    assert (made(world).messages, made(world).file_sets) == ((SALES,), ())


def test_it_refuses_a_mailbox_with_a_slash(world: World, admin: Browser) -> None:
    values = MultiDict({"title": "Voicemail", "sets": "0", "messages": "1", "msgbox-0": "2/../3", "msgcontext-0": "*"})
    answer = admin.send(NEW, values, **{"msggone-0": "known"})
    assert (answer.status_code, 'id="msgbox-0-problem"' in answer.text) == (400, True)
    assert world.store.wishes.waiting() == ()


def test_a_button_adds_them_and_another_takes_them_out(admin: Browser) -> None:
    assert 'name="msgbox-0"' in admin.post(NEW, title="X", sets="0", add="message").text
    gone = MultiDict({"title": "X", "sets": "0", "messages": "1", "msgbox-0": "*"})
    assert 'name="msgbox-0"' not in admin.send(NEW, gone, **{"drop-message": "0"}).text


def test_the_form_gives_back_what_it_was_made_of() -> None:
    known = Dataset("voicemail", "Voicemail", messages=(SALES, MessageSet()))
    assert form.read(form.to_form(known), known, set()) == known


def test_its_page_says_what_travels(world: World, viewer: Browser) -> None:
    known = world.store.catalogues.current("coast")
    seed.save(world.store, known.with_dataset(replace(known.datasets[0], name="vm", messages=(SALES,))))
    page = viewer.get("/groups/coast/datasets/vm").text
    assert "what callers leave meanwhile stays" in page
    assert "<code>2*</code>" in page
    assert "Voicemail messages" in viewer.get("/groups/coast").text
