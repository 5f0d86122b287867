"""A named selection of PBX state: which files of which places travel, and what is kept of each."""

from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class Dataset:
    """A named selection; the digest of its definition is what two hosts agree on before they compare."""

    name: str
    title: str
    file_sets: tuple[FileSet, ...]
