"""Random edits on both hosts, random failures: B is always wholly old or wholly new, and a second run does nothing."""

import errno
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy, FileSet, Place
from pbxsync_worker.core.model.host import Policy, Right
from pbxsync_worker.core.model.item import ItemKind
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.run import Run, State
from tests.crash.points import leftovers
from tests.fakes.disk import BreakingDisk, Cut, PowerCut
from tests.fakes.link import DirectLink
from tests.fakes.pbx import FakePbx
from tests.scenario.world import World, fingerprint, write

NAMES = st.sampled_from(["x.conf", "y.conf", "d", "d/x.conf", "d/e", "d/e/z.conf", "na\nme", "m\udcff.conf"])
TEXTS = st.sampled_from(["", "[one]\n", "[two]\n", "[three]\n" * 50])
MODES = st.sampled_from([0o600, 0o644])
DELETES = st.sampled_from(DeletePolicy)
FATAL = Finding(Level.FATAL, "endpoints", "none are left")
MEMORY = Path("/dev/shm")
GOOD = {State.COMMITTED, State.UNCHANGED}


class TwoHosts(RuleBasedStateMachine):
    """A and B, edited and cut off at random."""

    @initialize(delete=DELETES)
    def begin(self, delete: DeletePolicy) -> None:
        place = MEMORY if os.access(MEMORY, os.W_OK) else None
        self.root = Path(tempfile.mkdtemp(prefix="pbxsync-property-", dir=place))
        dataset = Dataset("files", "Files", (FileSet(Place.ETC, delete=delete),))
        self.mirror = delete is DeletePolicy.MIRROR
        self.policy = Policy(frozenset({Right.WRITE}), max_delete_percent=100)
        self.world = World(self.root, dataset=dataset, policy=self.policy).settle_in()
        write(self.world.a / "etc" / "always.conf", "[always]\n")
        self.committed: list[Run] = []

    def teardown(self) -> None:
        if hasattr(self, "root"):
            self.world.close()
            shutil.rmtree(self.root)

    @rule(name=NAMES, text=TEXTS, mode=MODES, on_a=st.booleans())
    def put_file(self, name: str, text: str, mode: int, *, on_a: bool) -> None:
        path = self._free(name, on_a=on_a)
        write(path, text, mode)

    @rule(name=NAMES, on_a=st.booleans())
    def put_folder(self, name: str, *, on_a: bool) -> None:
        self._free(name, on_a=on_a).mkdir()

    @rule(name=NAMES, to=st.sampled_from(["x.conf", "/etc/passwd", "d"]), on_a=st.booleans())
    def put_link(self, name: str, to: str, *, on_a: bool) -> None:
        self._free(name, on_a=on_a).symlink_to(to)

    @rule(name=NAMES, on_a=st.booleans())
    def remove(self, name: str, *, on_a: bool) -> None:
        path = self._free(name, on_a=on_a)
        with suppress(OSError):
            path.parent.rmdir()
        (self.world.a / "etc").mkdir(exist_ok=True)
        (self.world.b / "etc").mkdir(exist_ok=True)

    @rule()
    def sync(self) -> None:
        run = self._judged(self.world.sync)
        if run.state in GOOD:
            acts = self.world.disk.count
            assert self.world.sync().state is State.UNCHANGED
            assert set(self.world.disk.labels[acts:]) == {"store"}

    @rule(at=st.integers(1, 150), cut=st.sampled_from(Cut), again=st.integers(0, 40))
    def sync_and_lose_power(self, at: int, cut: Cut, again: int) -> None:
        before, last = fingerprint(self.world.b), self.world.store.runs.find(limit=1)
        self._reopen(BreakingDisk(at, cut))
        with suppress(PowerCut):
            self.world.sync()
        self._reopen(BreakingDisk(again, cut))
        with suppress(PowerCut):
            self.world.here.recover()
        self._reopen()
        self.world.here.recover()
        newest = self.world.store.runs.find(limit=1)
        if newest and (not last or newest[0].id != last[0].id):
            self._old_or_new(before, newest[0])
        else:
            assert fingerprint(self.world.b) == before

    @rule(at=st.integers(1, 120))
    def sync_on_a_failing_disk(self, at: int) -> None:
        self._reopen(OneFault(at))
        self._judged(self.world.sync)
        self._reopen()

    @rule(after=st.integers(0, 3))
    def sync_over_a_breaking_link(self, after: int) -> None:
        self.world.link = DirectLink(self.world.source, break_after=after)
        self._judged(self.world.sync)
        self.world.link = None

    @rule(kind=st.sampled_from(["finds", "hangs", "says_yes"]))
    def sync_to_a_sick_pbx(self, kind: str) -> None:
        sick: dict[str, object] = {"finds": ((FATAL,), ())} if kind == "finds" else {kind: True}
        self._reopen(pbx=FakePbx(**sick))  # type: ignore[arg-type]  # any field by name
        self._judged(self.world.sync)
        self._reopen()

    @precondition(lambda self: self.committed)
    @rule(which=st.integers(0, 5), side=st.sampled_from(["before", "after"]))
    def go_back(self, which: int, side: str) -> None:
        kept = {one.run for one in self.world.store.inventories.kept()}
        runs = [run for run in self.committed if run.id in kept]
        if runs:
            before = fingerprint(self.world.b)
            run = self.world.rollback(runs[which % len(runs)], side)
            assert run.state in {State.COMMITTED, State.UNCHANGED, State.FAILED}
            assert run.state is State.COMMITTED or fingerprint(self.world.b) == before

    @invariant()
    def nothing_is_left_behind(self) -> None:
        if hasattr(self, "world"):
            assert leftovers(self.root) == []
            assert {run.state for run in self.world.store.runs.unfinished()} <= {State.REQUESTED}

    def _judged(self, act) -> Run:
        before = fingerprint(self.world.b)
        run: Run = act()
        self._old_or_new(before, run)
        return run

    def _old_or_new(self, before, run: Run) -> None:
        if run.state is not State.COMMITTED:
            assert fingerprint(self.world.b) == before, run
            assert run.state is not State.UNCHANGED or self._differing() == set(), run
            return
        self.committed.append(run)
        assert self._differing() == set(), run

    def _differing(self) -> set[bytes]:
        """Return the names that A has and B has not just so."""
        dataset = self.world.dataset
        theirs = self.world.source.inventory(dataset).items
        ours = self.world.here.data.inventory(dataset).items
        own = ours.keys() - theirs.keys()
        blocked = {name for name in ours if any(one.startswith(name + b"/") for one in own) and not self.mirror}
        # A folder that holds something of this host's own stays a folder, and the plan says so.
        stays = {name for name in blocked if ours[name].kind is ItemKind.DIRECTORY}
        differing = {name for name, item in theirs.items() if ours.get(name) != item}
        return {name for name in differing if name not in stays or theirs[name].kind is ItemKind.DIRECTORY}

    def _reopen(self, disk: BreakingDisk | None = None, pbx: FakePbx | None = None) -> None:
        """Go on as a new process."""
        self.world.close()
        world = World(self.root, disk or BreakingDisk(), dataset=self.world.dataset, policy=self.policy)
        self.world = World(self.root, world.disk, pbx or world.pbx, world.dataset, self.policy)

    def _free(self, name: str, *, on_a: bool) -> Path:
        """Make room for something new of this name."""
        base = (self.world.a if on_a else self.world.b) / "etc"
        for part in reversed([*(base / name).relative_to(base).parents][:-1]):
            if (base / part).is_symlink() or (base / part).is_file():
                (base / part).unlink()
            (base / part).mkdir(exist_ok=True)
        path = base / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        return path


class OneFault(BreakingDisk):
    """A disk that is full at one act."""

    def __init__(self, fails_at: int) -> None:
        super().__init__()
        self._fails_at = fails_at

    def effect(self, label, act):
        if self.count + 1 == self._fails_at:
            self.labels.append(label)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), label)
        return super().effect(label, act)


LONG = bool(os.environ.get("PBXSYNC_LONG"))
TestTwoHosts = TwoHosts.TestCase
TestTwoHosts.settings = settings(
    max_examples=2000 if LONG else 30,
    stateful_step_count=40 if LONG else 12,
    deadline=None,
    derandomize=not LONG,
    suppress_health_check=list(HealthCheck),
)
