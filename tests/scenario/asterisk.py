"""The Asterisk of host B where it is stopped and started: what it is and has read outlives every process of ours."""

import json
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from pbxsync_worker.core.model.asterisk_action import AsteriskAction, When, parse_action
from pbxsync_worker.core.model.pbx import PbxState
from pbxsync_worker.core.model.ports import GoingOn
from tests.fakes.control import FakeControl
from tests.fakes.disk import BreakingDisk
from tests.fakes.pbx import HEALTHY, FakePbx

_FILE = "asterisk.json"


class Machine:
    """What runs on the machine of host B; its file lies beside both hosts."""

    def __init__(self, root: Path) -> None:
        self._file = root / _FILE
        self._etc = root / "b" / "etc"

    @classmethod
    def boot(cls, root: Path, action: str) -> "Machine":
        """Let an Asterisk run there; action: what every run makes it do."""
        one = cls(root)
        one._file.write_text(json.dumps({"action": action, "starts": 0, "running": False, "read": ""}))
        one.start()
        return one

    @property
    def here(self) -> bool:
        return self._file.exists()

    @property
    def action(self) -> AsteriskAction:
        return parse_action(self._now["action"])

    @property
    def state(self) -> PbxState:
        now = self._now
        return replace(HEALTHY, started=f"start {now['starts']}") if now["running"] else PbxState(running=False)

    @property
    def fits(self) -> bool:
        """Tell whether it runs with the files as they are."""
        return bool(self._now["running"]) and self._now["read"] == self._files()

    def start(self) -> None:
        if not self._now["running"]:
            self._set(running=True, starts=self._now["starts"] + 1, read=self._files())

    def stop(self) -> None:
        self._set(running=False)

    def read_again(self) -> None:
        self._set(read=self._files())

    def _files(self) -> str:
        found = blake2b()
        for path in sorted(self._etc.rglob("*.conf")) if self._etc.exists() else ():
            found.update(path.name.encode("utf-8", "surrogateescape") + path.read_bytes())
        return found.hexdigest()

    @property
    def _now(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._file.read_text())
        return found

    def _set(self, **fields: object) -> None:
        self._file.write_text(json.dumps({**self._now, **fields}))


class MachinePbx(FakePbx):
    """A PBX whose Asterisk is the machine's; its reloads are counted among the acts of the disk."""

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self.machine = machine
        self.disk = BreakingDisk()

    def look(self) -> PbxState:
        self.state = self.machine.state
        return super().look()

    def reload(self, reloads):
        self.state = self.machine.state
        with self.disk.around("reload"):
            done = super().reload(reloads)
            if reloads and self.state.running:
                self.machine.read_again()
            return done

    def verify(self, before, config, reloads, seconds):
        self.state = self.machine.state
        return super().verify(before, config, reloads, seconds)


class MachineControl(FakeControl):
    """Its stops and starts are counted among the acts of the disk."""

    pbx: MachinePbx

    def _end(self, when: When, going_on: GoingOn) -> None:
        going_on()
        with self.pbx.disk.around("stop"):
            self.pbx.machine.stop()

    def _begin(self) -> None:
        with self.pbx.disk.around("start"):
            self.pbx.machine.start()
