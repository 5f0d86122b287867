"""Checks everything a host needs, and says the remedy for what is missing."""

import os
import pwd
import secrets
import shutil
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import redis

from pbxsync_worker.core.durable import open_folder
from pbxsync_worker.core.model.check import Check
from pbxsync_worker.core.model.errors import PbxSyncError
from pbxsync_worker.core.model.host import PeerState
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.wish import CheckHost
from pbxsync_worker.delta.librsync import signature
from pbxsync_worker.wiring.installation import Installation

_ROOM = 500 * 2**20
Reach = Callable[[CheckHost], str]
"""Reaches another host and says how it is; raises PbxSyncError where it does not answer."""


def examine(here: Installation, reach: Reach) -> Iterator[Check]:
    """Look at everything, one after the other."""
    settings = here.settings
    yield _tried("identity", lambda: here.store.hosts.me().name, say("Run `pbxsync init`."))
    yield _keys(settings.keys)
    for place, path in settings.places.items():
        yield _place(here, place.value, path)
    yield _room(settings.home)
    yield _tried(
        "Asterisk",
        lambda: _asterisk(here),
        say("Start Asterisk; check ami_host, ami_port, ami_user and keys/ami.secret."),
    )
    yield _log(settings.log_file)
    yield _tried("librsync", _librsync, say("Install the package {name}.", name="librsync2"))
    yield _redis(here)
    yield _audit(here)
    for peer in here.store.hosts.peers(PeerState.PAIRED):
        remedy = say("Check that PBXSync runs there and that its peer port is open.")
        wish = CheckHost(peer.host.id)
        yield _tried(say("host {name}", name=peer.host.name), lambda wish=wish: reach(wish), remedy)  # type: ignore[misc]


def _tried(name: str, look: Callable[[], str], remedy: str) -> Check:
    try:
        return Check(name, well=True, saw=look())
    except PbxSyncError as error:
        return Check(name, well=False, saw=error.told, remedy=remedy)


def _keys(folder: Path) -> Check:
    remedy = say("Run `chmod 700 {path}`.", path=str(folder))
    try:
        mode = folder.stat().st_mode & 0o777
    except OSError:
        return Check(
            "keys", well=False, saw=say("{path} is not there", path=str(folder)), remedy=say("Run `pbxsync init`.")
        )
    saw = say("{path} has the mode {shown}", path=str(folder), shown=f"{mode:o}")
    return Check("keys", mode & 0o077 == 0, saw, remedy)


def _place(here: Installation, name: str, path: Path) -> Check:
    if not path.is_dir():
        return Check(
            name,
            well=False,
            saw=say("{path} is not there", path=str(path)),
            remedy=say("Check asterisk_conf in the settings."),
        )
    try:
        _try_exchange(here, path)
    except PbxSyncError as error:
        return Check(name, well=False, saw=error.told, remedy=say("Put it on ext4, xfs or btrfs."))
    except OSError as error:
        saw = say("{path}: {why}", path=str(path), why=error.strerror)
        return Check(name, well=False, saw=saw, remedy=let_write(os.geteuid()))
    return Check(name, well=True, saw=say("{path} can be changed atomically", path=str(path)))


def let_write(user: int) -> str:
    """Return the remedy where a user, by number, may not write."""
    try:
        return say("Let the user {name} write there, by group.", name=pwd.getpwuid(user).pw_name)
    except KeyError:
        return say("Let the user {number}, who has no name here, write there, by group.", number=user)


def _try_exchange(here: Installation, path: Path) -> None:
    """Swap two files of our own there; what a run does to every file."""
    handle = open_folder(path)
    names = [b".pbxsync-doctor-" + secrets.token_hex(4).encode() for _ in range(2)]
    try:
        for name in names:
            here.disk.create(handle, name, [name])
        here.disk.exchange(handle, names[0], handle, names[1])
    finally:
        for name in names:
            here.disk.remove(handle, name)
        os.close(handle)


def _room(home: Path) -> Check:
    free = shutil.disk_usage(home).free
    return Check(
        "room",
        free > _ROOM,
        say("{count} MiB free at {path}", count=free // 2**20, path=str(home)),
        say("Free some space, or lower keep_states."),
    )


def _asterisk(here: Installation) -> str:
    seen = here.pbx.look()
    if not seen.running:
        return say("it is not running; files will be changed without a reload")
    counts = ", ".join(f"{number} {name}" for name, number in seen.counts)
    return say("{version}; {counts}; {calls} calls", version=seen.version, counts=counts, calls=seen.calls)


def _librsync() -> str:
    signature(BytesIO(b""), 0)
    return say("can be used")


def _log(path: Path) -> Check:
    well = os.access(path, os.R_OK)
    remedy = say("Add `full => notice,warning,error,verbose` to logger.conf, and let our user read it.")
    saw = say("{path} can be read", path=str(path)) if well else say("{path} cannot be read", path=str(path))
    return Check("log", well, saw, remedy)


def _redis(here: Installation) -> Check:
    try:
        redis.Redis.from_url(here.settings.redis, socket_timeout=2).ping()
    except redis.RedisError:
        if here.settings.redis_url or shutil.which("redis-server") is None:
            return Check(
                "redis",
                well=False,
                saw=say("it does not answer"),
                remedy=say("Install the package {name}.", name="redis-server"),
            )
        return Check("redis", well=True, saw=say("starts with `pbxsync up`"))
    return Check("redis", well=True, saw=say("answers"))


def _audit(here: Installation) -> Check:
    broken = here.store.audit.broken_at()
    saw = say("line {count} was changed or is missing", count=broken) if broken else say("the chain is whole")
    return Check("audit log", broken == 0, saw, say("Find out who writes to the store beside PBXSync."))
