"""voicemail.conf itself: read while Asterisk may be rewriting it, and exchanged whole through the files dataset."""

from collections.abc import Mapping

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.model.errors import SourceChanged, Unsupported
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.step import Step
from pbxsync_worker.core.model.voicemail import mailboxes
from pbxsync_worker.datasets.files import FilesData
from pbxsync_worker.datasets.voicemail.boxes import text_of

NAME = f"{Place.ETC}/voicemail.conf".encode()
_PATH = "voicemail.conf"
_TRIES = 20
_PAUSE = 0.02
"""Seconds between two readings: Asterisk empties the file and writes it again within a few milliseconds."""


class VoicemailFile:
    """The file of this host; `run`: under which name its new version is staged."""

    def __init__(self, files: FilesData, clock: Clock) -> None:
        self._files = files
        self._clock = clock
        self._known: bytes | None = None
        self._boxes: Mapping[str, str] = {}

    def read(self) -> bytes | None:
        """Return the file, None where there is none; raise SourceChanged where it never stood still.

        What was read before is believed at once: everything else must be read twice.
        """
        view = self._files.config_view()
        now = view.read(_PATH)
        if now is not None and now == self._known:
            return now
        for _ in range(_TRIES):
            self._clock.sleep(_PAUSE)
            again = view.read(_PATH)
            if again == now:
                return now
            now = again
        raise SourceChanged(name=_PATH)

    def boxes(self) -> Mapping[str, str]:
        """Return the value of every mailbox by `context/box`."""
        return self.boxes_in(self.read())

    def boxes_in(self, data: bytes | None) -> Mapping[str, str]:
        """Return the same of what was read."""
        if data is None:
            return {}
        if data != self._known:
            self._boxes = mailboxes(text_of(data))
            self._known = data
        return self._boxes

    def check(self, data: bytes) -> None:
        """Raise Unsupported where what was read is no plain file, because only such a one can be exchanged."""
        handle = self._files.base(_item(data))
        if handle is not None:
            handle.close()
        elif self._files.config_view().read(_PATH) == data:
            raise Unsupported(what="Changing mailboxes", reason=say("{path} is a link", path=_PATH))

    def exchange(self, run: str, old: bytes | None, new: bytes | None) -> None:
        """Put a new version in the place of the old; raise TargetChanged, having changed nothing, where it is another.

        It is not yet durable.
        """
        if old == new:
            return
        change = Change(None if old is None else _item(old), None if new is None else _item(new))
        (step,) = self._files.prepare(run, [change], lambda _: [new or b""])
        self._files.act(step)

    def make_durable(self, run: str) -> None:
        """Make the last exchange durable."""
        self._files.settle(run, [Step(0, Change(None, _item(b"")), b"")], None)

    def discard(self, run: str) -> None:
        """Remove what is staged, the replaced version too."""
        self._files.discard(run)


def _item(data: bytes) -> Item:
    return Item(NAME, ItemKind.FILE, len(data), digest_of(data))
