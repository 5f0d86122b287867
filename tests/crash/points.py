"""Cuts the power at a point of a story on host B, recovers as a new process does, and judges what is found."""

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from pbxsync_worker.core.model.run import Run, State
from tests.fakes.disk import BreakingDisk, Cut, PowerCut
from tests.fakes.forgetful_disk import ForgetfulDisk, Loss
from tests.scenario.world import Print, World, fingerprint

Story = Callable[[World], Run]
S = TypeVar("S")
WRITES = frozenset({"write", "append"})


class _Every:
    def __contains__(self, _: object) -> bool:
        return True


EVERY = _Every()
OLD_STATES = frozenset({State.REQUESTED, State.FAILED, State.ROLLED_BACK})


@dataclass
class Stage:
    """A pair of hosts before a story: every case plays it on a copy of its own.

    story: returns the run as it ended; again: the run that must find nothing to do once the story was told;
    old, new: host B before and after the whole story; labels: its acts in order.
    """

    pristine: Path
    cases: Path
    story: Story
    again: Story
    old: Print = field(init=False)
    new: Print = field(init=False)
    source: Print = field(init=False)
    labels: list[str] = field(init=False)
    last_run: str = field(init=False)
    number: int = 0

    def __post_init__(self) -> None:
        self.old, self.source = whole(self.pristine), fingerprint(self.pristine / "a")
        with self.case() as root:
            world = World(root)
            self.last_run = world.store.runs.find(limit=1)[0].id
            self.story(world)
            world.close()
            self.new, self.labels = whole(root), list(world.disk.labels)
        assert self.old != self.new

    @contextmanager
    def case(self, like: Path | None = None) -> Iterator[Path]:
        """Give a fresh copy of both hosts, gone afterwards."""
        self.number += 1
        root = self.cases / f"{os.getpid()}-{self.number}"
        subprocess.run(["cp", "-a", "--", like or self.pristine, root], check=True)
        yield root
        shutil.rmtree(root)

    def play(self, root: Path, disk: BreakingDisk) -> None:
        """Play the story until the power goes."""
        world = World(root, disk)
        with suppress(PowerCut):
            self.story(world)
        world.close()

    def points(self, labels: Container[str] = EVERY) -> list[int]:
        """Return the acts with one of these labels; counted from 1."""
        return [at for at, label in enumerate(self.labels, 1) if label in labels]


def spread(case: Callable[[S, int], State | list[State]], stage: S, points: Iterable[int]) -> Counter[State]:
    """Play the case of every point, on all processors; return how the runs ended."""
    states: Counter[State] = Counter()
    with get_context("fork").Pool() as pool:
        for ended in pool.imap_unordered(partial(case, stage), points):
            states.update(ended if isinstance(ended, list) else [ended])
    return states


def whole(root: Path) -> Print:
    """Return everything of host B that a person would miss: its places, and what lies beside them."""
    found = fingerprint(root / "b", root / "outside")
    return {name: one for name, one in found.items() if b".pbxsync-stage" not in bytes.fromhex(name)}


def recover(root: Path, disk: BreakingDisk | None = None) -> int:
    """Recover as the next process on B does; return how many acts that took."""
    world = World(root, disk or BreakingDisk())
    try:
        with world.here.host_lock() as mine:
            assert mine
            world.here.recover()
    except PowerCut:
        pass
    finally:
        world.close()
    return world.disk.count


def judge(stage: Stage, root: Path, *, may_keep: bool = False) -> State:
    """Assert that B is wholly old or wholly new, and that its store says the same; return what the store says.

    may_keep: something may have been put aside for the administrator.
    """
    world = World(root)
    run = world.store.runs.find(limit=1)[0]
    state = State.REQUESTED if run.id == stage.last_run else run.state
    world.close()
    found = whole(root)
    assert state in OLD_STATES or state is State.COMMITTED, state
    expected = stage.new if state is State.COMMITTED else stage.old
    assert found == expected, f"{state}: {difference(expected, found)}"
    assert fingerprint(root / "a") == stage.source
    assert leftovers(root) == []
    assert may_keep or not list((root / "b-home" / "kept").glob("*"))
    return state


def converge(stage: Stage, root: Path) -> None:
    """Assert that a retry brings the new state, and that the run after it does nothing at all."""
    world = World(root)
    stage.story(world)
    assert whole(root) == stage.new
    before = world.disk.count
    last = stage.again(world)
    acts = set(world.disk.labels[before:])
    world.close()
    assert (last.state, acts) == (State.UNCHANGED, {"store"})
    assert leftovers(root) == []


def leftovers(root: Path) -> list[str]:
    """Return our own temporary files that a recovery should have taken away; the index is only a memory.

    What had arrived of large contents stays for the next run, and nothing else beside it.
    """
    stages = (root / "b").rglob(".pbxsync-*")
    found = [path for path in stages if {one.name for one in path.iterdir()} != {".begun"}]
    found += (root / "b-home").rglob("*.journal")
    found += [path for path in (root / "b-home").rglob(".pbxsync-put-*") if path.parent.name != "index"]
    return [str(path.relative_to(root)) for path in found]


def difference(expected: Print, found: Print) -> dict[str, tuple[object, object]]:
    """Return what is torn, for the message of a failed test."""
    names = {name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)}
    return {bytes.fromhex(name).decode("utf-8", "replace"): (expected.get(name), found.get(name)) for name in names}


def lose(root: Path, story: Story, at: int, cut: Cut, loss: Loss, seed: int) -> None:
    """Play a story until the power goes, and let the disk forget."""
    disk = ForgetfulDisk(root / "graves", at, cut)
    world = World(root, disk)
    with suppress(PowerCut):
        story(world)
    world.close()
    disk.power_loss(loss, seed)
    shutil.rmtree(root / "graves")
