"""What is done in one locked folder: a message gets its files, loses them, or a lower number.

Sound first and the text last where a message comes, the text first where it goes: at no moment, cut or not, is a text
there without all of its sound. Each file is one more name for a staged one, which can be given and taken again.
"""

from collections.abc import Mapping

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import TargetChanged, Unsupported
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.messages.bundle import TEXT, in_order
from pbxsync_worker.datasets.messages.folder import MOST, Files, FileState, file_name, listed, number_of, whole
from pbxsync_worker.datasets.messages.staging import old_name

Names = Mapping[str, tuple[bytes, int]]
"""Staged files by kind: name and inode."""


class FolderActs:
    """All acts are done on open folders by somebody who holds the folder's lock."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def put(self, folder: int, stage: int, names: Names, prefer: int | None = None) -> None:
        """Put a message in under a number, or under the next free one; what a cut left of it is completed or goes."""
        listing = listed(folder)
        ours = {inode for _, inode in names.values()}
        taken = [at for at, files in listing.items() if any(one.inode not in ours for one in files.values())]
        number = prefer if prefer is not None and prefer not in taken else max(taken, default=-1) + 1
        if number > MOST:
            raise Unsupported(what="One more message", reason=say("there are {most} in its folder already", most=MOST))
        have = listing.get(number, {})
        for kind in in_order(names):
            if kind not in have:
                self._give(folder, stage, names[kind][0], file_name(number, kind))
        self.clear(folder, ours, but=number)

    def take(self, folder: int, stage: int, step: int, files: Files) -> None:
        """Take a message out, with everything of it staged durably first.

        Raise TargetChanged, having changed nothing, where its files are others by now.
        """
        listing = listed(folder)
        number = number_of(listing, files[TEXT].inode)
        if number is None or listing[number] != files:
            raise TargetChanged(name=file_name(number or 0, TEXT).decode())
        for kind in in_order(files):
            try:
                self._disk.make_link(folder, file_name(number, kind), stage, old_name(step, number, kind))
            except FileExistsError:
                continue  # from an act that was cut off and is repeated
        self._disk.sync(stage)
        self.drop(folder, number, files)

    def drop(self, folder: int, number: int, files: Files) -> None:
        """Remove the files of one number, the text first."""
        for kind in reversed(in_order(files)):
            self._disk.remove(folder, file_name(number, kind))

    def clear(self, folder: int, ours: set[int], but: int | None = None) -> None:
        """Remove what a cut left: other names of our files, which are no message of their own."""
        for number, files in listed(folder).items():
            if number != but:
                self.drop(folder, number, {kind: one for kind, one in files.items() if one.inode in ours})

    def close_gaps(self, folder: int) -> None:
        """Give messages lower numbers so that they count from 0 without a gap, as Asterisk does when somebody hangs up.

        A number under which lies anything else is left out. Repeatable, also after a cut.
        """
        self._heal(folder)
        listing = listed(folder)
        free = 0
        for number in whole(listing):
            while free < number and listing.get(free):
                free += 1
            if free < number:
                files = listing[number]
                for kind in in_order(files):
                    self._disk.make_link(folder, file_name(number, kind), folder, file_name(free, kind))
                self.drop(folder, number, files)
                listing[free] = listing.pop(number)
            free += 1

    def _heal(self, folder: int) -> None:
        """Remove second names that a cut left while a message got another number."""
        listing = listed(folder)
        seen: set[int] = set()
        complete = {one.inode for at in whole(listing) for one in listing[at].values()}
        for number in sorted(listing):
            files = listing[number]
            text = files.get(TEXT)
            again = text is not None and text.inode in seen
            if text is not None and not again:
                seen.add(text.inode)
            elif again or all(one.inode in complete for one in files.values()):
                self.drop(folder, number, files)

    def _give(self, folder: int, stage: int, name: bytes, as_name: bytes) -> None:
        try:
            self._disk.make_link(stage, name, folder, as_name)
        except FileExistsError as error:
            raise TargetChanged(name=as_name.decode()) from error


def is_intact(files: Mapping[str, FileState], staged: Mapping[str, FileState]) -> bool:
    """Tell whether files that lie there are exactly those that are staged; not whether somebody wrote into them."""
    return {kind: one.inode for kind, one in files.items()} == {kind: one.inode for kind, one in staged.items()}
