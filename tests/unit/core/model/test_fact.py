"""What is known of facts before any is measured."""

import re

from pbxsync_worker.core.model.fact import BY_NAME, HOST_KINDS, KINDS, FactType, Unit


def test_no_two_facts_have_one_name() -> None:
    assert len(BY_NAME) == len(KINDS)


def test_every_host_fact_is_there_for_this_host_and_for_the_source() -> None:
    assert all(f"local.{kind.name}" in BY_NAME and f"remote.{kind.name}" in BY_NAME for kind in HOST_KINDS)


def test_names_are_words_between_dots() -> None:
    assert [kind.name for kind in KINDS if not re.fullmatch(r"(local|remote|link|plan)(\.[a-z_]+)+", kind.name)] == []


def test_only_numbers_have_a_unit() -> None:
    assert {kind.type for kind in KINDS if kind.unit is not Unit.NONE} == {FactType.NUMBER}
