"""What the story of a run needs from the world, as Protocols; `wiring.py` gives it the real parts.

Each promise made here is tested once per real part and once per fake (tests/contract).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pbxsync_worker.core.model.asterisk_action import AS_CHANGED, AsteriskAction, When
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.pbx import Finding, PbxState, Reloaded
from pbxsync_worker.core.model.plan import Plan, Reload
from pbxsync_worker.core.model.run import Numbers, Run, State
from pbxsync_worker.core.model.sent import Ledger, Sent
from pbxsync_worker.core.model.step import Step, Undone

Content = Iterable[bytes]
"""The bytes of one item in pieces of at most 1 MiB; the consumer checks size and digest."""


class Clock(Protocol):
    """Time, so that tests can drive it by hand."""

    def now(self) -> float:
        """Return seconds since 1970; for people, never for ordering two hosts."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Contents(Protocol):
    """The host's one store of contents, by digest."""

    def has(self, digest: bytes) -> bool:
        """Tell whether the content is held."""
        ...

    def open(self, digest: bytes) -> Iterator[bytes]:
        """Give the content; raise ContentGone where it is not held or no longer matches its digest."""
        ...

    def put(self, content: Content, digest: bytes) -> None:
        """Hold a content durably; a content that does not match raises PeerLied and leaves nothing. Repeatable."""
        ...

    def put_many(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        """Hold many small contents, (digest, bytes) each, all or none; else as `put`."""
        ...


class HostData(Protocol):
    """What this host has of a dataset, and how to change it safely.

    Nothing live changes before `act`. After a crash every method may be called again with the same values.
    """

    def inventory(self, dataset: Dataset) -> Inventory:
        """Read names and digests; raise SourceChanged where an item never stood still."""
        ...

    def open(self, item: Item) -> Iterator[bytes]:
        """Give the content of exactly this version; raise SourceChanged where it is another by now."""
        ...

    def prepare(self, run: str, changes: Sequence[Change], content: Callable[[Change], Content]) -> tuple[Step, ...]:
        """Stage every change beside its target, checked and durable; raise NoSpace before the first write."""
        ...

    def act(self, step: Step) -> None:
        """Put the staged object live, atomically.

        Raise TargetChanged, having changed nothing, where the item is no longer `step.change.before`.
        """
        ...

    def undo(self, step: Step) -> Undone:
        """Take one act back, whether or not it happened; never overwrite what somebody changed since."""
        ...

    def settle(self, run: str, steps: Sequence[Step], contents: Contents | None) -> None:
        """Make acts or undos durable; with `contents` also hand over what the run displaced and remove staging."""
        ...

    def discard(self, run: str) -> None:
        """Remove everything staged for a run whose acts never began or were all undone."""
        ...

    def why_not(self, dataset: Dataset, item: Item) -> str:
        """Return why a source's item has no place here, such as a protected one, "" where it may come."""
        ...

    def settable(self, item: Item, here: Item | None) -> Item:
        """Return what this host would have after taking over an item; `here` is what it has of that name now.

        What it cannot set, such as an owner that it does not know, is as it would become.
        """
        ...


@dataclass(frozen=True, slots=True)
class Arrival:
    """A source's item as this host will have it.

    told: what was kept or replaced on its way, in words; overruled: another value that this host has is replaced.
    """

    item: Item
    content: bytes
    told: tuple[str, ...] = ()
    overruled: bool = False


class Overlay(Protocol):
    """What this host keeps for itself of what arrives in one run, and what it puts in its place."""

    def unwanted(self, theirs: Inventory, ours: Inventory) -> Mapping[bytes, str]:
        """Return what of the source does not come, and why, by item name."""
        ...

    def concerned(self, theirs: Inventory) -> frozenset[bytes]:
        """Return the names of what may become another item here, as far as names tell."""
        ...

    def known(self, theirs: Item, here: Item) -> tuple[str, ...] | None:
        """Return what is told of an item that is here already as it would arrive; None where contents must tell."""
        ...

    def arrive(self, theirs: Item, content: bytes, here: bytes | None) -> Arrival:
        """Return what an item becomes here; content: of the source; here: of what this host has of that name."""
        ...

    def remember(self) -> None:
        """Remember everything that was known or arrived, so that next time no contents are needed."""
        ...


class ConfigView(Protocol):
    """Asterisk's configuration folder as it is, or as it would be after the staged changes."""

    def read(self, path: str) -> bytes | None:
        """Return a file below the configuration folder, links followed inside it; None where there is none."""
        ...

    def names(self) -> Iterable[str]:
        """Return the paths of all files below the configuration folder."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """What a journal holds of a run.

    action: what Asterisk does around the steps; started: `PbxState.started` before them, "" where it was down.
    """

    run: str
    steps: tuple[Step, ...]
    reloads: tuple[Reload, ...]
    committed: bool = False
    action: AsteriskAction = AS_CHANGED
    started: str = ""


class Journal(Protocol):
    """The durable list of steps with their undo, and the one commit point."""

    def begin(self, written: Written) -> None:
        """Write everything down, durably, before the first act."""
        ...

    def commit(self, run: str) -> None:
        """THE commit point: after this returns the run stands, whatever happens."""
        ...

    def close(self, run: str) -> None:
        """Forget a run that is settled or wholly undone. Repeatable."""
        ...

    def unfinished(self) -> tuple[Written, ...]:
        """Return what is written of runs that were never closed; a run whose beginning is torn never began."""
        ...


@dataclass(frozen=True, slots=True)
class Pulled:
    """The answer to a pull: the source's inventory, and whether it was the one we already knew."""

    inventory: Inventory
    same: bool


class PeerLink(Protocol):
    """The source of a run: another host, or this host's own past."""

    def pull(self, dataset: Dataset, known: Inventory | None) -> Pulled:
        """Learn what the source has; `known` is what it had after the last committed run. One request."""
        ...

    def fetch(self, wanted: Sequence[Change]) -> Iterator[tuple[Change, Content]]:
        """Give the content of every wanted change, in this order; each must be consumed before the next.

        Raise SourceChanged where the source has another version by now, PeerLied where a limit or digest is broken.
        """
        ...

    def traffic(self) -> tuple[int, int]:
        """Return (requests, bytes both ways) so far."""
        ...

    @property
    def ledger(self) -> Ledger:
        """Return where it is counted how contents came."""
        ...


class Pbx(Protocol):
    """The Asterisk of this host. Every call ends by its deadline."""

    def look(self) -> PbxState:
        """Take one look; `running` is False only where Asterisk is proven down, else AsteriskSilent is raised."""
        ...

    def calls_in_progress(self) -> int | None:
        """Return how many calls are in progress, None where Asterisk does not say."""
        ...

    def check(self, before: ConfigView, after: ConfigView, plan: Plan) -> tuple[Finding, ...]:
        """Check the files as they would be, without touching Asterisk."""
        ...

    def reload(self, reloads: Sequence[Reload]) -> tuple[Reloaded, ...]:
        """Reload in this order; raise ReloadFailed at the first that did not succeed."""
        ...

    def verify(
        self, before: PbxState, config: ConfigView, reloads: Sequence[Reload], seconds: int
    ) -> tuple[Finding, ...]:
        """Prove health within the deadline: counts against the files, the log since `before`, AMI, SIP."""
        ...


GoingOn = Callable[[], None]
"""Called again and again while somebody waits; raises what ends the waiting, such as Cancelled."""


class AsteriskControl(Protocol):
    """What is done to the Asterisk of this host beside reloads. Every call ends by a deadline of its settings."""

    def why_not(self, action: AsteriskAction) -> str:
        """Return why an action is not possible on this host, "" where it is; asks nobody."""
        ...

    def stop(self, when: When, going_on: GoingOn) -> None:
        """Stop Asterisk and prove it down; raise CallsInProgress where calls outlast the limit, AsteriskSilent."""
        ...

    def start(self) -> None:
        """Start Asterisk, until it has fully booted; nothing happens where it runs. Raise AsteriskDown."""
        ...

    def restart(self, when: When, going_on: GoingOn) -> None:
        """Stop and start, until it has fully booted; raises as both do."""
        ...

    def cancel(self) -> None:
        """Take back a stop or restart that waits for calls to end; nothing happens where none does."""
        ...

    def unhang(self) -> None:
        """End an Asterisk that answers nothing at all any more; raise AsteriskSilent where that cannot be done."""
        ...

    def do(self, action: AsteriskAction) -> tuple[Finding, ...]:
        """Do an AMI action or run a hook; return what it said; raise AsteriskRefused, HookFailed."""
        ...


class Memory(Protocol):
    """What this host remembers about its runs. Each call is one transaction."""

    def move(self, run: Run, state: State, sentence: str = "", error: str = "") -> Run:
        """Move a run, and write its move row; raise IllegalMove, or Fenced where a newer worker holds the host."""
        ...

    def cancelled_by(self, run: Run) -> str:
        """Return who asked to cancel the run, or an empty text."""
        ...

    def retell(self, run: Run, sentence: str) -> Run:
        """Say why a run waits by now; it stays where it is."""
        ...

    def waits_since(self, run: Run) -> float | None:
        """Return when the run began to wait for the first time, seconds since 1970; None where it never did."""
        ...

    def baseline(self, run: Run) -> tuple[Inventory, Inventory] | None:
        """Return (ours, theirs) after the last committed run of the same job, dataset and source."""
        ...

    def expect(self, run: Run, before: Inventory, after: Inventory, theirs: Inventory) -> None:
        """Store what is, what will be, and what the source has; it counts once `remember` says so."""
        ...

    def remember(self, run: Run) -> None:
        """Make what was expected of a run the new baseline, and keep the states around it. Repeatable."""
        ...

    def save_plan(self, run: Run, plan: Plan, diffs: Mapping[str, str]) -> None:
        """Store the plan for people to see; diffs: text by item name, secrets already removed."""
        ...

    def note(
        self, run: Run, numbers: Numbers, reloaded: Sequence[str], findings: Sequence[Finding], sent: Sent
    ) -> None:
        """Store what the run measured and found."""
        ...
