"""This host's own past as the source of a run: what makes a rollback on demand an ordinary run."""

from collections.abc import Callable, Iterator, Sequence

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.errors import Bug
from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.ports import Content, Contents, Pulled
from pbxsync_worker.core.model.sent import Ledger, Way


class PastLink:
    """A PeerLink onto a kept state of this host."""

    def __init__(self, state: Callable[[], Inventory], contents: Contents) -> None:
        self._state = state
        self._contents = contents
        self.ledger = Ledger()

    def pull(self, dataset: Dataset, known: Inventory | None) -> Pulled:  # noqa: ARG002 - the past needs no selection
        """Give the kept state; raise NotFound where it is no longer kept."""
        return Pulled(self._state(), same=False)

    def fetch(self, wanted: Sequence[Change]) -> Iterator[tuple[Change, Content]]:
        """Give contents from the content store; raise ContentGone for one that is no longer held."""
        for change in wanted:
            if change.after is None:
                raise Bug(reason=f"{change.name!r} goes; it has no content to fetch")
            self.ledger.note(change.after.text, Way.COPY, change.after.size, 0)
            yield change, self._contents.open(change.after.content)

    def traffic(self) -> tuple[int, int]:
        """Return nothing: no other host is asked."""
        return 0, 0
