"""The files of a PBX: read them as items, and change them so that every act can be taken back."""

from pbxsync_worker.datasets.files.data import FilesData
from pbxsync_worker.datasets.files.listing import list_files
from pbxsync_worker.datasets.files.owners import Owners

__all__ = ["FilesData", "Owners", "list_files"]
