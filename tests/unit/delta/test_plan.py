"""Changes -> plan: an order that can be done, the brakes, and what the policy of this host refuses."""

from dataclasses import replace

import pytest
from hypothesis import given

from pbxsync_worker.core.model.asterisk_action import parse_action
from pbxsync_worker.core.model.change import Change, Changes, Kept
from pbxsync_worker.core.model.dataset import Dataset, FileSet, Place
from pbxsync_worker.core.model.errors import NotAllowed
from pbxsync_worker.core.model.host import Policy, Right
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.plan import Plan, Reload
from pbxsync_worker.core.model.presets.actions import APPLY, REGENERATE
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.delta.compare import compare
from pbxsync_worker.delta.plan import brakes, check_policy, make_plan, order, with_action
from tests.unit.delta.trees import DATASET, TREES, done, file, folder, having, link

WRITER = Policy(rights=frozenset({Right.WRITE}))
RELOADS = (Reload("pbx_config.so", "extensions.conf"),)
PLAN = Plan("etc", (), reloads=RELOADS)


def names(changes) -> list[str]:
    return [change.name.decode().removeprefix("ASTETCDIR/") for change in changes]


def gone(*leaves: str) -> list[Change]:
    return [Change(file(leaf), None) for leaf in leaves]


@given(ours=TREES, theirs=TREES)
def test_the_order_can_be_done_step_by_step_whatever_becomes_of_what(ours, theirs):
    changes = compare(DATASET, None, ours, theirs).changes
    assert done(ours, order(changes)).items == theirs.items


@given(ours=TREES, theirs=TREES)
def test_the_order_loses_and_invents_nothing_and_is_always_the_same(ours, theirs):
    changes = compare(DATASET, None, ours, theirs).changes
    assert sorted(order(changes), key=lambda one: one.name) == list(changes)
    assert order(changes[::-1]) == order(changes)


def test_folders_come_before_what_lies_in_them_and_go_after_it():
    coming = [Change(None, file("n/x")), Change(None, folder("n"))]
    going = [Change(folder("o"), None), Change(file("o/x"), None)]
    assert names(order([*coming, *going])) == ["n", "n/x", "o/x", "o"]


def test_a_folder_that_becomes_a_link_is_emptied_first_and_the_rest_goes_last():
    changes = [Change(folder("d"), link("d", b"t")), Change(file("d/x"), None), Change(file("a"), None)]
    assert names(order(changes)) == ["d/x", "d", "a"]


def test_a_plan_has_its_changes_in_order_and_what_is_kept_and_reloaded():
    changes = Changes((Change(file("o"), None), Change(None, file("p"))), (Kept(b"k", "why"),))
    plan = make_plan(DATASET, changes, RELOADS, ["modules.conf"])
    assert (plan.dataset, names(plan.changes), plan.kept) == ("etc", ["p", "o"], changes.kept)
    assert (plan.reloads, plan.restart, plan.brake) == (RELOADS, ("modules.conf",), ())


@pytest.mark.parametrize(
    ("going", "of", "percent", "held"),
    [
        (5, 5, 20, False),  # a handful is daily work
        (6, 30, 20, False),  # exactly the limit
        (6, 29, 20, True),
        (6, 100, 0, True),
        (100, 100, 100, False),
    ],
)
def test_the_brake_holds_a_plan_that_removes_too_much(going, of, percent, held):
    ours = having(*(file(f"f{number}") for number in range(of)))
    changes = Changes(tuple(gone(*(f"f{number}" for number in range(going)))))
    assert bool(brakes(changes, ours, having(file("f99")), percent)) is held


def test_the_brake_names_the_share_that_would_go():
    ours = having(*(file(f"f{number}") for number in range(10)))
    (said,) = brakes(Changes(tuple(gone(*(f"f{number}" for number in range(6))))), ours, having(file("x")), 20)
    assert as_text(said) == "6 of 10 items would be removed (60 %)"


def test_the_brake_holds_where_the_source_is_suddenly_empty():
    assert len(brakes(Changes(()), having(file("a")), having(), 100)) == 1
    assert brakes(Changes(()), having(), having(), 0) == ()


def test_the_policy_allows_what_it_names():
    check_policy(WRITER, DATASET, PLAN)
    check_policy(Policy(WRITER.rights, reloads=("pbx_config.so",)), DATASET, PLAN)


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (Policy(), "may not write to this host"),
        (Policy(rights=frozenset({Right.READ, Right.COORDINATE})), "may not write to this host"),
        (Policy(WRITER.rights, places=("ASTSPOOLDIR",)), "may not write to ASTETCDIR"),
        (Policy(WRITER.rights, reloads=("res_pjsip.so",)), "may not cause a reload of pbx_config.so"),
        (Policy(WRITER.rights, reloads=()), "may not cause a reload of pbx_config.so"),
    ],
)
def test_the_policy_refuses_what_it_does_not_name(policy, reason):
    with pytest.raises(NotAllowed, match=reason):
        check_policy(policy, DATASET, PLAN)


def test_the_policy_looks_at_every_place_of_the_dataset():
    both = Dataset("both", "Both", (FileSet(Place.ETC), FileSet(Place.SPOOL)))
    with pytest.raises(NotAllowed, match="ASTSPOOLDIR"):
        check_policy(Policy(WRITER.rights, places=("ASTETCDIR",)), both, PLAN)


def test_the_brake_holds_where_the_source_has_lost_every_mailbox():
    box = Item(b"VOICEMAIL/default/1", ItemKind.BOX, 1, b"x")
    (said,) = brakes(Changes(()), having(file("a"), box), having(file("a")), 100)
    assert as_text(said) == "the source has no mailbox left"
    assert brakes(Changes(()), having(file("a")), having(file("a"), box), 100) == ()


REGEN = (Reload(REGENERATE, "users"), Reload("pbx_config.so", "users"))


@pytest.mark.parametrize(
    ("text", "reloads"),
    [
        ("map", [REGENERATE, "pbx_config.so"]),
        ("nothing", []),
        ("reload app_queue.so", [REGENERATE, "app_queue.so"]),
        ("reload all", [REGENERATE, "all"]),
        ("fwconsole reload", [APPLY]),
        ("restart gracefully", [REGENERATE]),
        ("stop and start now", [REGENERATE, "pbx_config.so"]),
        ("hook flush", [REGENERATE, "pbx_config.so"]),
    ],
)
def test_an_action_leaves_the_reloads_that_it_needs(text, reloads):
    plan = with_action(Plan("etc", (), reloads=REGEN), parse_action(text))
    assert (plan.action.text, [one.module for one in plan.reloads]) == (text, reloads)


def test_a_stop_needs_no_reload_where_files_say_it_all():
    plan = with_action(Plan("etc", (), reloads=RELOADS), parse_action("stop and start now"))
    assert plan.reloads == ()


@pytest.mark.parametrize("text", ["restart now", "hook flush", "ami QueueReset"])
def test_the_policy_allows_only_reloads_until_it_names_more(text):
    plan = with_action(PLAN, parse_action(text))
    with pytest.raises(NotAllowed, match=text):
        check_policy(WRITER, DATASET, plan)
    check_policy(replace(WRITER, actions=(text,)), DATASET, plan)
    check_policy(replace(WRITER, actions=("*",)), DATASET, plan)
