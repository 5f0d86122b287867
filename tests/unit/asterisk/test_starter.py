"""Who starts Asterisk on which host."""

from pathlib import Path

import pytest

from pbxsync_worker.asterisk.starter import NOBODY, Found, starter_for
from pbxsync_worker.core.model.asterisk_action import Starting

SETUP = Path(__file__).parents[3] / "packaging" / "debian" / "pbxsync-setup"


@pytest.fixture
def found(tmp_path: Path) -> Found:
    (tmp_path / "systemd").mkdir()
    (tmp_path / "units").mkdir()
    return Found(None, ("sudo", "-n"), tmp_path / "systemd", (tmp_path / "units",))


def test_the_unit_of_freepbx_comes_before_that_of_asterisk(found: Found):
    for unit in ("asterisk.service", "freepbx.service"):
        (found.units[0] / unit).touch()
        assert starter_for(Starting(), found).start == ("sudo", "-n", "systemctl", "start", unit)


def test_a_named_unit_is_taken(found: Found):
    assert starter_for(Starting(unit="pbx.service"), found).stop[-1] == "pbx.service"
    assert starter_for(Starting(by="systemd", unit="pbx.service"), found).kill[-1] == "pbx.service"


def test_fwconsole_starts_it_apart_from_our_own_service(found: Found):
    freepbx = Found(Path("/usr/sbin/fwconsole"), (), found.systemd, ())
    assert starter_for(Starting(), freepbx).start == (
        *("systemd-run", "--scope", "--quiet"),
        *("/usr/sbin/fwconsole", "start"),
    )


def test_fwconsole_needs_no_systemd(tmp_path: Path):
    freepbx = Found(Path("/usr/sbin/fwconsole"), (), tmp_path / "none", ())
    assert starter_for(Starting(by="fwconsole"), freepbx).start == ("/usr/sbin/fwconsole", "start")


def test_commands_are_taken_as_they_are(found: Found):
    starting = Starting("commands", "", ("/usr/sbin/asterisk",), ("/bin/x",), ("/bin/y",))
    starter = starter_for(starting, found)
    assert (starter.start, starter.stop, starter.kill) == (("/usr/sbin/asterisk",), ("/bin/x",), ("/bin/y",))


@pytest.mark.parametrize("by", ["auto", "nobody"])
def test_a_host_without_anything_has_nobody(found: Found, by: str):
    assert starter_for(Starting(by=by), found) == NOBODY


@pytest.mark.parametrize("unit", ["freepbx.service", "asterisk.service"])
def test_every_command_of_systemd_is_allowed_word_for_word_by_the_package(unit):
    starter = starter_for(Starting("systemd", unit=unit), Found())
    rules = SETUP.read_text().replace("$unit", unit)
    for argv in (starter.start, starter.stop, starter.kill):
        assert "/usr/bin/" + " ".join(argv[2:]) in rules


def test_every_command_of_fwconsole_is_allowed_word_for_word_by_the_package(tmp_path):
    for systemd in (tmp_path, tmp_path / "none"):
        starter = starter_for(Starting("fwconsole"), Found(Path("/usr/sbin/fwconsole"), systemd=systemd))
        assert starter.kill == ()
        for argv in (starter.start, starter.stop):
            words = " ".join(argv[2:])
            assert f"{words}," in SETUP.read_text() or f'{words}"' in SETUP.read_text()
