"""The keys of Asterisk's own database: read them as items, and change them so that every act can be taken back."""

from pbxsync_worker.datasets.astdb.data import AstdbData
from pbxsync_worker.datasets.astdb.file import AstdbFile
from pbxsync_worker.datasets.astdb.keys import AsteriskDatabase
from pbxsync_worker.datasets.astdb.lamps import lamps_for
from pbxsync_worker.datasets.astdb.seen import Seen

__all__ = ["AstdbData", "AstdbFile", "AsteriskDatabase", "Seen", "lamps_for"]
