"""A named selection of PBX state: which files of which places travel, and what is kept of each."""

from dataclasses import dataclass, replace
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


ASTDB = b"ASTDB"
"""Where the names of AstDB keys begin: `ASTDB/family/key`."""


@dataclass(frozen=True, slots=True)
class FamilySet:
    """Keys of one AstDB family.

    family: its first part, such as `CF` or `AMPUSER`; keys: a pattern for what follows, `*` within one part, `**`
    across parts.
    """

    family: str
    keys: str = "**"
    delete: DeletePolicy = DeletePolicy.MIRROR

    def selects(self, name: bytes) -> bool:
        """Tell whether an item name belongs to this set."""
        base = ASTDB + b"/" + self.family.encode() + b"/"
        return name.startswith(base) and matcher((self.keys,))(name[len(base) :])


@dataclass(frozen=True, slots=True)
class Dataset:
    """A named selection; the digest of its definition is what two hosts agree on before they compare."""

    name: str
    title: str
    file_sets: tuple[FileSet, ...] = ()
    families: tuple[FamilySet, ...] = ()

    def delete_policy(self, name: bytes) -> DeletePolicy:
        """Return what happens to an item that the source does not have; NEVER for one that is not selected."""
        family = next((one for one in self.families if one.selects(name)), None)
        if family is not None:
            return family.delete
        file_set = self.file_set_of(name)
        return DeletePolicy.NEVER if file_set is None else file_set.delete

    def with_deletes(self, policy: DeletePolicy) -> "Dataset":
        """Return the dataset with one policy for everything."""
        file_sets = tuple(replace(one, delete=policy) for one in self.file_sets)
        return replace(self, file_sets=file_sets, families=tuple(replace(one, delete=policy) for one in self.families))

    def concerns(self, name: bytes) -> bool:
        """Tell whether an item belongs to this dataset, or is a folder that leads to one."""
        return self.file_set_of(name) is not None or any(one.selects(name) for one in self.families)

    def file_set_of(self, name: bytes) -> FileSet | None:
        """Return the first file set that an item, or the folder leading to it, belongs to."""
        near = [one for one in self.file_sets if name == one.base or name.startswith(one.base + b"/")]
        return next((one for one in near if one.selects(name)), near[0] if near else None)
