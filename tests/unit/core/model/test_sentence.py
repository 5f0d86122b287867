"""Stored sentences."""

import pytest

from pbxsync_worker.core.model.errors import Cancelled
from pbxsync_worker.core.model.sentence import as_text, say

SPANISH = {"{n} items of {host}": "{n} cosas de {host}", "done": "hecho"}


def spanish(template: str) -> str:
    return SPANISH.get(template, template)


def test_it_is_read_with_its_values():
    assert as_text(say("{n} items of {host}", n=3, host="B")) == "3 items of B"


def test_it_is_read_in_another_language():
    assert as_text(say("{n} items of {host}", n=3, host="B"), spanish) == "3 cosas de B"


def test_a_sentence_may_be_a_value_of_another():
    assert as_text(say("why: {reason}", reason=say("done")), spanish) == "why: hecho"


def test_sentences_within_sentences_grow_by_what_they_say():
    said = "x" * 100
    for _ in range(10):
        said = say("so: {said}", said=said)
    assert as_text(said) == "so: " * 10 + "x" * 100
    assert len(said) < 100 + 10 * 50


def test_a_foreign_sentence_is_read_to_a_depth():
    foreign = '{"say": "{x}", "with": {"x": ' * 200 + '"end"' + "}}" * 200
    assert as_text(foreign) == "..."
    assert as_text(say("why: {reason}", reason=foreign)) == "why: ..."


def test_a_foreign_sentence_cannot_grow_without_end():
    foreign = '{"say": "{x}{x}{x}{x}", "with": {"x": ' * 15 + '"end"' + "}}" * 15
    assert len(as_text(foreign)) <= 4 * 4000


@pytest.mark.parametrize(("plain", "read"), [("", ""), ("done", "hecho"), ("100 %", "100 %")])
def test_a_plain_text_is_translated_as_a_whole(plain, read):
    assert as_text(plain, spanish) == read


def test_an_error_tells_itself():
    assert as_text(Cancelled(who="ana").told) == "Cancelled by ana"


@pytest.mark.parametrize(
    "foreign", ['{"say": ', '{"say": 1}', '{"say": "x"}', '{"say": "x", "with": 3}', '{"say": ' + "[" * 100_000]
)
def test_a_text_that_only_looks_like_a_sentence_is_shown_as_it_is(foreign):
    assert as_text(foreign) == foreign


def test_a_foreign_template_can_only_name_its_values():
    foreign = '{"say": "{x.__class__} {x!r} {x:>99999999} {y} {x}", "with": {"x": "1"}}'
    assert as_text(foreign) == "{x.__class__} {x!r} {x:>99999999} {y} 1"


def test_what_somebody_called_something_is_not_translated():
    stored = say("{what} {name} changed", what="directory", name="directory")
    words = {"{what} {name} changed": "cambia {what} {name}", "directory": "directorio"}
    assert as_text(stored, words.__getitem__) == "cambia directorio directory"
