"""A host with voicemail messages, and an Asterisk that leaves, moves and deletes them as the real one does."""

import os
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, MessageSet
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.protected import ALWAYS
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.datasets.messages import MessageData
from tests.fakes.clock import HandClock

DATA = Dataset("d", "D", messages=(MessageSet(),))
LEFT = 1_600_000_000
BOX = "default/2001"


def text_of(number: int, **more: str) -> bytes:
    """Return the .txt of the message with this number of ours."""
    fields = {"origmailbox": "2001", "callerid": '"Ann" <5551>', "origtime": str(LEFT + number), "duration": "3"}
    fields |= {"msg_id": f"{LEFT + number}-{number:08x}", **more}
    return b";\n; Message Information file\n;\n[message]\n" + b"".join(
        f"{name}={value}\n".encode() for name, value in fields.items() if value
    )


class Asterisk:
    """Changes the folders of one host as app_voicemail does: under its lock, by number, the text last."""

    def __init__(self, spool: Path) -> None:
        self.root = spool / "voicemail"

    def leave(self, number: int, folder: str = "INBOX", box: str = BOX, age: float = 3600, **more: str) -> Path:
        """Record a message, known by a number of ours; age: seconds ago."""
        place = self.root / box / folder
        place.mkdir(parents=True, exist_ok=True)
        with self.locked(place):
            at = max(self.numbers(place), default=-1) + 1
            sound = b"RIFF" + str(number).encode() * 400
            for kind, content in (("WAV", sound[:100]), ("wav", sound), ("txt", text_of(number, **more))):
                path = place / f"msg{at:04d}.{kind}"
                path.write_bytes(content)
                path.chmod(0o644)
                os.utime(path, (LEFT + number, LEFT + number) if age == 3600 else None)
        return place / f"msg{at:04d}.txt"

    def move(self, text: Path, folder: str) -> Path:
        """Move a message as somebody who heard it does, and close the gap."""
        place = text.parents[1] / folder
        place.mkdir(exist_ok=True)
        with self.locked(place):
            at = max(self.numbers(place), default=-1) + 1
            for path in sorted(text.parent.glob(f"{text.stem}.*"), key=lambda one: one.suffix != ".txt"):
                path.rename(place / f"msg{at:04d}{path.suffix}")
        self.close_gaps(text.parent)
        return place / f"msg{at:04d}.txt"

    def delete(self, text: Path) -> None:
        """Delete a message and close the gap."""
        with self.locked(text.parent):
            for path in text.parent.glob(f"{text.stem}.*"):
                path.unlink()
        self.close_gaps(text.parent)

    def close_gaps(self, place: Path) -> None:
        """Give messages lower numbers, as at the end of a call."""
        with self.locked(place):
            for at, number in enumerate(self.numbers(place)):
                for path in place.glob(f"msg{number:04d}.*"):
                    if at != number:
                        path.rename(place / f"msg{at:04d}{path.suffix}")

    def numbers(self, place: Path) -> list[int]:
        """Return the numbers of all messages, in their order."""
        return sorted(int(path.stem[3:]) for path in place.glob("msg*.txt"))

    @contextmanager
    def locked(self, place: Path):
        """Take the lock, or fail: here nobody waits."""
        mine = place / ".lock-abcd"
        mine.touch()
        try:
            os.link(mine, place / ".lock")
        finally:
            mine.unlink()
        yield
        (place / ".lock").unlink()


class Host:
    """One host, seen by us and by its Asterisk."""

    def __init__(self, root: Path, disk: Disk | None = None, protected: tuple[str, ...] = ()) -> None:
        self.root = root
        self.spool = root / "spool"
        self.spool.mkdir(parents=True, exist_ok=True)
        self.clock = HandClock()
        self.asterisk = Asterisk(self.spool)
        self.data = MessageData(self.spool, matcher((*ALWAYS, *protected)), disk or Disk(), self.clock)

    @property
    def items(self) -> dict[bytes, Item]:
        return dict(self.data.inventory(DATA).items)

    def one(self) -> Item:
        (item,) = self.items.values()
        return item

    def files(self, folder: str = "INBOX", box: str = BOX) -> dict[str, bytes]:
        place = self.asterisk.root / box / folder
        return {path.name: path.read_bytes() for path in sorted(place.iterdir())} if place.is_dir() else {}

    def leftovers(self) -> list[Path]:
        return [*self.root.rglob(".pbxsync-*"), *self.root.rglob(".lock*")]

    def prepare(self, source: "Host", *changes: Change) -> tuple[Step, ...]:
        def content(change: Change) -> Iterable[bytes]:
            assert change.after is not None
            return source.data.open(change.after)

        return self.data.prepare("r", changes, content)

    def act(self, source: "Host", *changes: Change) -> tuple[Step, ...]:
        steps = self.prepare(source, *changes)
        for step in steps:
            self.data.act(step)
        return steps

    def undo(self, steps: Iterable[Step]) -> list[Undone]:
        return [self.data.undo(step) for step in reversed(list(steps))]


def numbered(files: dict[str, bytes]) -> list[int]:
    """Return which messages of ours lie in a folder, in the order in which they are heard."""
    texts = [content for name, content in files.items() if name.endswith(".txt")]
    return [int(text.split(b"origtime=")[1].split(b"\n")[0]) - LEFT for text in texts]
