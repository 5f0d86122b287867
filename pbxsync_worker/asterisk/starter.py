"""Who starts the Asterisk of this host once it has ended: fixed argument lists of this host, nothing of a peer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pbxsync_worker.core.model.asterisk_action import Starting


@dataclass(frozen=True, slots=True)
class Starter:
    """Argument lists; empty where there is none of the kind.

    stop: ends it at once, and tells its keeper that this is meant; kill: for one that ignores everything else.
    """

    name: str = "nobody"
    start: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    kill: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a host has that could start Asterisk.

    units: where unit files lie; systemd: exists where systemd runs; fwconsole: the program, None without FreePBX;
    as_root: what stands before what only root may do.
    """

    fwconsole: Path | None = None
    as_root: tuple[str, ...] = ("sudo", "-n")
    systemd: Path = Path("/run/systemd/system")
    units: tuple[Path, ...] = (
        Path("/etc/systemd/system"),
        Path("/lib/systemd/system"),
        Path("/usr/lib/systemd/system"),
    )


NOBODY = Starter()
_UNITS = ("freepbx.service", "asterisk.service")
"""In this order: the unit of FreePBX starts Asterisk itself, through fwconsole."""


def starter_for(starting: Starting, found: Found) -> Starter:
    """Return the starter that the settings name, or the first that there is."""
    match starting.by:
        case "commands":
            return Starter("commands", starting.start, starting.stop, starting.kill)
        case "systemd":
            return _systemd(starting.unit or _unit(found) or _UNITS[-1], found)
        case "fwconsole":
            return _fwconsole(found)
        case "nobody":
            return NOBODY
        case _:
            return _first(starting, found)


def _first(starting: Starting, found: Found) -> Starter:
    """Return the starter of the first thing that is there."""
    unit = starting.unit or _unit(found)
    if unit and found.systemd.exists():
        return _systemd(unit, found)
    return _fwconsole(found) if found.fwconsole is not None else NOBODY


def _unit(found: Found) -> str:
    return next((unit for unit in _UNITS if any((folder / unit).exists() for folder in found.units)), "")


def _systemd(unit: str, found: Found) -> Starter:
    def systemctl(*words: str) -> tuple[str, ...]:
        return (*found.as_root, "systemctl", *words, unit)

    return Starter(f"systemd: {unit}", systemctl("start"), systemctl("stop"), systemctl("kill", "--signal=KILL"))


def _fwconsole(found: Found) -> Starter:
    program = str(found.fwconsole or "/usr/sbin/fwconsole")
    # Started as ours, Asterisk would end with our own service: systemd ends all of a service's processes with it.
    apart: Sequence[str] = ("systemd-run", "--scope", "--quiet") if found.systemd.exists() else ()
    return Starter(
        "fwconsole", (*found.as_root, *apart, program, "start"), (*found.as_root, program, "stop", "--immediate")
    )
