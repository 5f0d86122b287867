"""What the Debian package puts on a host, as far as it can be read without installing it."""

import re
import shutil
import subprocess

import pytest

from pbxsync_worker.asterisk.freepbx import REGENERATE
from pbxsync_worker.asterisk.starter import _UNITS, Found, _fwconsole
from pbxsync_worker.cli.main import cli
from pbxsync_worker.core.settings import Settings
from pbxsync_worker.services.worker import QUEUES
from scripts.packing.debian import ROOT, SOURCE

UNITS = sorted((SOURCE / "units").iterdir())
SERVICES = [path for path in UNITS if path.stem != "pbxsync"]
SETUP = (SOURCE / "pbxsync-setup").read_text()


@pytest.mark.parametrize("name", ["postinst", "prerm", "postrm", "pbxsync", "pbxsync-setup"])
def test_a_shell_of_debian_can_read_it(name):
    shell = shutil.which("dash") or "sh"
    done = subprocess.run([shell, "-n", SOURCE / name], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_a_service_runs_a_command_that_exists(path):
    words = re.search(r"^ExecStart=(\S+) (.*)$", path.read_text(), re.MULTILINE)
    assert words is not None
    if words[1].endswith("/pbxsync"):
        command, *kind = words[2].split()
        assert command in cli.commands
        assert not kind or kind[0] in QUEUES


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_a_service_has_its_own_user_and_comes_back(path):
    text = path.read_text()
    assert "User=pbxsync\n" in text
    assert "Restart=always\n" in text
    assert "PartOf=pbxsync.service\n" in text


@pytest.mark.parametrize("name", ["web", "peer", "redis"])
def test_whoever_listens_can_change_nothing_of_the_pbx_and_become_nobody_else(name):
    text = (SOURCE / f"units/pbxsync-{name}.service").read_text()
    for line in ("NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict"):
        assert f"{line}\n" in text


def test_one_service_brings_all_the_others():
    wanted = re.search(r"^Wants=(.*)$", (SOURCE / "units/pbxsync.service").read_text(), re.MULTILINE)
    assert wanted is not None
    assert set(wanted[1].split()) == {path.name for path in SERVICES}


def test_the_rule_of_sudo_names_what_the_product_calls():
    program = Settings(home=ROOT).fwconsole
    wanted = [f"{program} {' '.join(REGENERATE)}"]
    starter = _fwconsole(Found(program, as_root=(), systemd=ROOT))
    wanted += [" ".join(starter.start), " ".join(starter.stop)]
    assert [one for one in wanted if one not in SETUP] == []
    assert [unit for unit in _UNITS if unit not in SETUP] == []


def test_the_module_looks_where_the_package_puts_things():
    places = (ROOT / "freepbx_module/src/places.php").read_text()
    assert str(Settings(home=ROOT).panel_key) in places
    assert "/run/pbxsync/web.sock" in places
    assert "unix:/run/pbxsync/web.sock" in SETUP
    assert "unix:/run/pbxsync/web.sock" in (ROOT / "packaging/apache/pbxsync.conf").read_text()


def test_the_ami_user_has_the_rights_that_the_documentation_names():
    page = (ROOT / "docs/ami.md").read_text()
    read = re.search(r"^read = (.*)$", SETUP, re.MULTILINE)
    assert read is not None
    assert f"read = {read[1]}\n" in page
