"""Real processes killed at random moments of real runs: the target is always wholly old or wholly new.

`--kills N` says how often. The seed is printed; PBXSYNC_SEED repeats one.
"""

import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from pbxsync_worker.core.model.errors import HostUnreachable, SourceOutOfReach
from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.model.sentence import as_text
from scripts.lab.content import content
from scripts.lab.node import PbxNode
from tests.integration.installation import Installed, Pair, Tree, pair_of, remains, tree_of

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(0)]

PHASES = (State.REQUESTED, State.SCANNING, State.PLANNED, State.STAGED, State.APPLYING, State.VERIFYING)
VICTIMS = {
    "runs of B": 55,
    "peer of A": 15,
    "redis of B": 10,
    "everything of B": 8,
    "redis of A": 4,
    "tasks of A": 4,
    "monitor of B": 4,
}
"""What is killed, and how often in a hundred."""
CALM = 10.0
"""Seconds that a service must live before it is killed again: who dies young is started again ever later."""
HONEST = ("interrupted", HostUnreachable.code, SourceOutOfReach.code)
"""What a run may fail with when processes are killed: it was cut off, or its source was."""
PLENTY = 120.0
"""Seconds in which every run must have ended, whatever was killed."""
_CUSTOM = "var/lib/asterisk/sounds/custom"
_MOMENT = 1_700_000_000


def version(number: int) -> Mapping[str, bytes]:
    """Return what A has: between versions 0 and 1 files come, go and change, and folders and links with them."""
    files = {name: data for name, data in content(12 + number, 1).items() if "/INBOX/" not in name}
    for one in range(30 * number, 30 * number + 90):
        files[f"{_CUSTOM}/{one % 7}/{one}.txt"] = b"%d of either version" % one
    for one in range(40):
        files[f"{_CUSTOM}/changing/{one}.txt"] = b"%d of version %d\n" % (one, number) * (1 + one * number)
    files[f"{_CUSTOM}/only-{number}/deep/er.txt"] = b"deep"
    files[f"{_CUSTOM}/kind" + ("/inside.txt" if number else "")] = b"a file, or a folder with one"
    return files


def write_version(node: PbxNode, number: int) -> None:
    """Make A have a version; files that do not change keep their times."""
    shutil.rmtree(node.folder / _CUSTOM, ignore_errors=True)
    wanted, other = version(number), version(1 - number)
    for name in other.keys() - wanted.keys():
        (node.folder / name).unlink(missing_ok=True)
    for name, data in wanted.items():
        path = node.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o640 if "changing/1" not in name else 0o600 + 0o40 * number)
        os.utime(path, (_MOMENT, _MOMENT + len(data)))
    (node.folder / _CUSTOM / "link").symlink_to(f"changing/{number}.txt")
    for folder, _, _ in os.walk(node.folder / "var/spool/asterisk/voicemail", topdown=False):
        if not any(Path(folder).iterdir()):
            Path(folder).rmdir()


@dataclass
class Tally:
    """What was seen so far."""

    ends: Counter[str] = field(default_factory=Counter)
    victims: Counter[str] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0

    @property
    def kills(self) -> int:
        """Return how many processes were killed."""
        return self.victims.total()

    def __str__(self) -> str:
        parts = (self.ends, self.victims, self.phases)
        told = "; ".join(", ".join(f"{count} {name}" for name, count in one.most_common()) for one in parts)
        return f"{self.kills} kills, 0 torn: {told}; slowest end {self.slowest:.1f} s"


class Reaper:
    """Kills one process of a pair at a time."""

    def __init__(self, pair: Pair, dice: random.Random) -> None:
        self.dice = dice
        self._pair = pair
        self._last: dict[str, float] = {}

    def kill(self) -> str | None:
        """Kill somebody; return whom, None where there was nobody left to kill."""
        now = time.monotonic()
        calm = [one for one in VICTIMS if now - self._last.get(one, 0.0) > CALM]
        if not calm:
            return None
        name = self.dice.choices(calm, [VICTIMS[one] for one in calm])[0]
        service, _, letter = name.partition(" of ")
        host = self._pair.source if letter == "A" else self._pair.target
        if service == "everything":
            host.kill_everything()
            host.start()
            self._last |= {one: now for one in VICTIMS if one.endswith("B")}
            return name
        killed = host.kill(service)
        self._last[name] = now
        return name if killed else None


def lengths_of(host: Installed, run: Run) -> Mapping[State, float]:
    """Return how long a run was in each phase."""
    moves = host.here.store.runs.moves(run.id)
    return {move.after: after.at - move.at for move, after in pairwise(moves)}


def wait_for_moment(pair: Pair, run: Run, lengths: Mapping[State, float], dice: random.Random) -> None:
    """Wait until a random moment within a random phase of a run, or until it has ended."""
    phase = dice.choice(PHASES)
    order = list(State)
    end = time.monotonic() + 10

    def begun() -> bool:
        known = pair.target.run(run.id)
        return known is not None and (known.ended or order.index(known.state) >= order.index(phase))

    while phase is not State.REQUESTED and not begun() and time.monotonic() < end:
        time.sleep(0.002)
    time.sleep(dice.uniform(0.0, lengths.get(phase, 0.1) * 1.2))


def kill_in(pair: Pair, run: Run, lengths: Mapping[State, float], reaper: Reaper, tally: Tally) -> None:
    """Kill one to three times during a run, perhaps during its recovery, or right after its end."""
    for _ in range(reaper.dice.choice((1, 2, 2, 3))):
        wait_for_moment(pair, run, lengths, reaper.dice)
        known = pair.target.run(run.id)
        victim = reaper.kill()
        if victim:
            tally.victims[victim] += 1
            tally.phases["in " + (known.state.value if known else "the way to B")] += 1


def protected(node: PbxNode) -> Tree:
    """Return what belongs to B alone, with the times that tell of any write."""
    everything = tree_of(node, moments=True)
    return {
        name: seen
        for name, seen in everything.items()
        if name.endswith(("_custom.conf", "manager.conf", "asterisk.conf"))
    }


def test_a_host_is_wholly_old_or_wholly_new_whatever_is_killed_when(asterisk_root, tmp_path, kills, capsys):
    seed = int(os.environ.get("PBXSYNC_SEED", random.SystemRandom().randrange(10**6)))
    with capsys.disabled():
        print(f"\nrandom kills with PBXSYNC_SEED={seed}")
    source, target = (PbxNode(tmp_path / name / "pbx", asterisk_root, name) for name in "AB")
    try:
        for node in (source, target):
            node.generate(12, 1)
        target.start()
        with pair_of(tmp_path, source, target, probe_seconds=1) as pair:
            tally = _kill_and_look(pair, random.Random(seed), kills)
    finally:
        target.close()
        source.close()
    with capsys.disabled():
        print(tally)


def _kill_and_look(pair: Pair, dice: random.Random, kills: int) -> Tally:
    tally, reaper = Tally(), Reaper(pair, dice)
    whole, lengths = _both_versions(pair)
    mine, now = protected(pair.target.node), 1
    while tally.kills < kills:
        now = 1 - now
        write_version(pair.source.node, now)
        run = pair.source.request(pair.job)
        kill_in(pair, run, lengths, reaper, tally)
        begun = time.monotonic()
        ended = pair.end_of(run, PLENTY)
        tally.slowest = max(tally.slowest, time.monotonic() - begun)
        _look(pair, run, old=whole[1 - now], new=whole[now])
        tally.ends["never at B" if pair.target.run(run.id) is None else ended.state.value] += 1
        if ended.state is not State.COMMITTED:
            _heal(pair)
        assert tree_of(pair.target.node) == whole[now]
        assert protected(pair.target.node) == mine
        print(tally)  # shown by pytest where the test fails
    return tally


def _heal(pair: Pair) -> None:
    """Sync without any kill; a peer port that was killed may need its time to come back."""
    end = time.monotonic() + PLENTY
    while (healed := pair.sync()).error in HONEST[1:] and time.monotonic() < end:
        time.sleep(0.5)
    assert healed.state in (State.COMMITTED, State.UNCHANGED), as_text(healed.sentence)


def _both_versions(pair: Pair) -> tuple[tuple[Tree, Tree], Mapping[State, float]]:
    """Bring B to either version without any kill; return how it looks then, and how long the phases of a run are."""
    seen: dict[int, Tree] = {}
    lengths: Mapping[State, float] = {}
    for number in (0, 1, 0, 1):
        write_version(pair.source.node, number)
        run = pair.sync()
        assert run.state is State.COMMITTED, run
        assert seen.setdefault(number, tree_of(pair.target.node)) == tree_of(pair.target.node)
        lengths = lengths_of(pair.target, run)
    return (seen[0], seen[1]), lengths


def _look(pair: Pair, run: Run, *, old: Tree, new: Tree) -> None:
    """Fail where B is torn, where its word and its files disagree, or where anything was left behind."""
    tree, known = tree_of(pair.target.node), pair.target.run(run.id)
    assert tree in (old, new), f"torn by run {run.id}: {_differences(tree, old, new)}"
    committed = known is not None and known.state is State.COMMITTED
    assert committed == (tree == new), f"run {run.id} is {known and known.state}, but its files say otherwise"
    if known is not None and known.state is State.FAILED:
        assert known.error in HONEST, as_text(known.sentence)
    assert remains(pair.target) == []
    follower = pair.source.run(run.id)
    assert follower is not None
    assert known is None or follower.state is known.state, f"A says {follower.state} of {run.id}, B {known.state}"


def _differences(tree: Tree, old: Tree, new: Tree) -> dict[str, tuple[bool, bool]]:
    names = tree.keys() | old.keys() | new.keys()
    looks = {name: (tree.get(name) == old.get(name), tree.get(name) == new.get(name)) for name in names}
    return {name: look for name, look in looks.items() if look != (True, True)}
