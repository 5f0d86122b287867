"""Exit codes of runs that were waited for, and how a run is told."""

import pytest

from pbxsync_worker.cli.runs import _status
from pbxsync_worker.core.model.change import Change, Kept
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.plan import Plan, Reload
from pbxsync_worker.core.model.run import Numbers, State
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store.runs import Result
from tests.unit.core.values import file, run


@pytest.mark.parametrize(
    ("states", "status"),
    [
        ((State.COMMITTED,), 0),
        ((State.UNCHANGED, State.PREVIEWED), 0),
        ((State.SKIPPED, State.COMMITTED), 75),
        ((State.SKIPPED, State.HELD), 2),
        ((State.HELD,), 2),
        ((State.COMMITTED, State.HELD), 2),
        ((State.HELD, State.FAILED), 1),
        ((State.ROLLED_BACK,), 1),
        ((State.CANCELLED,), 1),
    ],
)
def test_the_exit_code_tells_the_worst_end(states, status):
    assert _status([run(state=state) for state in states]) == status


@pytest.fixture
def told(installed):
    """A run with everything that can be told of one."""
    store = installed.here().store
    store.runs.request([run("abc")])
    changes = [Change(None, file(b"ASTETCDIR/%03d" % number)) for number in range(45)]
    plan = Plan(
        "etc",
        (*changes, Change(None, file(b"ASTETCDIR/\xff\n"))),
        (Kept(b"ASTETCDIR/k", say("protected on this host")),),
        (Reload("pbx_config.so", "x"),),
        ("modules.conf",),
        (say("{n} would go", n=3),),
        summary=say("+{count} trunks", count=1),
        told=(say("+{count} trunks ({names})", count=1, names="ACME"),),
    )
    store.runs.save_plan("abc", plan, {"ASTETCDIR/000": "+x"})
    findings = (Finding(Level.WARNING, "log", say("{n} lines", n=2)),)
    store.runs.save_result(
        "abc", Result(Numbers(seconds=1.5, state_bytes=9, wire_bytes=4), ("pbx_config.so",), findings)
    )
    return installed


def test_a_run_is_told_in_words_with_everything_a_person_needs(told):
    words = told("show", "abc").out
    for line in (
        "  * +1 trunks (ACME)",
        "  add        ASTETCDIR/000",
        "  ... and 6 more",
        "  kept       ASTETCDIR/k: protected on this host",
        "  restart    modules.conf is only read when Asterisk starts",
        "  warning    log: 2 lines",
        "  9 bytes of state, 4 bytes on the wire, 1.5 s, reloaded: pbx_config.so",
    ):
        assert f"{line}\n" in words


def test_a_run_is_told_as_json_with_names_that_can_be_printed(told):
    whole = told.json("show", "abc").value
    assert (len(whole["plan"]["changes"]), whole["plan"]["changes"][-1]["name"]) == (46, "ASTETCDIR/\\xff\\x0a")
    assert (whole["plan"]["reloads"], whole["plan"]["restart"]) == (["pbx_config.so"], ["modules.conf"])
    assert whole["plan"]["brake"] == ["3 would go"]
    assert (whole["plan"]["summary"], whole["plan"]["told"]) == ("+1 trunks", ["+1 trunks (ACME)"])
    assert whole["plan"]["kept"] == [{"name": "ASTETCDIR/k", "reason": "protected on this host"}]
    assert (whole["plan"]["diffs"], whole["result"]["numbers"]["wire_bytes"]) == ({"ASTETCDIR/000": "+x"}, 4)


def test_a_rollback_to_a_state_that_is_not_kept_is_refused(told):
    said = told.json("rollback", "abc", "--no-wait")
    assert (said.status, said.value["error"]) == (2, "not-found")
