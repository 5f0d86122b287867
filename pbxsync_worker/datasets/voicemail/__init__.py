"""The mailboxes of voicemail.conf: read line by line as items, and changed in one exchange of the merged file."""

from pbxsync_worker.datasets.voicemail.data import BoxData

__all__ = ["BoxData"]
