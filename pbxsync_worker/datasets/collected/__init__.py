"""Records that are only ever added, such as those of calls: each host's own go to others, and arrive there once."""

from pbxsync_worker.datasets.collected.data import CollectedData

__all__ = ["CollectedData"]
