"""What the stories of this package are given to work with; `wiring.py` builds it from real parts, tests from fakes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Protocol

from pbxsync_worker.core.model.asterisk_action import AS_CHANGED, AsteriskAction
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.decision import Alarm
from pbxsync_worker.core.model.errors import Bug
from pbxsync_worker.core.model.fact import Facts
from pbxsync_worker.core.model.facts import GateFinding
from pbxsync_worker.core.model.host import Policy
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.pbx import Finding
from pbxsync_worker.core.model.plan import Reload
from pbxsync_worker.core.model.ports import (
    Arrival,
    AsteriskControl,
    Clock,
    ConfigView,
    Contents,
    HostData,
    Journal,
    Memory,
    Overlay,
    Pbx,
    PeerLink,
)
from pbxsync_worker.core.model.run import Run
from pbxsync_worker.rules.decide import Scoped
from pbxsync_worker.rules.evaluate import History, NoHistory
from pbxsync_worker.sync.control import NoControl

Reloads = Callable[[Sequence[Change], ConfigView], tuple[tuple[Reload, ...], tuple[str, ...]]]
"""Changed files and the configuration as it will be -> (reload actions in order, files that need a restart)."""


Lamps = Callable[[Sequence[Change]], tuple[Finding, ...]]
"""Changes that were made -> what was odd when the lamps that show them were set."""


Gate = Callable[[Dataset], tuple[tuple[GateFinding, ...], Dataset]]
"""A dataset -> what stands between the two hosts of a run for it, and what of it fits both."""


def nothing_between(dataset: Dataset) -> tuple[tuple[GateFinding, ...], Dataset]:
    """Let everything through."""
    return (), dataset


class NoOverlay:
    """Everything arrives as the source has it: a host that returns to its own past, for one."""

    def unwanted(self, theirs: Inventory, ours: Inventory) -> Mapping[bytes, str]:
        """Return nothing."""
        del theirs, ours
        return {}

    def concerned(self, theirs: Inventory) -> frozenset[bytes]:
        """Return nothing: no item becomes another one."""
        del theirs
        return frozenset()

    def known(self, theirs: Item, here: Item) -> tuple[str, ...] | None:
        """Return nothing to tell."""
        del theirs, here
        return ()

    def arrive(self, theirs: Item, content: bytes, here: bytes | None) -> Arrival:
        """Refuse: nothing is concerned."""
        del content, here
        raise Bug(reason=f"{theirs.text} is not concerned")

    def remember(self) -> None:
        """Remember nothing."""


class Knowledge(History, Protocol):
    """What the monitors know of the hosts of a run, now and before."""

    def facts(self) -> Facts:
        """Return what is known now."""
        ...


class KnowsNothing(NoHistory):
    """No monitor told anything."""

    def facts(self) -> Facts:
        """Return nothing."""
        return {}


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides about a run; alarm: called for each alert that a rule asks for."""

    ordered: tuple[Scoped, ...] = ()
    knows: Knowledge = field(default_factory=KnowsNothing)
    alarm: Callable[[Run, Alarm], None] = lambda _run, _alarm: None


@dataclass(frozen=True, slots=True)
class Host:
    """The parts that belong to this host whatever the run.

    config: its configuration folder as it is now; lamps: sets what phones show of the changed keys;
    control: what is done to its Asterisk beside reloads.
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
    control: AsteriskControl = field(default_factory=NoControl)


@dataclass(frozen=True, slots=True)
class Parts:
    """The host and what one run is about.

    policy: what the source of the run may do here; gate: asked first; overlay: what this host keeps for itself of rows;
    action: what Asterisk does where no rule chooses; deadline: on the clock that never goes back, when a run that has
    not begun to change this host gives up.
    """

    host: Host
    link: PeerLink
    dataset: Dataset
    policy: Policy
    probe_seconds: int = 30
    gate: Gate = nothing_between
    overlay: Overlay = field(default_factory=NoOverlay)
    action: AsteriskAction = AS_CHANGED
    rules: Rules = field(default_factory=Rules)
    deadline: float = inf
