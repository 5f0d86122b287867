"""A named selection of PBX state: which files of which places travel, and what is kept of each."""

from dataclasses import dataclass
from enum import StrEnum

from pbxsync_worker.core.model.pattern import matcher


class DeletePolicy(StrEnum):
    """What happens on the target to an item that the source does not have."""

    NEVER = "never"  # it stays
    KNOWN = "known"  # it goes only if an earlier run brought it
    MIRROR = "mirror"  # it goes


class Place(StrEnum):
    """A folder that every PBX has somewhere; each host resolves it by itself (its asterisk.conf), a peer never."""

    ETC = "ASTETCDIR"
    VARLIB = "ASTVARLIBDIR"
    SPOOL = "ASTSPOOLDIR"
    DATA = "ASTDATADIR"


@dataclass(frozen=True, slots=True)
class Keep:
    """Which attributes belong to the items of a file set; what is not kept is neither compared nor changed."""

    mode: bool = True
    owner: bool = True
    mtime: bool = True
    xattrs: bool = False


@dataclass(frozen=True, slots=True)
class FileSet:
    """Files below one place.

    path: folder below the place, "" for the place itself. Patterns are matched against the path below that folder:
    `*` and `?` stay within one name, `**` crosses folders, `{a,b}` offers a choice. Excludes win over includes.
    """

    place: Place
    path: str = ""
    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()
    delete: DeletePolicy = DeletePolicy.KNOWN
    keep: Keep = Keep()

    @property
    def base(self) -> bytes:
        """Return the item name of the folder this set is about."""
        return f"{self.place}/{self.path}".rstrip("/").encode("utf-8", "surrogateescape")

    def selects(self, name: bytes) -> bool:
        """Tell whether an item name belongs to this set, by its patterns."""
        below = name[len(self.base) + 1 :]
        inside = name.startswith(self.base + b"/") and bool(below)
        return inside and matcher(self.include)(below) and not matcher(self.exclude)(below)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A named selection; the digest of its definition is what two hosts agree on before they compare."""

    name: str
    title: str
    file_sets: tuple[FileSet, ...]

    def file_set_of(self, name: bytes) -> FileSet | None:
        """Return the first file set that an item, or the folder leading to it, belongs to."""
        near = [one for one in self.file_sets if name == one.base or name.startswith(one.base + b"/")]
        return next((one for one in near if one.selects(name)), near[0] if near else None)
