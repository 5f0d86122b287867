"""Asterisk's configuration folder as it is, or as it would be with prepared steps that were not yet acted."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from pbxsync_worker.core.model.change import ChangeKind
from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.model.item import ItemKind
from pbxsync_worker.core.model.step import Step
from pbxsync_worker.datasets.files.attributes import kind_of
from pbxsync_worker.datasets.files.names import OURS, Parts, where
from pbxsync_worker.datasets.files.reading import look, names_in, open_file, pieces, read_link
from pbxsync_worker.datasets.files.staging import Staging
from pbxsync_worker.datasets.files.tree import Tree

_MOST_LINKS = 40  # what the kernel allows on one way


class FilesView:
    """A ConfigView. Links are followed by hand and only inside the folder, as they would be after the acts."""

    def __init__(self, tree: Tree, staging: Staging, steps: Sequence[Step]) -> None:
        self._tree = tree
        self._staging = staging
        self._root = os.fsencode(os.path.realpath(tree.places[Place.ETC]))
        self._changed: Mapping[Parts, Step] = {
            (*at.folder, at.leaf): step
            for step in steps
            if (at := where(step.change.name)).place is Place.ETC and step.change.kind is not ChangeKind.ATTRIBUTES
        }

    def read(self, path: str) -> bytes | None:
        """Return a file below the configuration folder, links followed inside it; None where there is none."""
        parts = self._resolved(self._inside(os.fsencode(path)))
        return None if parts is None else self._content(parts)

    def names(self) -> Iterator[str]:
        """Give the paths of all files below the configuration folder, links to files among them."""
        waiting: list[Parts] = [()]
        while waiting:
            folder = waiting.pop()
            for leaf in self._list(folder):
                parts = (*folder, leaf)
                kind = self._kind(parts)
                if kind is ItemKind.DIRECTORY:
                    waiting.append(parts)
                elif kind is ItemKind.FILE or (kind is ItemKind.SYMLINK and self._leads_to_file(parts)):
                    yield os.fsdecode(b"/".join(parts))

    def _leads_to_file(self, parts: Parts) -> bool:
        end = self._resolved(parts)
        return end is not None and self._kind(end) is ItemKind.FILE

    def _resolved(self, parts: Sequence[bytes] | None) -> Parts | None:
        """Follow links until the path has none; None where it leaves the folder, ends nowhere or never ends."""
        links = 0
        done: Parts = ()
        waiting = list(parts or ())
        if parts is None:
            return None
        while waiting:
            part = waiting.pop(0)
            if part == b"..":
                if not done:
                    return None
                done = done[:-1]
                continue
            done = (*done, part)
            if self._kind(done) is ItemKind.SYMLINK:
                links += 1
                target = self._target(done)
                absolute = target is not None and target.startswith(b"/")
                more = self._inside(target) if target is not None else None
                if more is None or links > _MOST_LINKS:
                    return None
                done = () if absolute else done[:-1]
                waiting = [*more, *waiting]
        return done

    def _inside(self, path: bytes) -> list[bytes] | None:
        """Return the components of a path or link target; None where it is absolute and outside the folder."""
        if path.startswith(b"/"):
            if not path.startswith(self._root + b"/"):
                return None
            path = path[len(self._root) + 1 :]
        return [part for part in path.split(b"/") if part not in (b"", b".")]

    def _step_at(self, parts: Parts) -> Step | None:
        return self._changed.get(parts)

    def _shadowed(self, parts: Parts) -> bool:
        """Tell whether a folder above will be another one, or gone: what is live in it is not seen."""
        return any(self._step_at(parts[:depth]) is not None for depth in range(1, len(parts)))

    def _kind(self, parts: Parts) -> ItemKind | None:
        step = self._step_at(parts)
        if step is not None:
            return step.change.after.kind if step.change.after is not None else None
        if self._shadowed(parts):
            return None
        with self._tree.present(Place.ETC, parts[:-1]) as folder:
            status = None if folder is None else look(folder, parts[-1])
        return None if status is None else kind_of(status)

    def _list(self, folder: Parts) -> list[bytes]:
        """Return the names in a folder as it will be."""
        names = {parts[-1] for parts in self._changed if parts[:-1] == folder}
        if self._step_at(folder) is None and not self._shadowed(folder):
            with self._tree.present(Place.ETC, folder) as handle:
                if handle is not None:
                    names |= set(names_in(handle))
        return sorted(name for name in names if not name.startswith(OURS))

    def _target(self, parts: Parts) -> bytes | None:
        with self._holder(parts) as held:
            return None if held is None else read_link(*held)

    def _content(self, parts: Parts) -> bytes | None:
        if not parts or self._kind(parts) is not ItemKind.FILE:
            return None
        with self._holder(parts) as held:
            handle = None if held is None else open_file(*held)
        if handle is None:
            return None
        try:
            return b"".join(pieces(handle))
        finally:
            os.close(handle)

    @contextmanager
    def _holder(self, parts: Parts) -> Iterator[tuple[int, bytes] | None]:
        """Open the folder in which the object of a path lies, staged or live, with its name there."""
        step = self._step_at(parts)
        if step is not None:
            with self._staging.spot(Place.ETC, step) as spot:
                yield spot
            return
        with self._tree.present(Place.ETC, parts[:-1]) as folder:
            yield None if folder is None else (folder, parts[-1])
