"""Whether a host was restored from a backup since the last run of a job: then most of its tables were made anew.

FreePBX restores a module by removing and making its tables again, and so does a dump that is read in; nothing else
makes three quarters of all tables anew. One file per job in a folder of ours, MessagePack of each host's own clock when
the last run that ended well looked at it.
"""

from dataclasses import dataclass, field
from pathlib import Path

from pbxsync_worker.core.durable import Disk, put_file
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.wire import pack, unpack


@dataclass
class Restored:
    """What is remembered of one job; kept only when `keep` is called."""

    path: Path
    disk: Disk
    _seen: dict[str, float] = field(default_factory=dict)

    def since(self, host: str, made: float, now: float) -> bool:
        """Tell whether the tables of a host were made after it was seen last; made, now: by its own clock."""
        self._seen[host] = now
        before = self._load().get(host)
        return before is not None and made > before

    def keep(self) -> None:
        """Remember when the hosts were seen."""
        if self._seen:
            put_file(self.disk, self.path, pack(self._load() | self._seen))

    def _load(self) -> dict[str, float]:
        try:
            return unpack(self.path.read_bytes(), dict[str, float])
        except (OSError, Invalid):
            return {}  # nothing is known of the past: nothing can be told
