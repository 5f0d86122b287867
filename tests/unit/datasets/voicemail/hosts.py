"""A host with mailboxes, and one run that changes them in every way."""

from collections.abc import Iterable
from pathlib import Path

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import BoxSet, Dataset
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.datasets.voicemail import BoxData
from pbxsync_worker.datasets.voicemail.boxes import item_of
from tests.fakes.clock import HandClock
from tests.unit.datasets.support import FAR, files_data

DATA = Dataset("d", "D", boxes=(BoxSet(),))
OLD = """[general]
format=wav49|wav

[default]
; people
2001=1111,Ann,ann@example.com,,attach=yes
2002 => 2222,Bob ; by hand
2003=3333,Carl"""
NEW = """[general]
format=wav49|wav

[default]
; people
2001=9999,Ann,ann@example.com,,attach=yes
2002 => 2222,Bob ; by hand
2004=4444,Dora

[sales]
1=1,Shop
"""


class Host:
    """A host with a voicemail.conf."""

    def __init__(
        self, root: Path, disk: Disk | None = None, clock: HandClock | None = None, protected: tuple[str, ...] = ()
    ) -> None:
        self.root = root
        self.conf = root / "etc/voicemail.conf"
        self.clock = clock or HandClock(FAR)
        disk = disk or Disk()
        files = files_data(root, disk=disk, clock=self.clock, protected=protected)
        self.data = BoxData(files, matcher(protected), root / "home", disk, self.clock)

    def change(self, old: str, new: str) -> None:
        """Change the file in place, as Asterisk does."""
        text = self.conf.read_text()
        assert old in text
        self.conf.write_text(text.replace(old, new))

    def leftovers(self) -> list[Path]:
        return [*self.root.rglob(".pbxsync-*"), *(self.root / "home").rglob("*-voicemail*")]


VALUES = {
    b"VOICEMAIL/default/2001": "9999,Ann,ann@example.com,,attach=yes",
    b"VOICEMAIL/default/2004": "4444,Dora",
    b"VOICEMAIL/sales/1": "1,Shop",
}


def changes() -> list[Change]:
    """Return one change of every kind, with a new context."""
    return [
        Change(item_of("default/2001", "1111,Ann,ann@example.com,,attach=yes"), box("default/2001")),
        Change(None, box("default/2004")),
        Change(None, box("sales/1")),
        Change(item_of("default/2003", "3333,Carl"), None),
    ]


def box(name: str) -> Item:
    return item_of(name, VALUES[b"VOICEMAIL/" + name.encode()])


def content(change: Change) -> Iterable[bytes]:
    return [VALUES[change.name].encode()]


def prepared(host: Host) -> tuple[Step, ...]:
    return host.data.prepare("r", changes(), content)


def acted(host: Host) -> tuple[Step, ...]:
    steps = prepared(host)
    for step in steps:
        host.data.act(step)
    return steps


def taken_back(host: Host, steps: Iterable[Step]) -> list[Undone]:
    return [host.data.undo(step) for step in reversed(list(steps))]
