"""Checks of a host, kept as text."""

import pytest

from pbxsync_worker.core.model.check import Check, restored, stored

CHECKS = (Check("room", well=True, saw="5 MiB"), Check("log", well=False, saw="no", remedy="do ñ"))


def test_what_is_kept_comes_back():
    assert restored(stored(CHECKS)) == CHECKS


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"x": 1}]', "null"])
def test_what_is_no_list_of_checks_is_none(text):
    assert restored(text) == ()
