"""A way out that leads nowhere: it keeps what it was given, and fails as it is told."""

from pbxsync_worker.core.model.errors import PbxSyncError
from pbxsync_worker.core.model.letter import Letter


class NotingWay:
    """Takes letters; `troubles` are raised first, one for each letter, None for none."""

    def __init__(self, *troubles: PbxSyncError | None) -> None:
        self.troubles = list(troubles)
        self.letters: list[Letter] = []
        self.closed = 0

    def send(self, letter: Letter) -> str:
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None:
            raise trouble
        self.letters.append(letter)
        return "250 taken"

    def close(self) -> None:
        self.closed += 1
