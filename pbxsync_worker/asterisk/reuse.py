"""What was made out of configuration files before: as long as they hold the same, it is not made again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.ports import ConfigView

T = TypeVar("T")

_VERSIONS = 2
"""Of each thing: as it is, and as it would be after a run."""
_MANY = 200


class _Traced:
    """A ConfigView that notes what is asked of it."""

    def __init__(self, view: ConfigView) -> None:
        self._view = view
        self.contents: dict[str, bytes] = {}
        self.listed: tuple[str, ...] | None = None

    def read(self, path: str) -> bytes | None:
        content = self._view.read(path)
        self.contents[path] = _mark(content)
        return content

    def names(self) -> Iterable[str]:
        if self.listed is None:
            self.listed = tuple(self._view.names())
        return self.listed


@dataclass(frozen=True, slots=True)
class _Made(Generic[T]):
    """A value and what it was made of: digests of files by path, and the names of all files if they were asked for."""

    value: T
    contents: dict[str, bytes]
    listed: tuple[str, ...] | None

    def still_good(self, view: ConfigView) -> bool:
        if any(_mark(view.read(path)) != mark for path, mark in self.contents.items()):
            return False
        return self.listed is None or self.listed == tuple(view.names())


class Reused(Generic[T]):
    """Values by what they are about, for the life of this process: two versions of each, 200 things at most."""

    def __init__(self) -> None:
        self._made: OrderedDict[Hashable, tuple[_Made[T], ...]] = OrderedDict()
        self._lock = Lock()

    def get(self, about: Hashable, view: ConfigView, make: Callable[[ConfigView], T]) -> T:
        """Return what `make` makes of a view; it may ask nothing else, and what it returns must not be changed."""
        with self._lock:
            known = self._made.get(about, ())
        good = next((one for one in known if one.still_good(view)), None)
        if good is None:
            traced = _Traced(view)
            good = _Made(make(traced), traced.contents, traced.listed)
        with self._lock:
            others = (one for one in self._made.get(about, ()) if one is not good)
            self._made[about] = (good, *others)[:_VERSIONS]
            self._made.move_to_end(about)
            while len(self._made) > _MANY:
                self._made.popitem(last=False)
        return good.value


def _mark(content: bytes | None) -> bytes:
    return b"" if content is None else digest_of(content)
