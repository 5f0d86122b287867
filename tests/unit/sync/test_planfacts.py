"""What a plan would do, as facts."""

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.fact import PLAN_KINDS
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.plan import Plan, Reload
from pbxsync_worker.sync.planfacts import plan_facts
from tests.unit.core.values import file


class Files:
    """A configuration folder in memory."""

    def __init__(self, **files: bytes) -> None:
        self.files = {name.replace("__", "."): content for name, content in files.items()}

    def read(self, path):
        return self.files.get(path)

    def names(self):
        return tuple(self.files)


def facts(*changes, now=None, coming=None, here=10, **plan):
    made = Plan("files", changes, **plan)
    return {name: fact.value for name, fact in plan_facts(made, here, now or Files(), coming or Files(), 5.0).items()}


def changed(name):
    return Change(file(b"ASTETCDIR/" + name, b"old"), file(b"ASTETCDIR/" + name, b"new"))


def row(table, key):
    return Change(None, Item(f"SQL/asterisk/{table}/{key}".encode(), ItemKind.ROW, 3, b"x" * 16))


def test_every_fact_of_a_plan_is_measured():
    assert list(facts()) == [kind.name for kind in PLAN_KINDS]


def test_changes_are_counted():
    known = facts(
        Change(None, file(b"ASTETCDIR/a", b"12345")),
        Change(file(b"ASTETCDIR/b", b"1"), None),
        changed(b"c"),
        reloads=(Reload("dialplan", ""), Reload("manager", "")),
        restart=("modules.conf",),
    )
    counted = {"changes": 3, "adds": 1, "deletes": 1, "deletes_percent": 10.0, "bytes": 8, "reloads": 2}
    assert {name: known[f"plan.{name}"] for name in counted} == counted
    assert known["plan.needs_restart"] is True


def test_nothing_is_no_share_of_an_empty_host():
    assert facts(here=0)["plan.deletes_percent"] == 0


@pytest.mark.parametrize(
    ("fact", "line", "other"),
    [
        ("new_trunks", b"[t]\ntype = registration\n", b"[t]\ntype = endpoint\n"),
        ("new_trunks", b"register => me:pw@provider\n", b"; register => me:pw@provider\n"),
        ("new_commands", b"exten => 1,1,System(rm x)\n", b"; exten => 1,1,System(rm x)\n"),
        ("new_commands", b" same => n,TrySystem(ls)\n", b" same => n,Set(SystemName=a)\n"),
        ("new_commands", b"same = n,AGI(a.php)\n", b"same = n,NoOp(AGI)\n"),
        ("new_commands", b"same = n,Set(a=${SHELL(ls)})\n", b"same = n,Set(a=SHELL)\n"),
        ("new_commands", b"same = n,ExternalIVR(x)\n", b"same = n,Answer()\n"),
    ],
)
def test_lines_that_come_are_counted(fact, line, other):
    change = changed(b"x.conf")
    assert facts(change, now=Files(x__conf=other), coming=Files(x__conf=line))[f"plan.{fact}"] == 1
    assert facts(change, now=Files(x__conf=line), coming=Files(x__conf=line + other))[f"plan.{fact}"] == 0
    assert facts(change, now=Files(x__conf=line), coming=Files(x__conf=other))[f"plan.{fact}"] == 0


def test_a_line_that_moves_to_another_file_is_not_new():
    line = b"exten => 1,1,System(ls)\n"
    moves = facts(changed(b"a.conf"), changed(b"b.conf"), now=Files(a__conf=line), coming=Files(b__conf=line))
    assert moves["plan.new_commands"] == 0


def test_who_may_log_in_is_an_administrator():
    coming = Files(manager__conf=b"[general]\nenabled=yes\n[boss]\nsecret=x\n")
    assert facts(changed(b"manager.conf"), coming=coming)["plan.new_admins"] == 1
    assert facts(row("ampusers", "boss"), row("ampusers", "two"), row("users", "3"))["plan.new_admins"] == 2


def test_a_trunk_of_freepbx_is_a_row():
    assert facts(row("trunks", "7"))["plan.new_trunks"] == 1
