"""An Asterisk 22 for Debian 12: a later suite's packages unpacked into a cache folder, once, and reused."""

import fcntl
import os
import shutil
import subprocess
import sys
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
    """Return the folder with the later suite's Asterisk, making it where it is missing (half a minute, 300 MB)."""
    root = cache() / f"asterisk-{SUITE}"
    if (root / _ASTERISK).exists():
        return root
    handle = os.open(cache() / f"asterisk-{SUITE}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)  # another process may be at it; then this one finds it ready
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
    shutil.rmtree(building, ignore_errors=True)
    progress(f"fetching Asterisk of Debian {SUITE} into {root} (about 150 MB, once)")
    log = root.with_name(root.name + ".log")
    # Downloading and unpacking is all we need: no chroot, no mount, no package script runs, root is not needed.
    what = ["--download-only", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(building)]
    _run(["/usr/sbin/debootstrap", *what, _mirror(), str(_SCRIPT)], log)
    progress("unpacking it")
    archives = sorted((building / "var/cache/apt/archives").glob("*.deb"), key=_base_first)
    for archive in archives:
        _run(["dpkg-deb", "--extract", str(archive), str(building)], log)
    if not (building / _ASTERISK).exists():
        raise NoAsterisk(f"{_ASTERISK} is not in the packages of {SUITE}: see {log}")
    for name in ("var/cache", "debootstrap", "usr/share/doc", "usr/share/man", "usr/share/locale"):
        shutil.rmtree(building / name, ignore_errors=True)
    building.rename(root)


def _base_first(archive: Path) -> tuple[bool, str]:
    """Sort base-files first: it brings the links /lib and /lib64 that the others are unpacked through."""
    return not archive.name.startswith("base-files_"), archive.name


def _run(argv: list[str], log: Path) -> None:
    with log.open("ab") as sink:
        status = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, check=False).returncode
    if status != 0:
        last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["no output"]
        raise NoAsterisk(f"{argv[0]} failed ({last[0]}): see {log}, check network and disk space, then try again")


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


if __name__ == "__main__":
    try:
        ensure_asterisk_root(lambda line: print(f"· {line}", file=sys.stderr, flush=True))
    except NoAsterisk as error:
        sys.exit(f"scripts: {error}")
