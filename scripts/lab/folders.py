"""Where the laboratory keeps what is costly to make, and short folders for sockets."""

import os
import shutil
import tempfile
from pathlib import Path

SOCKET_PATH_LIMIT = 100
"""Bytes; the kernel's limit for a unix socket's path is 108 with its closing zero."""


def cache() -> Path:
    """Return this user's cache folder, made where it is missing; raise PermissionError where it is somebody else's."""
    folder = Path(f"/var/tmp/pbxsync-lab-{os.getuid()}")
    folder.mkdir(mode=0o755, exist_ok=True)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else; remove it")
    return folder


class ShortFolder:
    """A folder for sockets: the wanted one where its path is short enough, else a temporary one."""

    def __init__(self, wanted: Path, longest_name: int = 20) -> None:
        self._temporary = len(os.fsencode(wanted)) + longest_name >= SOCKET_PATH_LIMIT
        self.path = Path(tempfile.mkdtemp(prefix="pbxsync-lab-", dir="/tmp")) if self._temporary else wanted
        self.path.mkdir(parents=True, exist_ok=True)

    def remove(self) -> None:
        """Remove a temporary folder; a wanted one stays."""
        if self._temporary:
            shutil.rmtree(self.path, ignore_errors=True)
