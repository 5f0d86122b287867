import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.datasets.astdb import lamps_for
from pbxsync_worker.datasets.astdb.keys import item_of


def change(key: str, value: str | None) -> Change:
    after = None if value is None else item_of(key.encode(), value.encode())
    return Change(item_of(key.encode(), b"before"), after)


@pytest.mark.parametrize(
    ("key", "value", "lamps"),
    [
        ("CF/2001", "5551234", {"CF2001": "BUSY", "DEVCF2001": "BUSY"}),
        ("CF/2001", None, {"CF2001": "NOT_INUSE", "DEVCF2001": "NOT_INUSE"}),
        ("CF/2001", "", {"CF2001": "NOT_INUSE", "DEVCF2001": "NOT_INUSE"}),
        ("DND/2001", "YES", {"DND2001": "BUSY", "DEVDND2001": "BUSY"}),
        ("DND/2001", None, {"DND2001": "UNAVAILABLE", "DEVDND2001": "UNAVAILABLE"}),
        ("DAYNIGHT/C1", "NIGHT", {"DAYNIGHT1": "INUSE"}),
        ("DAYNIGHT/C1", "DAY", {"DAYNIGHT1": "NOT_INUSE"}),
        ("TC/7", "false_sticky", {"TC7": "INUSE", "TCSTICKY7": "INUSE"}),
        ("TC/7", "true", {"TC7": "NOT_INUSE", "TCSTICKY7": "NOT_INUSE"}),
        ("TC/7", "", {}),
        ("AMPUSER/2001/followme/ddial", "DIRECT", {"FOLLOWME2001": "BUSY"}),
        ("AMPUSER/2001/followme/ddial", "EXTENSION", {"FOLLOWME2001": "NOT_INUSE"}),
    ],
)
def test_a_key_lights_its_lamps(key, value, lamps):
    assert lamps_for([change(key, value)]) == tuple((f"Custom:{name}", state) for name, state in lamps.items())


@pytest.mark.parametrize("key", ["CFB/2001", "CFU/2001", "AMPUSER/2001/cidname", "DAYNIGHT/1", "CF/2001/x", "CW/2001"])
def test_other_keys_light_none(key):
    assert lamps_for([change(key, "x")]) == ()


def test_every_device_of_an_extension_has_its_lamp():
    found = dict(lamps_for([change("DND/2001", "YES")], lambda extension: (f"9{extension}", "phone")))
    assert found.keys() == {"Custom:DND2001", "Custom:DEVDND92001", "Custom:DEVDNDphone"}


@pytest.mark.parametrize("number", ["1)", "1,2", "a b", "${EXTEN}", "\xff"])
def test_a_number_that_could_say_more_than_a_lamp_lights_none(number):
    assert lamps_for([change(f"CF/{number}", "5")]) == ()
