"""A look at the configuration that does not change while a run decides, and reads nothing twice."""

from collections.abc import Sequence

from pbxsync_worker.core.model.ports import ConfigView


class SteadyView:
    """A ConfigView over another one: each file, and the list of all files, as it was when it was first asked for."""

    def __init__(self, view: ConfigView) -> None:
        self._view = view
        self._contents: dict[str, bytes | None] = {}
        self._names: Sequence[str] | None = None

    def read(self, path: str) -> bytes | None:
        """Return a file, None where there is none."""
        if path not in self._contents:
            self._contents[path] = self._view.read(path)
        return self._contents[path]

    def names(self) -> Sequence[str]:
        """Return the paths of all files."""
        if self._names is None:
            self._names = tuple(self._view.names())
        return self._names
