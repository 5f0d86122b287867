"""Rows of MySQL and MariaDB tables: read them as items, and change them in one transaction that can be taken back."""

from pbxsync_worker.datasets.mysql.data import SqlData
from pbxsync_worker.datasets.mysql.link import Link, Login
from pbxsync_worker.datasets.mysql.look import Seen as RowsSeen
from pbxsync_worker.datasets.mysql.overlay import RowOverlay

__all__ = ["Link", "Login", "RowOverlay", "RowsSeen", "SqlData"]
