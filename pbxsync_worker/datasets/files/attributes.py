"""What a file has beside its content: read it, say what of it this host can keep, and set it.

The setuid and setgid bits never travel: a mode is what `& 0o1777` leaves of it, and a file that stays the same file
keeps its own. Folders carry no mtime (it changes with everything in them); of a link only owner and mtime are carried.
Of the extended attributes only `user.*` and the POSIX ACLs travel: the others are privileges or belong to the host.
"""

import errno
import os
import stat
from dataclasses import dataclass

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.dataset import Keep
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from pbxsync_worker.datasets.files.owners import Owners

MODE_BITS = 0o1777
_ACLS = (b"system.posix_acl_access", b"system.posix_acl_default")

Xattrs = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Dress:
    """Attributes in this host's numbers; None (owner, group: -1) leaves one as it is."""

    mode: int | None = None
    owner: int = -1
    group: int = -1
    mtime_ns: int | None = None
    xattrs: Xattrs | None = None


def kind_of(status: os.stat_result) -> ItemKind | None:
    """Return the kind of item, None for what never travels (devices, FIFOs, sockets)."""
    if stat.S_ISREG(status.st_mode):
        return ItemKind.FILE
    if stat.S_ISDIR(status.st_mode):
        return ItemKind.DIRECTORY
    return ItemKind.SYMLINK if stat.S_ISLNK(status.st_mode) else None


def travels(xattr: bytes) -> bool:
    """Tell whether an extended attribute of this name is ever carried."""
    return xattr.startswith(b"user.") or xattr in _ACLS


def read_xattrs(handle: int) -> Xattrs:
    """Return the extended attributes of an open file or folder that can travel, sorted."""
    found = []
    for name in _xattr_names(handle):
        try:
            found.append((name, os.getxattr(handle, name)))
        except OSError as error:
            if error.errno != errno.ENODATA:  # removed since it was listed
                raise
    return tuple(sorted(found))


def _xattr_names(handle: int) -> list[bytes]:
    try:
        names = [os.fsencode(name) for name in os.listxattr(handle)]
    except OSError as error:
        if error.errno in (errno.ENOTSUP, errno.ENOSYS):
            return []
        raise
    return [name for name in names if travels(name)]


def attributes_of(status: os.stat_result, xattrs: Xattrs | None, keep: Keep, owners: Owners) -> Attributes:
    """Return the kept attributes of an item."""
    kind = kind_of(status)
    link = kind is ItemKind.SYMLINK
    return Attributes(
        mode=status.st_mode & MODE_BITS if keep.mode and not link else None,
        owner=owners.user(status.st_uid) if keep.owner else None,
        group=owners.group(status.st_gid) if keep.owner else None,
        mtime_ns=status.st_mtime_ns if keep.mtime and kind is not ItemKind.DIRECTORY else None,
        xattrs=xattrs if keep.xattrs and not link else None,
    )


def same_attributes(wanted: Attributes, status: os.stat_result, xattrs: Xattrs, owners: Owners) -> bool:
    """Tell whether an object has the wanted attributes; those that are None do not matter."""
    return (
        wanted.mode in (None, status.st_mode & MODE_BITS)
        and wanted.owner in (None, owners.user(status.st_uid))
        and wanted.group in (None, owners.group(status.st_gid))
        and wanted.mtime_ns in (None, status.st_mtime_ns)
        and wanted.xattrs in (None, xattrs)
    )


def settable(item: Item, here: Item | None, owners: Owners) -> Item:
    """Return what this host would have after applying a source's item over `here`.

    An owner that is unknown here, or that we may not give, stays what it is where the content stays, and is our own
    user where a new file must be written. So the next comparison finds no difference.
    """
    wanted = item.attributes
    same = here is not None and here.same_content(item)
    stays = here.attributes if here is not None and same else Attributes()
    if stays.owner is not None and not owners.privileged and stays.owner != owners.own_user:
        return item.with_attributes(stays)  # only its owner may change a file's attributes
    owner, group = wanted.owner, wanted.group
    if owner is not None:
        owner = _canonical_user(owner, owners) or stays.owner or owners.own_user
    if group is not None:
        group = _canonical_group(group, owners) or stays.group or owners.own_group
    link, folder = item.kind is ItemKind.SYMLINK, item.kind is ItemKind.DIRECTORY
    xattrs = None if wanted.xattrs is None or link else tuple(x for x in sorted(wanted.xattrs) if travels(x[0]))
    mode = None if wanted.mode is None or link else wanted.mode & MODE_BITS
    return item.with_attributes(Attributes(mode, owner, group, None if folder else wanted.mtime_ns, xattrs))


def _canonical_user(name: str, owners: Owners) -> str | None:
    number = owners.user_number(name)
    return owners.user(number) if number is not None and owners.may_give_user(name) else None


def _canonical_group(name: str, owners: Owners) -> str | None:
    number = owners.group_number(name)
    return owners.group(number) if number is not None and owners.may_give_group(name) else None


def dress_for(wanted: Attributes, owners: Owners) -> Dress:
    """Return wanted attributes in this host's numbers; owners that we may not give are left out."""
    owner = owners.user_number(wanted.owner) if wanted.owner and owners.may_give_user(wanted.owner) else None
    group = owners.group_number(wanted.group) if wanted.group and owners.may_give_group(wanted.group) else None
    mode = None if wanted.mode is None else wanted.mode & MODE_BITS
    return Dress(mode, -1 if owner is None else owner, -1 if group is None else group, wanted.mtime_ns, wanted.xattrs)


def put_on(disk: Disk, handle: int, dress: Dress) -> None:
    """Set the attributes of an open file or folder: the owner before the mode, as it clears bits of it; time last."""
    if dress.xattrs is not None:
        _put_on_xattrs(disk, handle, dress.xattrs)  # while the file is still ours: they need the right to write
    if (dress.owner, dress.group) != (-1, -1):
        # By descriptor, because a name in a live folder could be swapped for another file's at this moment.
        disk.effect("chown", lambda: os.fchown(handle, dress.owner, dress.group))
    if dress.mode is not None:
        disk.set_mode(handle, (os.fstat(handle).st_mode & 0o6000) | dress.mode)
    mtime = dress.mtime_ns
    if mtime is not None:
        disk.effect("utime", lambda: os.utime(handle, ns=(mtime, mtime)))


def put_on_link(disk: Disk, folder: int, name: bytes, dress: Dress) -> None:
    """Set the attributes of a symbolic link, never of what it points at."""
    if (dress.owner, dress.group) != (-1, -1):
        disk.set_owner(folder, name, dress.owner, dress.group)
    if dress.mtime_ns is not None:
        disk.set_time(folder, name, dress.mtime_ns)


def _put_on_xattrs(disk: Disk, handle: int, wanted: Xattrs) -> None:
    there = dict(read_xattrs(handle))
    for name in there.keys() - dict(wanted).keys():
        disk.drop_xattr(handle, name)
    for name, value in wanted:
        if there.get(name) != value:
            disk.set_xattr(handle, name, value)
