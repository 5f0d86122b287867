"""Two whole installations on hosts that look like FreePBX's, in a farm with the whole configuration."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pbxsync_worker.core.model.run import Run
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.wiring.grant import grant
from scripts.lab.content import Age
from scripts.lab.freepbx import FreePbx
from scripts.lab.mariadb import MariaDb
from scripts.lab.node import PbxNode
from scripts.lab.story import PRESETS, Site, form_farm
from tests.integration.installation import Installed, Pair

SEED = 1


class FreePbxInstalled(Installed):
    """An installation on such a host."""

    def __init__(self, folder: Path, node: PbxNode, pbx: FreePbx) -> None:
        super().__init__(folder, node)
        self._settings = dict(pbx.settings)
        self.pbx = pbx


@dataclass(frozen=True)
class FreePbxPair(Pair):
    """source, target: with their databases."""

    source: FreePbxInstalled
    target: FreePbxInstalled

    def said(self, run: Run) -> str:
        """Return what a run told, for a test that fails."""
        return f"{run.state} {run.error} {run.sentence} {self.target.show(run.id)['result']['findings']}"


@contextmanager
def freepbx_pair(
    root: Path, folder: Path, server: MariaDb, name: str, extensions: tuple[int, int] = (40, 30)
) -> Iterator[FreePbxPair]:
    """Start both; the target has an old office with fewer extensions. name: what its databases begin with."""
    with ExitStack() as running:
        hosts = []
        for letter, many, age in zip("AB", extensions, (Age.CURRENT, Age.OLD), strict=True):
            node = PbxNode(folder / letter / "pbx", root, letter)
            running.callback(node.close)
            pbx = FreePbx(folder / letter / "freepbx", node, server, f"{name}_{letter.lower()}")
            pbx.fill(many, SEED if age is Age.CURRENT else SEED + 1, age)
            node.start()
            hosts.append(FreePbxInstalled(folder / letter, node, pbx))
        for host in hosts:
            host.init()
            running.callback(host.close)
            host.start()
        for host in hosts:
            host.wait()
        one, other = hosts
        job = form_farm(Site(one.node, one), Site(other.node, other), print, PRESETS)
        catalogue = one.here.store.catalogues.find_job(job)
        hasty = replace(catalogue.job(job), probe_seconds=10)
        grant(one.here, SaveCatalogue(catalogue.with_job(hasty)), "test")
        yield FreePbxPair(one, other, job)
