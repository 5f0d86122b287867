"""The administrator's guide: two languages, the same chapters and pictures, and the words that stand on the pages."""

import re

import pytest

from tests.architecture.product import ROOT
from tests.web import catalogs

GUIDE = ROOT / "docs/guide"
LANGUAGES = ("en", "es")
PICTURE = re.compile(r"!\[[^\]]+\]\(\.\./img/([^)]+)\)")


def text(language: str) -> str:
    return (GUIDE / language / "README.md").read_text(encoding="utf-8")


def pictures(language: str) -> list[str]:
    return PICTURE.findall(text(language))


def outline(language: str) -> list[object]:
    """Return chapters, steps, points and pictures in their order, without words."""
    kinds = {"## ": "chapter", "1. ": "step", "- ": "point", "![": "picture"}
    lines = (re.sub(r"^\d+\. ", "1. ", line.strip()) for line in text(language).splitlines())
    return [kind for line in lines for begin, kind in kinds.items() if line.startswith(begin)]


def anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def test_both_languages_have_the_same_chapters_steps_and_pictures() -> None:
    assert outline("en") == outline("es")
    assert outline("en").count("chapter") == 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_contents_lead_to_every_chapter(language: str) -> None:
    chapters = re.findall(r"^## (.+)$", text(language), re.MULTILINE)
    assert re.findall(r"\]\(#([^)]+)\)", text(language)) == [anchor(title) for title in chapters]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_picture_is_there_small_and_of_its_language(language: str) -> None:
    for name in pictures(language):
        assert name.startswith(f"{language}-")
        picture = GUIDE / "img" / name
        assert picture.read_bytes().startswith(b"\x89PNG"), name
        assert picture.stat().st_size < 150_000, name


def test_no_picture_lies_there_unused() -> None:
    shown = {name for language in LANGUAGES for name in pictures(language)}
    assert {path.name for path in (GUIDE / "img").iterdir()} == shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_printed_bold_stands_on_the_pages(language: str) -> None:
    known = catalogs.spanish()
    said = {str(message.id if language == "en" else message.string) for message in known}
    assert [word for word in re.findall(r"\*\*([^*]+)\*\*", text(language)) if word not in said] == []
