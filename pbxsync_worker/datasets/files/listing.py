"""The names of all files of some places, without a look at what they hold."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.datasets.files.names import OURS


def list_files(places: Mapping[Place, Path]) -> Iterator[bytes]:
    """Yield the item name of every file and link; no link is followed, a folder that may not be read is left out."""
    for place, path in places.items():
        root = os.fsencode(path)
        for folder, folders, leaves in os.walk(root):
            links = [one for one in folders if Path(os.fsdecode(folder), os.fsdecode(one)).is_symlink()]
            folders[:] = sorted(one for one in folders if not one.startswith(OURS))
            below = folder[len(root) + 1 :]
            for leaf in sorted((*leaves, *links)):
                if not leaf.startswith(OURS):
                    yield b"/".join(part for part in (place.value.encode(), below, leaf) if part)
