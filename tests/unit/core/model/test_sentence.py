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
