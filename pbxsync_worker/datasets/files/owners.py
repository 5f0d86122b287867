"""Owners and groups by name, and which of them this process may give to a file."""

import grp
import os
import pwd
from pathlib import Path

_CAPABILITIES = (1 << 0) | (1 << 3)  # CAP_CHOWN, CAP_FOWNER: linux/capability.h


class Owners:
    """Names of users and groups of this host.

    privileged: this process may give files to anybody and change files of anybody. Where it may not, new files belong
    to our own user, and a group is given only where we are a member of it.
    """

    def __init__(self, *, privileged: bool | None = None) -> None:
        self.privileged = _has_capabilities() if privileged is None else privileged
        self._names: dict[tuple[str, int], str] = {}
        self._numbers: dict[tuple[str, str], int | None] = {}
        self._read = _stamps()

    def refresh(self) -> bool:
        """Forget all names where this host's lists of users and groups changed, and tell whether they did."""
        now = _stamps()
        if now == self._read:
            return False
        self._names, self._numbers, self._read = {}, {}, now
        return True

    @property
    def own_user(self) -> str:
        """Return who we are."""
        return self.user(os.geteuid())

    @property
    def own_group(self) -> str:
        """Return the group that our new files get."""
        return self.group(os.getegid())

    def user(self, number: int) -> str:
        """Return the name of a user, "#<number>" where it has none."""
        known = self._names.get(("u", number))
        if known is None:
            try:
                known = pwd.getpwuid(number).pw_name
            except KeyError:
                known = f"#{number}"
            self._names["u", number] = known
        return known

    def group(self, number: int) -> str:
        """Return the name of a group, "#<number>" where it has none."""
        known = self._names.get(("g", number))
        if known is None:
            try:
                known = grp.getgrgid(number).gr_name
            except KeyError:
                known = f"#{number}"
            self._names["g", number] = known
        return known

    def may_give_user(self, name: str) -> bool:
        """Tell whether a file of ours can be given to this user."""
        return self.user_number(name) is not None and (self.privileged or name == self.own_user)

    def may_give_group(self, name: str) -> bool:
        """Tell whether a file of ours can be given to this group."""
        number = self.group_number(name)
        return number is not None and (self.privileged or number in {os.getegid(), *os.getgroups()})

    def user_number(self, name: str) -> int | None:
        """Return a user's number, None where this host does not know the name."""
        if ("u", name) not in self._numbers:
            self._numbers["u", name] = _user_number(name)
        return self._numbers["u", name]

    def group_number(self, name: str) -> int | None:
        """Return a group's number, None where this host does not know the name."""
        if ("g", name) not in self._numbers:
            self._numbers["g", name] = _group_number(name)
        return self._numbers["g", name]


def _stamps() -> tuple[tuple[int, int], ...]:
    found = [path.stat() for path in (Path("/etc/passwd"), Path("/etc/group")) if path.exists()]
    return tuple((status.st_ino, status.st_ctime_ns) for status in found)


def _user_number(name: str) -> int | None:
    if name.startswith("#"):
        return _plain_number(name)
    try:
        return pwd.getpwnam(name).pw_uid
    except (KeyError, ValueError, UnicodeEncodeError):
        return None


def _group_number(name: str) -> int | None:
    if name.startswith("#"):
        return _plain_number(name)
    try:
        return grp.getgrnam(name).gr_gid
    except (KeyError, ValueError, UnicodeEncodeError):
        return None


def _plain_number(name: str) -> int | None:
    digits = name[1:]
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        return None
    # The highest number means "leave it as it is" to chown.
    return int(digits) if int(digits) < 2**32 - 1 else None


def _has_capabilities() -> bool:
    for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16) & _CAPABILITIES == _CAPABILITIES
    return os.geteuid() == 0
