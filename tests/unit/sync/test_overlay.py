"""Rows arrive as this host wants them: compared, planned and written so, and looked at once only."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.errors import PeerLied, SourceChanged, Unsupported
from pbxsync_worker.core.model.inventory import EMPTY, Inventory
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.presets.overlay import EVERYWHERE, REPLICA, Keep, Replace
from pbxsync_worker.core.model.presets.tables import only
from pbxsync_worker.core.model.run import Mode, State
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.datasets.mysql import RowOverlay
from pbxsync_worker.datasets.mysql.names import row_item
from pbxsync_worker.sync.decide import look_around
from pbxsync_worker.sync.overlay import MAX_CONTENTS, take_over
from pbxsync_worker.sync.run import run_once
from tests.fakes.link import DirectLink
from tests.fakes.mysql import MemoryRows
from tests.unit.core.values import run
from tests.unit.datasets.mysql.rows import TABLES
from tests.unit.sync.parts import Notes, parts

TRUNKS, PJSIP = TABLES
WHAT = Dataset("trunks", "Trunks", tables=TABLES)
RULES = (*EVERYWHERE, *REPLICA)


class Remembering(Notes):
    """A Memory that keeps the last baseline, and the plan."""

    base = None
    due = None
    plan = None

    def baseline(self, run):
        return self.base

    def expect(self, run, before, after, theirs):
        self.due = (after, theirs)

    def remember(self, run):
        self.base = self.due

    def save_plan(self, run, plan, diffs):
        self.plan = plan


class Pair:
    """A source and a target of rows in memory."""

    def __init__(self, folder, rules=RULES):
        self.folder, self.rules = folder, rules
        self.there, self.here, self.memory = MemoryRows(), MemoryRows(), Remembering()
        self.link = DirectLink(self.there)

    def parts(self):
        made = parts(self.folder, self.link)
        overlay = RowOverlay(TABLES, self.rules, self.folder / "overlay", Disk())
        host = replace(made.host, data=self.here, memory=self.memory)
        return replace(made, host=host, dataset=WHAT, overlay=overlay)

    def sync(self, mode=Mode.APPLY):
        return run_once(run(mode=mode), self.parts())

    def disabled(self, host):
        return [b"on" if b"on" in row else b"off" for rows in host.live[TRUNKS.base].values() for row in rows]


def add_trunk(host, number=b"1", disabled=b"off"):
    host.put(TRUNKS, trunkid=number, tech=b"pjsip", channelid=b"ACME", disabled=disabled)


@pytest.fixture
def pair(tmp_path):
    made = Pair(tmp_path)
    add_trunk(made.there)
    made.there.put(PJSIP, id=b"1", keyword=b"secret", data=b"x")
    made.there.put(PJSIP, id=b"1", keyword=b"transport", data=b"10.0.0.4-udp")
    return made


def test_a_new_trunk_arrives_switched_off_and_the_plan_says_why(pair):
    assert pair.sync().state is State.COMMITTED
    assert (pair.disabled(pair.there), pair.disabled(pair.here)) == ([b"off"], [b"on"])
    told = {one.name: as_text(one.told[0]) for one in pair.memory.plan.replaced}
    assert told[TRUNKS.base + b"1,pjsip,ACME"] == "disabled becomes on here: two hosts must not register one account"
    assert PJSIP.base + b"1,secret" not in told


def test_a_second_run_asks_once_and_finds_nothing_to_do(pair):
    pair.sync()
    asked = pair.link.requests
    ended = pair.sync()
    assert (ended.state, pair.link.requests) == (State.UNCHANGED, asked + 1)
    assert "in step but for 2 items" in as_text(ended.sentence)


def test_without_a_memory_it_looks_again_and_finds_nothing_to_do_either(pair):
    pair.sync()
    (pair.folder / "overlay").unlink()
    assert pair.sync().state is State.UNCHANGED


def test_what_was_not_changed_is_not_fetched_with_what_was(pair):
    pair.sync()
    moved = pair.link.moved
    pair.there.put(PJSIP, id=b"1", keyword=b"secret", data=b"new")
    assert pair.sync().state is State.COMMITTED
    (content,) = pair.here.live[PJSIP.base][b"1,secret"]
    assert pair.link.moved - moved == len(content)


def test_a_preview_shows_the_same_plan_as_the_run(pair):
    assert pair.sync(Mode.PLAN).state is State.PREVIEWED
    shown = pair.memory.plan
    assert pair.here.live == {}
    pair.sync()
    assert pair.memory.plan == shown


def test_who_switched_a_trunk_on_here_is_asked_first(pair):
    pair.sync()
    add_trunk(pair.here)
    ended = pair.sync()
    assert (ended.state, pair.disabled(pair.here)) == (State.HELD, [b"off"])
    assert "was changed on this host and would be changed back: disabled becomes on here" in as_text(ended.sentence)


def test_an_approved_run_switches_it_off_again(pair):
    pair.sync()
    add_trunk(pair.here)
    assert run_once(replace(run(), approved=True), pair.parts()).state is State.COMMITTED
    assert pair.disabled(pair.here) == [b"on"]


def test_trunks_that_were_here_before_the_first_run_are_switched_off_by_it(pair):
    add_trunk(pair.here)
    assert pair.sync().state is State.COMMITTED
    assert pair.disabled(pair.here) == [b"on"]


def test_a_host_that_is_no_replica_takes_the_trunk_as_it_is(tmp_path):
    pair = Pair(tmp_path, EVERYWHERE)
    add_trunk(pair.there)
    assert pair.sync().state is State.COMMITTED
    assert pair.disabled(pair.here) == [b"off"]


def test_a_new_trunk_that_would_be_switched_on_here_is_held(tmp_path):
    pair = Pair(tmp_path, EVERYWHERE)
    add_trunk(pair.there)
    made = pair.parts()
    ended = run_once(run(), replace(made, policy=replace(made.policy, replica=False)))
    assert (ended.state, pair.here.live) == (State.HELD, {})
    assert "1,pjsip,ACME is a new trunk" in as_text(ended.sentence)


def test_once_it_is_no_replica_any_more_the_next_run_switches_the_trunk_on(pair):
    pair.sync()
    pair.rules = EVERYWHERE
    assert pair.sync().state is State.COMMITTED
    assert pair.disabled(pair.here) == [b"off"]


def test_an_address_of_this_host_stays_whatever_the_source_says(pair):
    pair.sync()
    pair.here.put(PJSIP, id=b"1", keyword=b"transport", data=b"10.0.0.5-udp")
    pair.there.put(PJSIP, id=b"1", keyword=b"transport", data=b"10.9.9.9-udp")
    ended = pair.sync()
    assert ended.state is State.UNCHANGED
    assert b"10.0.0.5-udp" in pair.here.live[PJSIP.base][b"1,transport"][0]


def test_settings_of_no_trunk_stay_behind(pair):
    pair.there.put(PJSIP, id=b"7", keyword=b"secret", data=b"x")
    pair.sync()
    assert b"7,secret" not in pair.here.live[PJSIP.base]
    assert [as_text(one.reason) for one in pair.memory.plan.kept] == [
        "it belongs to no trunk, and FreePBX would register it all the same"
    ]


def test_a_source_that_gives_another_content_changes_nothing(pair):
    pair.link.lies = frozenset({TRUNKS.base + b"1,pjsip,ACME"})
    ended = pair.sync()
    assert (ended.state, ended.error, pair.here.live) == (State.FAILED, PeerLied.code, {})


def test_a_row_that_changes_while_it_is_looked_at_ends_the_run(pair):
    add_trunk(pair.here)
    scene = pair.parts()
    theirs, ours = pair.there.inventory(WHAT), pair.here.inventory(WHAT)
    add_trunk(pair.here, disabled=b"maybe")
    with pytest.raises(SourceChanged):
        take_over(scene, ours, theirs)


def test_more_than_fits_in_memory_is_refused(pair):
    huge = replace(row_item(TRUNKS.base + b"1,pjsip,ACME", b"x"), size=MAX_CONTENTS + 1)
    made = pair.parts()
    made.host.data.inventory(WHAT)
    with pytest.raises(Unsupported, match="keeps or replaces"):
        take_over(made, EMPTY, Inventory.of([huge]))


def test_a_run_that_is_taken_back_leaves_the_trunk_as_it_was(pair):
    add_trunk(pair.here)
    before = pair.here.inventory(WHAT).root
    made = pair.parts()
    made.host.pbx.finds = ((Finding(Level.FATAL, "endpoints", "none are left"),),)
    assert run_once(run(), made).state is State.ROLLED_BACK
    assert pair.here.inventory(WHAT).root == before
    assert pair.sync().state is State.COMMITTED
    assert pair.disabled(pair.here) == [b"on"]


def test_a_rule_of_this_host_comes_first(tmp_path):
    mine = Keep("asterisk", "trunks", "disabled", "off", "this host has a line of its own", (only("trunkid", "1"),))
    pair = Pair(tmp_path, (mine, *RULES))
    add_trunk(pair.there)
    add_trunk(pair.there, b"2")
    assert pair.sync().state is State.COMMITTED
    assert pair.disabled(pair.here) == [b"off", b"on"]


def test_a_rule_about_a_column_that_names_the_row_is_left_alone(tmp_path):
    pair = Pair(tmp_path, (Replace("asterisk", "trunks", "trunkid", "9", "another number"),))
    add_trunk(pair.there)
    assert pair.sync().state is State.COMMITTED
    assert list(pair.here.live[TRUNKS.base]) == [b"1,pjsip,ACME"]


def test_what_is_written_is_what_will_be_remembered(pair):
    scene = look_around(run(), pair.parts())
    pair.sync()
    assert pair.here.inventory(WHAT).root == scene.after.root
