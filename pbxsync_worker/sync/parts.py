"""What the stories of this package are given to work with; `wiring.py` builds it from real parts, tests from fakes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.facts import GateFinding
from pbxsync_worker.core.model.host import Policy
from pbxsync_worker.core.model.pbx import Finding
from pbxsync_worker.core.model.plan import Reload
from pbxsync_worker.core.model.ports import Clock, ConfigView, Contents, HostData, Journal, Memory, Pbx, PeerLink

Reloads = Callable[[Sequence[Change], ConfigView], tuple[tuple[Reload, ...], tuple[str, ...]]]
"""Changed files and the configuration as it will be -> (reload actions in order, files that need a restart)."""


Lamps = Callable[[Sequence[Change]], tuple[Finding, ...]]
"""Changes that were made -> what was odd when the lamps that show them were set."""


Gate = Callable[[Dataset], tuple[tuple[GateFinding, ...], Dataset]]
"""A dataset -> what stands between the two hosts of a run for it, and what of it fits both."""


def nothing_between(dataset: Dataset) -> tuple[tuple[GateFinding, ...], Dataset]:
    """Let everything through."""
    return (), dataset


@dataclass(frozen=True, slots=True)
class Host:
    """The parts that belong to this host whatever the run.

    config: its configuration folder as it is now; lamps: sets what phones show of the changed keys.
    """

    data: HostData
    config: Callable[[], ConfigView]
    pbx: Pbx
    reloads: Reloads
    memory: Memory
    journal: Journal
    contents: Contents
    clock: Clock
    lamps: Lamps = lambda _: ()


@dataclass(frozen=True, slots=True)
class Parts:
    """The host and what one run is about; policy: what the source of the run may do here; gate: asked first."""

    host: Host
    link: PeerLink
    dataset: Dataset
    policy: Policy
    probe_seconds: int = 30
    gate: Gate = nothing_between
