"""Facts: named measured values of this host, of the source, of the link between them and of a plan.

Rules judge them, monitors measure them, pages draw them. `docs/rules.md` explains each one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf


class FactType(StrEnum):
    """What a fact's value can be; stored and shown, so the words never change."""

    YES_NO = "yes_no"
    NUMBER = "number"
    TEXT = "text"


class Unit(StrEnum):
    """What a number counts; the empty one for plain numbers, texts and yes or no."""

    NONE = ""
    SECONDS = "s"
    MILLISECONDS = "ms"
    BYTES = "bytes"
    BYTES_PER_SECOND = "bytes/s"
    PERCENT = "%"


@dataclass(frozen=True, slots=True)
class FactKind:
    """What is known about every fact of one name.

    title: English, translated where it is shown; fresh_s: seconds after which a measured value says nothing any more;
    options: the only values of a text, none for any.
    """

    name: str
    type: FactType
    unit: Unit
    title: str
    fresh_s: float = 60.0
    options: tuple[str, ...] = ()


Value = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Fact:
    """One measured value; at: seconds since 1970 on this host; source: who measured it, such as `ami` or a host."""

    name: str
    value: Value
    at: float
    source: str


Facts = Mapping[str, Fact]
"""Facts by name; what is not there is not known."""

LOCAL = "local"
"""The host that the run would change; what begins with it is measured there."""

REMOTE = "remote"
"""The source of the run."""

_YES_NO, _NUMBER, _TEXT = FactType.YES_NO, FactType.NUMBER, FactType.TEXT
_HOUR = 3600.0

REMOTE_STATES = ("reachable", "slow", "unreachable", "refused", "wrong_version")
"""How another host is reached: as it should be, with a long round trip, not at all, unwelcome, too old or new."""

HOST_KINDS: tuple[FactKind, ...] = (
    FactKind("asterisk.up", _YES_NO, Unit.NONE, "Asterisk is up"),
    FactKind("asterisk.version", _TEXT, Unit.NONE, "Version of Asterisk", _HOUR),
    FactKind("asterisk.uptime_s", _NUMBER, Unit.SECONDS, "Since Asterisk was started"),
    FactKind("asterisk.calls", _NUMBER, Unit.NONE, "Calls in progress"),
    FactKind("asterisk.channels", _NUMBER, Unit.NONE, "Channels in use"),
    FactKind("asterisk.endpoints", _NUMBER, Unit.NONE, "Endpoints"),
    FactKind("asterisk.endpoints_online", _NUMBER, Unit.NONE, "Endpoints that are registered or reachable"),
    FactKind("asterisk.registrations", _NUMBER, Unit.NONE, "Registrations at providers"),
    FactKind("asterisk.registrations_lost", _NUMBER, Unit.NONE, "Registrations at providers that are lost"),
    FactKind("asterisk.queues", _NUMBER, Unit.NONE, "Queues"),
    FactKind("asterisk.callers_waiting", _NUMBER, Unit.NONE, "Callers waiting in queues"),
    FactKind("asterisk.since_reload_s", _NUMBER, Unit.SECONDS, "Since the last reload"),
    FactKind("asterisk.since_emergency_s", _NUMBER, Unit.SECONDS, "Since the last emergency call"),
    FactKind("asterisk.modules", _NUMBER, Unit.NONE, "Modules of Asterisk that run"),
    FactKind("freepbx.version", _TEXT, Unit.NONE, "Version of FreePBX", _HOUR),
    FactKind("freepbx.need_reload", _YES_NO, Unit.NONE, "Changes in FreePBX wait to be applied"),
    FactKind("freepbx.reloading", _YES_NO, Unit.NONE, "FreePBX applies its configuration"),
    FactKind("freepbx.restoring", _YES_NO, Unit.NONE, "FreePBX restores a backup"),
    FactKind("freepbx.upgrading", _YES_NO, Unit.NONE, "FreePBX changes its modules"),
    FactKind("data.changed", _YES_NO, Unit.NONE, "What is kept in step changed since the last run"),
    FactKind("data.changed_items", _NUMBER, Unit.NONE, "Files, tables, keys, mailboxes changed since the last run"),
    FactKind("data.unsafe_s", _NUMBER, Unit.SECONDS, "Since the oldest change that no other host has"),
    FactKind("disk.free_bytes", _NUMBER, Unit.BYTES, "Free space where it is least"),
    FactKind("disk.free_percent", _NUMBER, Unit.PERCENT, "Share of free space where it is least"),
    FactKind("disk.free_inodes_percent", _NUMBER, Unit.PERCENT, "Share of free inodes where it is least"),
    FactKind("load.per_cpu", _NUMBER, Unit.NONE, "Load of each processor"),
    FactKind("memory.free_percent", _NUMBER, Unit.PERCENT, "Share of free memory"),
    FactKind("clock.offset_s", _NUMBER, Unit.SECONDS, "How far the clock is off", _HOUR),
    FactKind("redis.up", _YES_NO, Unit.NONE, "Redis is up"),
    FactKind("mariadb.up", _YES_NO, Unit.NONE, "MariaDB is up"),
    FactKind("services.up", _YES_NO, Unit.NONE, "All services of PBXSync are up"),
    FactKind("state.last_good_s", _NUMBER, Unit.SECONDS, "Since the last run that ended well"),
)
"""What is measured of every host, by what follows `local.` or `remote.`."""

LINK_KINDS: tuple[FactKind, ...] = (
    FactKind("remote.reachable", _YES_NO, Unit.NONE, "The host is reachable"),
    FactKind("remote.state", _TEXT, Unit.NONE, "How the host is reached", options=REMOTE_STATES),
    FactKind("link.rtt_ms", _NUMBER, Unit.MILLISECONDS, "Round trip between the two hosts"),
    FactKind("link.bytes_per_s", _NUMBER, Unit.BYTES_PER_SECOND, "Measured throughput between the two hosts", _HOUR),
)
"""What is measured of the source from here, and of the way to it."""

PLAN_KINDS: tuple[FactKind, ...] = (
    FactKind("plan.changes", _NUMBER, Unit.NONE, "Changes", inf),
    FactKind("plan.adds", _NUMBER, Unit.NONE, "Items that would be added", inf),
    FactKind("plan.deletes", _NUMBER, Unit.NONE, "Items that would be deleted", inf),
    FactKind("plan.deletes_percent", _NUMBER, Unit.PERCENT, "Share of the items that would be deleted", inf),
    FactKind("plan.bytes", _NUMBER, Unit.BYTES, "Content that would be replaced or added", inf),
    FactKind("plan.reloads", _NUMBER, Unit.NONE, "Reloads that would be needed", inf),
    FactKind("plan.needs_restart", _YES_NO, Unit.NONE, "A file changes that Asterisk reads only when it starts", inf),
    FactKind("plan.new_trunks", _NUMBER, Unit.NONE, "New trunks", inf),
    FactKind("plan.new_admins", _NUMBER, Unit.NONE, "New administrators", inf),
    FactKind("plan.new_commands", _NUMBER, Unit.NONE, "New commands of the system in the dialplan", inf),
)
"""What a plan would do; known once it is made, and as long as it stands."""


def _of(side: str) -> Iterator[FactKind]:
    return (replace(kind, name=f"{side}.{kind.name}") for kind in HOST_KINDS)


KINDS: tuple[FactKind, ...] = (*_of(LOCAL), *_of(REMOTE), *LINK_KINDS, *PLAN_KINDS)
"""Every fact there is."""

BY_NAME: Mapping[str, FactKind] = {kind.name: kind for kind in KINDS}
