"""What FreePBX says while it writes its files ends a run before Asterisk reads them."""

import pytest

from pbxsync_worker.asterisk.freepbx import Regenerated
from pbxsync_worker.core.model.errors import StaticCheckFailed
from pbxsync_worker.core.model.plan import Reload
from pbxsync_worker.core.model.presets.actions import REGENERATE
from pbxsync_worker.wiring.freepbx import FreePbxAsterisk
from tests.fakes.memory_data import MemoryData
from tests.fakes.pbx import FakePbx

CONFLICT = ("retrieve_conf", "XTNCONFLICT")
WANTED = [Reload(REGENERATE, "users"), Reload("res_pjsip.so", "users")]


class Notices:
    """FreePBX's flags: what it tells before and after; cleared: how often they were taken away."""

    def __init__(self, before, after):
        self._told = iter((frozenset(before), frozenset(after)))
        self.cleared = 0

    def notices(self):
        return next(self._told)

    def set(self):
        return False

    def clear(self):
        self.cleared += 1


class Writer:
    """A FreePBX that writes nothing."""

    def regenerate(self, patience):
        return Regenerated(1.0, ())


def reloaded(flags, pbx):
    writer = Writer()
    return FreePbxAsterisk(pbx, writer, MemoryData().config_view, flags).reload(WANTED)  # type: ignore[arg-type]  # all of it that is used


@pytest.mark.parametrize("notice", [CONFLICT, ("retrieve_conf", "BADDEST")])
def test_extensions_that_collide_and_ways_into_nothing_are_refused(notice):
    pbx, flags = FakePbx(), Notices([], [notice])
    with pytest.raises(StaticCheckFailed):
        reloaded(flags, pbx)
    assert (flags.cleared, pbx.reloaded) == (0, [])


@pytest.mark.parametrize("before", [[CONFLICT], []])
def test_what_was_told_before_or_means_less_hinders_nothing(before):
    flags = Notices(before, [*before, ("freepbx", "ASTRELOADSKIP")])
    assert [one.module for one in reloaded(flags, FakePbx())] == ["fwconsole reload", "res_pjsip.so"]
    assert flags.cleared == 1
