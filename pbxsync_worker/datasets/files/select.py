"""Which paths a file set selects, and which folders need not be entered because nothing in them can be selected."""

from collections.abc import Callable

from pbxsync_worker.core.model.dataset import FileSet
from pbxsync_worker.core.model.pattern import matcher

Test = Callable[[bytes], bool]


class Selection:
    """The patterns of one file set; paths are relative to its folder."""

    def __init__(self, file_set: FileSet) -> None:
        self._includes: Test = _always if "**" in file_set.include else matcher(file_set.include)
        self._excludes: Test = matcher(file_set.exclude) if file_set.exclude else _never
        # `x/**` takes everything below whatever `x` names.
        whole = [pattern.removesuffix("/**") for pattern in file_set.exclude if pattern.endswith("/**")]
        self._empty: Test = matcher(whole) if whole else _never
        self._ways = None if "**" in file_set.include else [_Way(pattern) for pattern in file_set.include]

    def takes(self, path: bytes) -> bool:
        """Tell whether a path is selected."""
        return self._includes(path) and not self._excludes(path)

    def may_hold(self, folder: bytes) -> bool:
        """Tell whether anything below a folder can be selected; True where that cannot be known."""
        if self._empty(folder):
            return False
        return self._ways is None or any(way.may_lead_through(folder) for way in self._ways)


class _Way:
    """The folders that one include pattern can lead through, component by component."""

    def __init__(self, pattern: str) -> None:
        # A choice that itself holds a slash, like {a/b,c}, cannot be cut at slashes; such a pattern prunes nothing.
        self._anywhere = _slash_in_choice(pattern)
        parts = pattern.split("/")
        fixed = next((at for at, part in enumerate(parts) if "**" in part), None)
        self._open_ended = fixed is not None
        usable = parts[:fixed] if fixed is not None else parts[:-1]
        self._prefixes = [] if self._anywhere else [matcher(["/".join(usable[: n + 1])]) for n in range(len(usable))]

    def may_lead_through(self, folder: bytes) -> bool:
        if self._anywhere:
            return True
        depth = folder.count(b"/") + 1
        if depth <= len(self._prefixes):
            return self._prefixes[depth - 1](folder)
        if not self._open_ended:
            return False
        if not self._prefixes:
            return True
        return self._prefixes[-1](b"/".join(folder.split(b"/")[: len(self._prefixes)]))


def _slash_in_choice(pattern: str) -> bool:
    depth = 0
    for char in pattern:
        depth += (char in "{[") - (char in "}]")
        if char == "/" and depth:
            return True
    return False


def _always(_: bytes) -> bool:
    return True


def _never(_: bytes) -> bool:
    return False
