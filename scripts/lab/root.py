"""An Asterisk 22 for Debian 12: a later suite's packages unpacked into a cache folder, once, and reused."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from scripts.lab.folders import cache

SUITE = "forky"
PACKAGES = "asterisk,asterisk-modules,asterisk-config"
_SCRIPT = Path("/usr/share/debootstrap/scripts/sid")  # Debian 12 does not know the names of later suites
_ASTERISK = "usr/sbin/asterisk"

Progress = Callable[[str], None]


class NoAsterisk(Exception):
    """The laboratory's Asterisk cannot be made here; the text says what to do."""


def ensure_asterisk_root(progress: Progress) -> Path:
    """Return the folder with the later suite's Asterisk, making it where it is missing (about a minute, 500 MB)."""
    root = cache() / f"asterisk-{SUITE}"
    if (root / _ASTERISK).exists():
        return root
    handle = os.open(cache() / f"asterisk-{SUITE}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        progress("waiting for another process that builds the laboratory's Asterisk")
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not (root / _ASTERISK).exists():
            _build(root, progress)
    finally:
        os.close(handle)
    return root


def asterisk_command(root: Path) -> list[str]:
    """Return the words that start Asterisk out of `root` with its own libraries, without a chroot."""
    libraries = ":".join(str(root / name) for name in ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"))
    loader = str(root / "lib64/ld-linux-x86-64.so.2")
    return [loader, "--library-path", libraries, "--argv0", "asterisk", str(root / _ASTERISK)]


def _build(root: Path, progress: Progress) -> None:
    for path in ("/usr/sbin/debootstrap", str(_SCRIPT)):
        if not Path(path).exists():
            raise NoAsterisk(f"{path} is missing: run `apt-get install debootstrap`")
    building = root.with_name(root.name + ".building")
    _remove(building)
    progress(f"unpacking Asterisk of Debian {SUITE} into {root} (about a minute, once)")
    log = root.with_name(root.name + ".log")
    argv = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(building), _mirror(), str(_SCRIPT)]
    with log.open("wb") as sink:
        status = subprocess.run(
            _as_root(argv), stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, check=False
        ).returncode
    if status != 0 or not (building / _ASTERISK).exists():
        last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["no output"]
        raise NoAsterisk(f"debootstrap failed ({last[0]}): see {log}, check network and disk space, then try again")
    shutil.rmtree(building / "var/cache/apt/archives", ignore_errors=True)
    building.rename(root)


def _as_root(argv: list[str]) -> list[str]:
    if os.getuid() == 0:
        return argv
    if shutil.which("sudo") is None:
        raise NoAsterisk("unpacking Asterisk needs root: run this once as root, or install sudo")
    return ["sudo", "--", *argv]


def _remove(building: Path) -> None:
    if building.exists():
        # A killed debootstrap may have left its /proc mounted below; other file systems are not entered.
        subprocess.run(_as_root(["rm", "-rf", "--one-file-system", "--", str(building)]), check=False)
    if building.exists():
        raise NoAsterisk(f"{building} is left over and cannot be removed: unmount what is below it and remove it")


def _mirror() -> str:
    """Return the archive that apt itself uses for Debian's main packages (not security, not updates)."""
    form = "$(REPO_URI) $(SUITE)$(CODENAME)"
    found = subprocess.run(
        ["apt-get", "indextargets", "--format", form, "Created-By: Packages"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    uris = [line.split()[0] for line in found.stdout.splitlines() if line and "-" not in line.split()[-1]]
    archives = [uri for uri in dict.fromkeys(uris) if "security" not in uri and uri.startswith(("http", "file"))]
    if not archives:
        raise NoAsterisk("apt knows no Debian archive: check its sources and run `apt-get update`")
    return archives[0]
