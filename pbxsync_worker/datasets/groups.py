"""Rows that share a key, as they are and as they will be: what a database changes at once."""

from collections.abc import Iterable
from dataclasses import dataclass

from pbxsync_worker.core.model.inventory import digest_of

Contents = tuple[bytes, ...]
"""The rows of one key, sorted by digest."""


def sort_rows(rows: Iterable[bytes]) -> Contents:
    """Return the rows of one key in the order in which they are numbered."""
    found = list(rows)
    return tuple(found if len(found) < 2 else sorted(found, key=digest_of))


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one key as they are and as they will be; part: the key part of their names."""

    part: bytes
    before: Contents
    after: Contents

    @property
    def reversed(self) -> "Group":
        """Return the way back."""
        return Group(self.part, self.after, self.before)
