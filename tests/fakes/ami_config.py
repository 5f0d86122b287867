"""Configuration folders for tests: one in memory, one on disk, both as ConfigView; and changes between two of them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind


class MemoryView:
    """A folder as a mapping of paths to contents."""

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self.files = {name: text if isinstance(text, bytes) else text.encode() for name, text in files.items()}

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def names(self) -> Iterable[str]:
        return sorted(self.files)

    def plus(self, files: Mapping[str, str | bytes | None]) -> "MemoryView":
        """Return the folder with some files replaced, or gone where the content is None."""
        return MemoryView({name: text for name, text in {**self.files, **files}.items() if text is not None})


def folder_view(folder: Path) -> MemoryView:
    """Read a real folder."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return MemoryView({str(path.relative_to(folder)): path.read_bytes() for path in paths})


def changes_between(before: MemoryView, after: MemoryView) -> tuple[Change, ...]:
    """Return what differs, as a plan would have it."""
    names = sorted({*before.files, *after.files})
    return tuple(
        Change(_item(name, before), _item(name, after)) for name in names if before.read(name) != after.read(name)
    )


def _item(name: str, view: MemoryView) -> Item | None:
    data = view.read(name)
    if data is None:
        return None
    return Item(b"ASTETCDIR/" + name.encode(), ItemKind.FILE, len(data), digest_of(data))
