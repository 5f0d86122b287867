"""Who is logged in at which phone stays with its host, where people log in at all."""

import pytest

from pbxsync_worker.wiring.devices import LogIns, keys_that_stay
from tests.fakes.clock import HandClock

LOG_INS = [b"ASTDB/AMPUSER/2001/device", b"ASTDB/DEVICE/2001/user"]
OTHERS = [b"ASTDB/AMPUSER/2001/cidname", b"ASTDB/DEVICE/2001/dial", b"ASTDB/CF/2001"]


@pytest.mark.parametrize("name", LOG_INS)
def test_log_ins_never_travel_where_people_log_in(name):
    assert LogIns(lambda: "deviceanduser", HandClock()).now()(name)


@pytest.mark.parametrize("name", LOG_INS)
def test_where_phones_belong_to_people_the_same_keys_travel(name):
    assert not LogIns(lambda: "extensions", HandClock()).now()(name)


@pytest.mark.parametrize("name", OTHERS)
def test_other_keys_travel_whatever_the_mode(name):
    assert not LogIns(lambda: "deviceanduser", HandClock()).now()(name)


def test_without_freepbx_nobody_is_asked():
    assert not keys_that_stay({}, HandClock())()(LOG_INS[0])


def test_a_changed_mode_is_noticed_after_a_minute():
    modes = iter(["extensions", "deviceanduser"])
    clock = HandClock()
    log_ins = LogIns(lambda: next(modes), clock)
    assert not log_ins.now()(LOG_INS[0])
    clock.move(59)
    assert not log_ins.now()(LOG_INS[0])
    clock.move(2)
    assert log_ins.now()(LOG_INS[0])
