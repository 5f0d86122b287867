"""The numbers of a run."""

import pytest

from pbxsync_worker.core.model.change import Change, Changes
from pbxsync_worker.core.model.errors import AsteriskSilent
from pbxsync_worker.core.model.inventory import EMPTY, Inventory
from pbxsync_worker.core.model.pbx import Finding, Level, Reloaded
from pbxsync_worker.core.model.plan import Plan
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.sync.decide import Scene
from pbxsync_worker.sync.measure import Measure
from tests.unit.core.values import directory, file, run
from tests.unit.sync.parts import parts

ODD = Finding(Level.WARNING, "log", "odd")


def test_everything_that_was_measured_is_written_down_at_the_end(tmp_path):
    made = parts(tmp_path)
    measure, notes, clock = Measure(run(), made), made.host.memory, made.host.clock
    theirs = Inventory.of([file(b"ASTETCDIR/a", b"12345"), file(b"ASTETCDIR/b", b"123"), directory(b"ASTETCDIR/d")])
    measure.scene(Scene(EMPTY, theirs, theirs, Changes(()), baseline_is_old=True))
    coming, going = file(b"ASTETCDIR/b", b"123"), file(b"ASTETCDIR/g", b"1234567")
    measure.found(Plan("d", (Change(None, coming), Change(None, directory(b"ASTETCDIR/d")), Change(going, None))), ())
    clock.sleep(1.0)
    with measure.reloading():
        clock.sleep(0.25)
    measure.reloaded([Reloaded("a.so", 0.1), Reloaded("b.so", 0.1, skipped=True)])
    measure.save()
    numbers = notes.numbers
    assert (numbers.items, numbers.state_bytes, numbers.changes, numbers.content_bytes) == (3, 8, 3, 3)
    assert (numbers.seconds, numbers.reload_seconds, numbers.requests, numbers.wire_bytes) == (1.25, 0.25, 2, 345)
    assert notes.reloaded == ("a.so",)
    assert as_text(measure.sentence()) == "3 changes applied, verified and committed in 1.25 s"


def test_one_change_is_said_as_one(tmp_path):
    measure = Measure(run(), parts(tmp_path))
    measure.found(Plan("d", (Change(None, directory(b"ASTETCDIR/d")),)), ())
    measure.save()
    assert as_text(measure.sentence()) == "1 change applied, verified and committed in 0.0 s"


def test_a_finding_is_written_down_once_and_the_static_check_is_not_forgotten(tmp_path):
    made = parts(tmp_path)
    measure, early = Measure(run(), made), Finding(Level.HOLD, "a.conf", "doubt")
    measure.found(Plan("d", ()), [early, ODD])
    measure.found(Plan("d", ()), [ODD])
    measure.save()
    assert made.host.memory.findings == (early, ODD)


def test_a_reload_that_fails_is_measured_too(tmp_path):
    made = parts(tmp_path)
    measure = Measure(run(), made)

    def reload() -> None:
        made.host.clock.sleep(0.5)
        raise AsteriskSilent(reason="x")

    with pytest.raises(AsteriskSilent), measure.reloading():
        reload()
    measure.save()
    assert made.host.memory.numbers.reload_seconds == 0.5
