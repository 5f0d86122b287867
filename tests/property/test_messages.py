"""Random folders on two hosts, people and callers at work on both while runs come, are cut and are taken back.

No message is ever lost or doubled, no number left without its sound, no lock left behind, and what is offered arrives.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import Retry
from pbxsync_worker.core.model.inventory import EMPTY
from pbxsync_worker.core.model.step import Step
from pbxsync_worker.delta.compare import Base, compare
from pbxsync_worker.delta.plan import order
from tests.contract.test_host_data import DictContents
from tests.fakes.disk import BreakingDisk, Cut, PowerCut
from tests.unit.datasets.messages.hosts import BOX, DATA, LEFT, Asterisk, Host

FOLDERS = ("INBOX", "Old", "Work")


class Story:
    """A and B with their Asterisks; `own`: what callers left on B and nobody deleted there, as numbers of ours."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root = root
        self.chance = random.Random(seed)
        self.a, self.b = Host(root / "a"), Host(root / "b")
        self.base = Base(EMPTY, EMPTY)
        self.count = 0
        self.own: set[int] = set()

    def people(self, asterisk: Asterisk) -> None:
        """Let one thing happen on a host."""
        texts = sorted((asterisk.root / BOX).glob("*/msg*.txt"))
        doing = self.chance.choice(["leave", "leave", "move", "delete"])
        if doing == "leave" or not texts:
            self.count += 1
            asterisk.leave(self.count, self.chance.choice(FOLDERS))
            if asterisk is self.b.asterisk:
                self.own.add(self.count)
            return
        text = self.chance.choice(texts)
        if doing == "delete":
            self.own.discard(number(text))
            asterisk.delete(text)
            return
        others = [folder for folder in FOLDERS if folder != text.parent.name]
        asterisk.move(text, self.chance.choice(others))

    def run(self) -> None:
        """Bring B in step, with calls coming in between; perhaps cut, and then taken back as a new process does."""
        ours, theirs = self.b.data.inventory(DATA), self.a.data.offered(DATA)
        changes = order(compare(DATA, self.base, ours, theirs).changes)
        disk = BreakingDisk(self.chance.randint(1, 150) if self.chance.random() < 0.6 else 0, Cut.BEFORE)
        host = Host(self.root / "b", disk)
        steps: tuple[Step, ...] = ()
        try:
            steps = host.data.prepare("r", changes, self.content)
            for step in steps:
                if self.chance.random() < 0.3:
                    self.people(self.b.asterisk)
                host.data.act(step)
            host.data.settle("r", steps, None)
        except (PowerCut, Retry):
            self.take_back(steps)
            return
        self.base = Base(ours, theirs)
        contents = DictContents()
        try:
            host.data.settle("r", steps, contents)
        except PowerCut:
            Host(self.root / "b").data.settle("r", steps, contents)

    def content(self, change: Change) -> Iterator[bytes]:
        """Give what the source has of a message."""
        assert change.after is not None
        return self.a.data.open(change.after)

    def take_back(self, steps: Sequence[Step]) -> None:
        """Recover; nothing that was there before is missing, and callers may call again."""
        for step in reversed(steps):
            self.b.data.undo(step)
        self.b.data.settle("r", steps, None)
        self.b.data.discard("r")

    def held(self, host: Host) -> list[int]:
        """Return every message of a host by our numbers, with how often it is there."""
        texts = (host.asterisk.root / BOX).glob("*/msg*.txt")
        return sorted(map(number, texts))

    def check(self) -> None:
        """Assert what must hold between any two runs."""
        held = self.held(self.b)
        assert len(held) == len(set(held)), held
        assert self.own <= set(held)
        assert self.b.leftovers() == []
        stems = {path.with_suffix("") for path in (self.b.asterisk.root / BOX).glob("*/msg*")}
        kinds = {tuple(sorted(path.suffix for path in one.parent.glob(f"{one.name}.*"))) for one in stems}
        assert kinds <= {(".WAV", ".txt", ".wav")}, kinds


def number(text: Path) -> int:
    """Return our number of a message."""
    return int(text.read_text().split("origtime=")[1].split("\n")[0]) - LEFT


@pytest.mark.timeout(300)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_no_message_is_lost_or_doubled(tmp_path_factory: pytest.TempPathFactory, seed: int):
    story = Story(tmp_path_factory.mktemp("story"), seed)
    for _ in range(story.chance.randint(1, 5)):
        for _ in range(story.chance.randint(0, 5)):
            story.people(story.chance.choice([story.a, story.b]).asterisk)
        story.run()
        story.check()
    while compare(DATA, story.base, story.b.data.inventory(DATA), story.a.data.offered(DATA)).changes:
        story.run()
        story.check()
    assert set(story.held(story.a)) <= set(story.held(story.b))
