"""Make all pages of a database live, and take them back; a note beside the staged pages tells that it was begun."""

import logging
import os
from pathlib import Path

from pbxsync_worker.core.durable import open_folder, put_file
from pbxsync_worker.core.model.errors import Bug, TargetChanged
from pbxsync_worker.core.model.step import Undone
from pbxsync_worker.datasets.sqlite.copy import copied
from pbxsync_worker.datasets.sqlite.link import Database
from pbxsync_worker.datasets.sqlite.pages import Replacement, Version, close_journal, image, version_of
from pbxsync_worker.datasets.sqlite.staging import Pages, Staged, Staging

_log = logging.getLogger(__name__)


class PageActs:
    """Acts on all pages of one database; kept: folder of ours where the original ends if the act cannot be undone."""

    def __init__(self, database: Database, staging: Staging, kept: Path) -> None:
        self._database = database
        self._staging = staging
        self._kept = kept

    def act(self, staged: Staged) -> None:
        """Put the new pages in place; raise TargetChanged, having changed nothing. Repeatable."""
        pages = _pages(staged)
        begun = self._path(staged, ".begun")
        again = begun.exists()
        if again and self._holds(staged) == pages.after:
            return
        put_file(self._staging.disk, begun, b"")
        try:
            self._replacement(staged).put(self._path(staged, ".new"), pages.before)
        except TargetChanged:
            if not again:
                self._staging.remove_one(begun)
            raise

    def undo(self, staged: Staged) -> Undone:
        """Put the old pages back where the database is as the run left it; else it stays. Repeatable."""
        pages, begun = _pages(staged), self._path(staged, ".begun")
        if not begun.exists():
            return Undone.KEPT if self._original(staged).exists() else Undone.NOT_DONE
        holds = self._holds(staged)
        undone = Undone.NOT_DONE if holds == pages.before else Undone.KEPT
        if holds == pages.after:
            undone = self._put_back(staged, pages)
        if undone is Undone.KEPT:
            self._keep(staged)
        self._staging.remove_one(begun)
        return undone

    def _put_back(self, staged: Staged, pages: Pages) -> Undone:
        try:
            self._replacement(staged).put(self._path(staged, ".old"), pages.after)
        except TargetChanged:
            return Undone.KEPT
        return Undone.RESTORED

    def _keep(self, staged: Staged) -> None:
        """Keep the original for the administrator: nothing puts it back any more."""
        _log.warning("a database stays as it is: changed since the run", extra={"database": self._database.name})
        original = self._original(staged)
        folder = open_folder(original.parent)
        try:
            self._staging.disk.remove(folder, original.name.encode())
            self._staging.disk.create(folder, original.name.encode(), image(self._path(staged, ".old")))
            self._staging.disk.sync_filesystem(folder)
        finally:
            os.close(folder)

    def _holds(self, staged: Staged) -> Version:
        """Return what the database holds now."""
        scratch = self._path(staged, ".scratch")
        self._staging.remove_one(scratch)
        with copied(self._database, scratch) as copy:
            close_journal(copy)
        found = version_of(scratch)
        self._staging.remove_one(scratch)
        return found

    def _replacement(self, staged: Staged) -> Replacement:
        return Replacement(self._database, self._staging, self._path(staged, ".scratch"))

    def _path(self, staged: Staged, what: str) -> Path:
        return self._staging.path(staged.run, staged.spec.base, what)

    def _original(self, staged: Staged) -> Path:
        return self._kept / staged.run / f"sqlite-{staged.spec.base.split(b'/')[2].decode()[:100]}.original"


def _pages(staged: Staged) -> Pages:
    if staged.pages is None:
        raise Bug(reason="no pages are staged for this database")
    return staged.pages
