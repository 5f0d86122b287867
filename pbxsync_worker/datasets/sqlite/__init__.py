"""SQLite databases of this host as a HostData: by rows where they have names, else all pages at once."""

from pbxsync_worker.datasets.sqlite.data import SqliteData

__all__ = ["SqliteData"]
