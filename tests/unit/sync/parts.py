"""A host of fakes for the stories of `sync`: dictionaries for data, a real journal and content store below tmp_path."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pbxsync_worker.apply.journal import FileJournal
from pbxsync_worker.core.contents import ContentStore
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, FileSet, Place
from pbxsync_worker.core.model.errors import Fenced
from pbxsync_worker.core.model.host import Policy, Right
from pbxsync_worker.core.model.inventory import EMPTY, Inventory
from pbxsync_worker.core.model.plan import Reload
from pbxsync_worker.core.model.ports import ConfigView, Content, PeerLink, Pulled
from pbxsync_worker.core.model.run import Numbers, Run, State
from pbxsync_worker.core.model.sent import Ledger, Sent
from pbxsync_worker.sync.parts import Host, Parts
from tests.fakes.clock import HandClock
from tests.fakes.memory_data import MemoryData
from tests.fakes.pbx import FakePbx

DATASET = Dataset("files", "Files", (FileSet(Place.ETC), FileSet(Place.SPOOL)))
WRITER = Policy(rights=frozenset({Right.WRITE}))


@dataclass
class Notes:
    """A Memory that writes everything down.

    cancelled: who asked every run to stop; fenced_at: the state from which on a newer worker holds the host;
    waits_from: since when every run waits.
    """

    cancelled: str = ""
    fenced_at: State | None = None
    waits_from: float | None = None
    moves: list[State] = field(default_factory=list)
    remembered: list[str] = field(default_factory=list)
    numbers: Numbers = field(default_factory=Numbers)
    reloaded: tuple[str, ...] = ()
    findings: tuple[object, ...] = ()

    def move(self, run: Run, state: State, sentence: str = "", error: str = "") -> Run:
        if state is self.fenced_at:
            raise Fenced(run=run.id)
        self.moves.append(state)
        return run.moved_to(state, sentence, error)

    def cancelled_by(self, run: Run) -> str:
        return self.cancelled

    def retell(self, run: Run, sentence: str) -> Run:
        return replace(run, sentence=sentence)

    def waits_since(self, run: Run) -> float | None:
        return self.waits_from

    def baseline(self, run: Run) -> tuple[Inventory, Inventory] | None:
        return None

    def expect(self, run: Run, before: Inventory, after: Inventory, theirs: Inventory) -> None:
        self.remembered.append(f"expect {run.id}")

    def remember(self, run: Run) -> None:
        self.remembered.append(f"remember {run.id}")

    def save_plan(self, run: Run, plan: object, diffs: object) -> None: ...

    def note(self, run: Run, numbers: Numbers, reloaded: Sequence[str], findings: Sequence[object], sent: Sent) -> None:
        self.numbers, self.reloaded, self.findings, self.sent = numbers, tuple(reloaded), tuple(findings), sent


@dataclass
class Source:
    """A PeerLink onto what it is told to have; contents: by item name; asked: what was wanted from it."""

    contents: dict[bytes, bytes] = field(default_factory=dict)
    asked: list[bytes] = field(default_factory=list)
    instead: Change | None = None
    inventory: Inventory = EMPTY
    ledger: Ledger = field(default_factory=Ledger)

    def pull(self, dataset: Dataset, known: Inventory | None) -> Pulled:
        return Pulled(self.inventory, same=False)

    def fetch(self, wanted: Sequence[Change]):
        self.asked += [change.name for change in wanted]
        for change in wanted:
            content: Content = [self.contents[change.name]]
            yield self.instead or change, content

    def traffic(self) -> tuple[int, int]:
        return 2, 345


def no_reloads(_: Sequence[Change], __: ConfigView) -> tuple[tuple[Reload, ...], tuple[str, ...]]:
    return (), ()


def parts(folder: Path, source: PeerLink | None = None) -> Any:
    """Return the Parts of a run on an empty host; not typed as such, so that tests reach what only its fakes have."""
    data = MemoryData()
    host = Host(
        data=data,
        config=data.config_view,
        pbx=FakePbx(),
        reloads=no_reloads,
        memory=Notes(),
        journal=FileJournal(folder / "journal", Disk()),
        contents=ContentStore(folder / "contents", Disk()),
        clock=HandClock(),
    )
    return Parts(host, source or Source(), DATASET, WRITER)
