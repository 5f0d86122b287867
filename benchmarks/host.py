"""One installation of the product over a tree of the work, on a PBX whose Asterisk is down: nothing is reloaded."""

import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from pbxsync_worker.core.settings import load
from pbxsync_worker.wiring import Installation
from scripts.lab.folders import ShortFolder
from scripts.lab.node import PbxNode
from scripts.lab.product import Product

ETC = "etc-asterisk"
_NO_ASTERISK = Path("/nonexistent")


class NotInTime(Exception):
    """Something did not become true; the text says what."""


class BenchHost(Product):
    """Its folders are those of the work: etc-asterisk is its configuration, all else its spool."""

    def __init__(self, folder: Path, name: str, root: Path, settings: Mapping[str, str] | None = None) -> None:
        """Choose where it lives, and whose tree it has; settings: further ones for its pbxsync.toml."""
        self._short = ShortFolder(folder / "h", 30)
        node = PbxNode(folder / "pbx", _NO_ASTERISK, name)
        super().__init__(self._short.path, node, settings=settings)
        self.root = root
        self._folder = folder

    def init(self) -> None:
        """Make the home; Asterisk's control socket will never be there, so Asterisk is proven down."""
        etc = self.root / ETC
        where = {
            "astetcdir": etc if etc.exists() else self._folder / "etc",
            "astspooldir": self.root,
            "astvarlibdir": self._folder / "varlib",
            "astdatadir": self._folder / "varlib",
            "astdbdir": self.root,
            "astlogdir": self._folder / "log",
            "astrundir": self._folder / "run",
        }
        for path in where.values():
            path.mkdir(parents=True, exist_ok=True)
        lines = [f"{name} => {path}" for name, path in where.items()]
        self.node.conf.write_text("\n".join(["[directories]", *lines, ""]))
        super().init()

    def close(self) -> None:
        """Stop every process and give everything back."""
        super().close()
        self.node.close()
        self.home.with_name(self.home.name + ".ami-secret").unlink(missing_ok=True)
        self._short.remove()

    @cached_property
    def here(self) -> Installation:
        """Return the installation as its own processes see it."""
        return Installation(load({"PBXSYNC_HOME": str(self.home)}))

    @property
    def processes(self) -> tuple[int, ...]:
        """Return the process above all others of it."""
        return (self._up.pid,) if self._up is not None else ()

    def quiet(self) -> bool:
        """Tell whether no run of this host is unfinished and nobody works on it."""
        if any(run.here for run in self.here.store.runs.unfinished()):
            return False
        with self.here.host_lock() as free:
            return free

    @property
    def _log(self) -> Path:
        return self._folder / "pbxsync.log"


def until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for something to become true; raise NotInTime."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise NotInTime(f"still waiting for {what} after {seconds:.0f} s")
        time.sleep(0.01)
