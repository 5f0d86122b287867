from dataclasses import replace

import pytest

from scripts.lab.product import Outcome
from scripts.lab.story import Told

GOOD = Outcome("r1", "COMMITTED", "300 items", ("res_pjsip.so", "pbx_config.so"), 1000, 200, 1.5, 2)
TOLD = Told(
    asterisk="22.10.1",
    before=12,
    after=300,
    differing=[],
    good=GOOD,
    again=replace(GOOD, run="r2", state="UNCHANGED"),
    bad=replace(GOOD, run="r3", state="ROLLED_BACK", reason="Asterisk kept its old copy of 2002"),
    bad_after=300,
    bad_changed=[],
)


def test_a_story_as_promised_has_no_problem():
    assert TOLD.problems() == []
    assert TOLD.as_json()["in_sync"] is True


@pytest.mark.parametrize(
    "other",
    [
        {"after": 299},
        {"before": 300},
        {"differing": ["etc/asterisk/queues.conf"]},
        {"good": replace(GOOD, state="FAILED")},
        {"good": replace(GOOD, reloaded=())},
        {"good": replace(GOOD, wire_bytes=0)},
        {"again": replace(GOOD, state="COMMITTED")},
        {"bad": replace(GOOD, state="FAILED")},
        {"bad": replace(GOOD, state="ROLLED_BACK", reason="")},
        {"bad_after": 12},
        {"bad_changed": ["etc/asterisk/pjsip.endpoints.conf"]},
        {"asterisk": "16.28.0"},
    ],
    ids=str,
)
def test_anything_else_is_a_problem(other):
    assert len(replace(TOLD, **other).problems()) == 1


def test_the_last_line_has_the_promised_keys_in_their_order():
    assert list(TOLD.as_json()) == [
        "hosts", "asterisk", "in_sync", "endpoints_before", "endpoints_after", "state_bytes", "wire_bytes",
        "run_seconds", "reloaded", "bad_change",
    ]  # fmt: skip
    assert list(TOLD.as_json()["bad_change"]) == ["state", "reason", "endpoints_after"]
