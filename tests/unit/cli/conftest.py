"""The command line of an installation in a temporary home."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pbxsync_worker.cli.main import main
from pbxsync_worker.core.settings import load
from pbxsync_worker.wiring import Installation


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    status: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        """Return the one JSON value that was printed; fail where there was anything else."""
        return json.loads(self.out)


@dataclass
class Line:
    """A command line; `home` is the installation it is about."""

    home: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, *words: str) -> Said:
        self.monkeypatch.setattr(sys, "argv", ["pbxsync", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self.capsys.readouterr()
        return Said(int(ended.value.code or 0), out, err)

    def json(self, *words: str) -> Said:
        return self(*words, "--json")

    def init(self, name: str = "one", *more: str) -> Said:
        return self.json("init", "--name", name, "--peer-address", "127.0.0.1:1", *more)

    def here(self) -> Installation:
        return Installation(load())


@pytest.fixture
def line(tmp_path, capsys, monkeypatch):
    home = tmp_path / "home"
    conf = tmp_path / "asterisk.conf"
    folders = {
        name: tmp_path / "pbx" / name
        for name in ("astetcdir", "astvarlibdir", "astspooldir", "astdatadir", "astlogdir")
    }
    for folder in folders.values():
        folder.mkdir(parents=True)
    conf.write_text("[directories]\n" + "".join(f"{name} => {folder}\n" for name, folder in folders.items()))
    monkeypatch.setenv("PBXSYNC_HOME", str(home))
    monkeypatch.setenv("PBXSYNC_ASTERISK_CONF", str(conf))
    # Nothing answers there, and nothing is waited for.
    monkeypatch.setenv("PBXSYNC_AMI_PORT", "1")
    return Line(home, capsys, monkeypatch)


@pytest.fixture
def installed(line):
    assert line.init().status == 0
    return line
