from dataclasses import replace

import pytest

from scripts.lab.product import Outcome
from scripts.lab.told import Shown, Told

GOOD = Outcome("r1", "COMMITTED", "300 items", ("res_pjsip.so", "pbx_config.so"), 1000, 200, 1.5, 2, 900, 800)
EDITED = replace(GOOD, run="r4", rows=3, keys=2)
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
    edited=EDITED,
    shown=(Shown("2007 forwards its calls", ("AstDB", "Asterisk")),),
    counted=((900, 800), (3, 2)),
    differing_rows=[],
    own_changed=[],
    expected=(12, 300),
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
        {"edited": replace(EDITED, state="ROLLED_BACK")},
        {"shown": (Shown("2007 forwards its calls", ("AstDB",), ("AstDB: None",)),)},
        {"counted": ((899, 800), (3, 2))},
        {"counted": ((900, 800), (3, 3))},
        {"differing_rows": ["ringgroups"]},
        {"own_changed": ["admin"]},
    ],
    ids=str,
)
def test_anything_else_is_a_problem(other):
    assert len(replace(TOLD, **other).problems()) == 1


def test_the_last_line_has_the_promised_keys_in_their_order():
    assert list(TOLD.as_json()) == [
        "hosts", "asterisk", "in_sync", "endpoints_before", "endpoints_after", "state_bytes", "wire_bytes",
        "run_seconds", "reloaded", "bad_change", "rows_sent", "astdb_keys_sent", "db_in_sync", "edits",
    ]  # fmt: skip
    assert list(TOLD.as_json()["bad_change"]) == ["state", "reason", "endpoints_after"]


def test_rows_and_keys_of_all_runs_are_counted():
    told = TOLD.as_json()
    assert (told["rows_sent"], told["astdb_keys_sent"], told["db_in_sync"]) == (903, 802, True)
    assert told["edits"]["seen_on_replica"] == {"2007 forwards its calls": ["AstDB", "Asterisk"]}


@pytest.mark.parametrize("other", [{"differing_rows": ["CF/2007"]}, {"own_changed": ["freepbx_settings"]}], ids=str)
def test_databases_that_differ_are_not_in_sync(other):
    assert replace(TOLD, **other).as_json()["db_in_sync"] is False
