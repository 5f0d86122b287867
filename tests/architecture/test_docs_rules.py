"""docs/rules.md names every fact, field, operator, action, unit and ready-made rule."""

from dataclasses import fields
from pathlib import Path

import pytest

from pbxsync_worker.core.model.asterisk_action import ActionKind, When, parse_action
from pbxsync_worker.core.model.condition import UNITS, Operator, text
from pbxsync_worker.core.model.condition_text import LONGEST, parse
from pbxsync_worker.core.model.fact import KINDS
from pbxsync_worker.core.model.ready_rules import READY
from pbxsync_worker.core.model.rule import Rule, Then
from tests.architecture.product import read

PAGE = read(Path("docs/rules.md"))
KEYWORDS = ("and", "or", "not", "within", "always", "yes", "no", "for at least")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_fact_is_explained_with_its_units(kind):
    (row,) = (line for line in PAGE.splitlines() if line.startswith("| `") and f"`{kind.name}`" in line)
    assert kind.title in row
    assert all(f"`{unit}`" in row for unit in (*UNITS[kind.unit], *kind.options))


@pytest.mark.parametrize("name", [*(one.name for one in fields(Rule)), *Then, *Operator])
def test_every_field_action_and_operator_is_explained(name):
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("word", KEYWORDS)
def test_every_word_of_the_language_is_explained(word):
    assert word in PAGE.split("## Conditions")[1].split("## Facts")[0]
    assert f"{LONGEST} letters" in PAGE


@pytest.mark.parametrize("kind", ActionKind)
def test_every_choice_for_asterisk_is_explained(kind):
    assert f"`{'stop and start' if kind is ActionKind.STOP else kind}" in PAGE
    restarts = (ActionKind.RESTART, ActionKind.STOP)
    for when in When if kind in restarts else ():
        words = f"{'stop and start' if kind is ActionKind.STOP else kind} {when}"
        assert f"`{words}`" in PAGE
        assert parse_action(words).text == words


@pytest.mark.parametrize("rule", READY, ids=lambda rule: rule.name)
def test_every_ready_made_rule_is_listed_as_it_is(rule):
    assert f"| `{rule.name}` | `{rule.when}` |" in PAGE


def test_the_example_is_a_condition():
    example = PAGE.split("```")[1].strip()
    assert text(parse(example)) == example
