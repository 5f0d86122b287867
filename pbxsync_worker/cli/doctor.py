"""`pbxsync doctor`: checks everything a host needs, and says the remedy for what is missing."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import click
import redis

from pbxsync_worker.cli.show import as_json, show
from pbxsync_worker.core.durable import open_folder
from pbxsync_worker.core.model.errors import PbxSyncError
from pbxsync_worker.core.model.host import PeerState
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.model.wish import CheckHost
from pbxsync_worker.core.settings import load
from pbxsync_worker.delta.librsync import signature
from pbxsync_worker.wiring import Installation
from pbxsync_worker.wiring.grant import grant

_ROOM = 500 * 2**20


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; remedy: what to do where it is not well."""

    name: str
    well: bool
    saw: str
    remedy: str = ""


@click.command()
@as_json
@click.pass_context
def doctor(context: click.Context, *, as_json: bool) -> None:
    """Check everything this host needs; exit 1 where something is missing."""
    found = list(examine(Installation(load())))
    show(found, lambda: "\n".join(_line(check) for check in found), as_json=as_json)
    context.exit(0 if all(check.well for check in found) else 1)


def _line(check: Check) -> str:
    line = f"{'ok  ' if check.well else 'BAD '} {check.name}: {check.saw}"
    return line if check.well else f"{line}\n     {check.remedy}"


def examine(here: Installation) -> Iterator[Check]:
    """Look at everything, one after the other."""
    settings = here.settings
    yield _tried("identity", lambda: here.store.hosts.me().name, "Run `pbxsync init`.")
    yield _keys(settings.keys)
    for place, path in settings.places.items():
        yield _place(here, place.value, path)
    yield _room(settings.home)
    yield _tried(
        "Asterisk", lambda: _asterisk(here), "Start Asterisk; check ami_host, ami_port, ami_user and keys/ami.secret."
    )
    yield _log(settings.log_file)
    yield _tried("librsync", _librsync, "apt-get install librsync2")
    yield _redis(here)
    yield _audit(here)
    for peer in here.store.hosts.peers(PeerState.PAIRED):
        remedy = "Check that PBXSync runs there and that its peer port is open."
        wish = CheckHost(peer.host.id)
        yield _tried(f"host {peer.host.name}", lambda wish=wish: grant(here, wish, "doctor"), remedy)  # type: ignore[misc]


def _tried(name: str, look: Callable[[], str], remedy: str) -> Check:
    try:
        return Check(name, well=True, saw=as_text(look()))
    except PbxSyncError as error:
        return Check(name, well=False, saw=error.sentence, remedy=remedy)


def _keys(folder: Path) -> Check:
    remedy = f"chmod 700 {folder}"
    try:
        mode = folder.stat().st_mode & 0o777
    except OSError:
        return Check("keys", well=False, saw=f"{folder} is not there", remedy="Run `pbxsync init`.")
    return Check("keys", mode & 0o077 == 0, f"{folder} has mode {mode:o}", remedy)


def _place(here: Installation, name: str, path: Path) -> Check:
    if not path.is_dir():
        return Check(name, well=False, saw=f"{path} is not there", remedy="Check asterisk_conf in the settings.")
    try:
        _try_exchange(here, path)
    except PbxSyncError as error:
        return Check(name, well=False, saw=error.sentence, remedy="Put it on ext4, xfs or btrfs.")
    except OSError as error:
        remedy = f"Let the user {os.geteuid()} write there, by group."
        return Check(name, well=False, saw=f"{path}: {error.strerror}", remedy=remedy)
    return Check(name, well=True, saw=f"{path} can be changed atomically")


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
    return Check("room", free > _ROOM, f"{free // 2**20} MiB free at {home}", "Free some space, or lower keep_states.")


def _asterisk(here: Installation) -> str:
    seen = here.pbx.look()
    if not seen.running:
        return "it is not running; files will be changed without a reload"
    counts = ", ".join(f"{number} {name}" for name, number in seen.counts)
    return f"{seen.version}; {counts}; {seen.calls} calls"


def _librsync() -> str:
    signature(BytesIO(b""), 0)
    return "can be used"


def _log(path: Path) -> Check:
    well = os.access(path, os.R_OK)
    remedy = "Add `full => notice,warning,error,verbose` to logger.conf, and let our user read it."
    return Check("log", well, f"{path} {'can be read' if well else 'cannot be read'}", remedy)


def _redis(here: Installation) -> Check:
    try:
        redis.Redis.from_url(here.settings.redis, socket_timeout=2).ping()
    except redis.RedisError:
        if here.settings.redis_url or shutil.which("redis-server") is None:
            return Check("redis", well=False, saw="it does not answer", remedy="apt-get install redis-server")
        return Check("redis", well=True, saw="starts with `pbxsync up`")
    return Check("redis", well=True, saw="answers")


def _audit(here: Installation) -> Check:
    broken = here.store.audit.broken_at()
    saw = f"line {broken} was changed or is missing" if broken else "the chain is whole"
    return Check("audit log", broken == 0, saw, "Find out who writes to the store beside PBXSync.")


COMMANDS = (doctor,)
