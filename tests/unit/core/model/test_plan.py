"""The digest that signs a plan."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.asterisk_action import parse_action
from pbxsync_worker.core.model.change import Change, ChangeKind, Kept
from pbxsync_worker.core.model.plan import Plan, Reload
from tests.unit.core.values import file

ADD = Change(None, file(b"a", b"1"))
REPLACE = Change(file(b"b", b"1"), file(b"b", b"2"))
MODE = Change(file(b"c", b"1"), file(b"c", b"1", mode=0o600))
REMOVE = Change(file(b"d", b"1"), None)
PLAN = Plan("etc", (ADD, REPLACE, MODE, REMOVE), reloads=(Reload("res_pjsip", "b"), Reload("dialplan", "a")))


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAN, dataset="other"),
        replace(PLAN, changes=PLAN.changes[:-1]),
        replace(PLAN, changes=PLAN.changes[::-1]),
        replace(PLAN, changes=(replace(ADD, after=file(b"a", b"2")), *PLAN.changes[1:])),
        replace(PLAN, changes=(*PLAN.changes[:-1], replace(REMOVE, before=file(b"d", b"2")))),
        replace(PLAN, changes=(*PLAN.changes[:2], Change(MODE.after, MODE.before), REMOVE)),
        replace(PLAN, reloads=PLAN.reloads[:1]),
        replace(PLAN, reloads=PLAN.reloads[::-1]),
        replace(PLAN, action=parse_action("restart now")),
    ],
)
def test_another_act_gives_another_digest(other):
    assert other.digest != PLAN.digest


def test_what_is_only_told_does_not_change_the_digest():
    told = replace(PLAN, kept=(Kept(b"x", "why"),), restart=("modules.conf",), brake=("many deletes",))
    assert told.digest == PLAN.digest
    assert replace(PLAN, changes=(replace(ADD, local_edit=True), *PLAN.changes[1:])).digest == PLAN.digest


def test_contents_are_wanted_for_what_is_new_or_other():
    assert PLAN.wanted == (ADD, REPLACE)


@pytest.mark.parametrize("kind", ChangeKind)
def test_it_counts_by_kind(kind):
    assert PLAN.count(kind) == 1
    assert Plan("etc", ()).count(kind) == 0
