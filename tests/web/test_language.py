"""English and Spanish, both complete."""

import re

import pytest

from pbxsync_worker.core.model.run import State
from tests.web import catalogs, seed
from tests.web.conftest import Browser, World

JINJA = re.compile(r"\{% block frame %\}\w+|\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
TAGS = re.compile(r"<[^>]*>")
FIELDS = re.compile(r"%\(\w+\)s|\{\w+\}")


def test_everything_that_is_said_stands_in_the_spanish_catalog() -> None:
    known = catalogs.spanish()
    missing = [message.id for message in catalogs.extracted() if message.id and message.id not in known]
    assert missing == [], "run `python -m tests.web.catalogs` and translate what it adds"


def test_everything_has_a_translation_and_none_is_a_guess() -> None:
    for message in catalogs.spanish():
        texts = [message.string] if isinstance(message.string, str) else list(message.string or ("",))
        assert all(texts), message.id
        assert not message.fuzzy, message.id


def test_nothing_stands_there_that_is_said_no_more() -> None:
    said = catalogs.extracted()
    assert [message.id for message in catalogs.spanish() if message.id and message.id not in said] == []


def test_every_translation_names_the_same_values() -> None:
    for message in catalogs.spanish():
        if isinstance(message.id, str):
            assert sorted(FIELDS.findall(message.id)) == sorted(FIELDS.findall(str(message.string))), message.id


def test_no_template_says_anything_outside_the_catalogs() -> None:
    for path in sorted((catalogs.ROOT / "templates").rglob("*.html")):
        bare = TAGS.sub(" ", JINJA.sub(" ", path.read_text(encoding="utf-8")))
        words = set(re.findall(r"[A-Za-z]{2,}", bare)) - {"PBXSync", "ASTDB", "AstDB", "SQL"}
        assert words == set(), path


@pytest.mark.parametrize(("asked", "given"), [("es", "es"), ("es-MX,es;q=0.9", "es"), ("de", "en"), ("", "en")])
def test_a_stranger_reads_the_language_of_the_browser(world: World, asked: str, given: str) -> None:
    page = world.browser().get("/login", headers={"Accept-Language": asked}).text
    assert f'<html lang="{given}">' in page


def test_a_stranger_can_choose(world: World) -> None:
    browser = world.browser()
    browser.get("/login?lang=es")
    assert "Contraseña" in browser.get("/login").text


def test_an_unknown_language_is_ignored(world: World) -> None:
    assert '<html lang="en">' in world.browser().get("/login?lang=xx").text


def test_the_choice_of_a_person_is_remembered(world: World, viewer: Browser) -> None:
    viewer.post("/account/language", language="es")
    assert world.store.people.get(3).language == "es"
    assert '<html lang="es">' in world.browser(seed.CAROL).get("/").text


def test_stored_sentences_are_read_in_the_readers_language(world: World) -> None:
    run = seed.add_run(world.store, State.FAILED)
    page = world.browser(seed.CAROL).get(f"/runs/{run.id}?lang=es").text
    assert "No se pudo llegar al equipo pbx-north: connection refused" in page


def test_spanish_has_one_word_for_a_host_and_one_for_a_job() -> None:
    for message in catalogs.spanish():
        text = FIELDS.sub("", message.string if isinstance(message.string, str) else " ".join(message.string or ()))
        assert not re.search(r"\b(hosts?|trabajos?)\b", text, re.IGNORECASE), f"equipo, tarea: {text}"
