"""The peers that bring files: rsync to a daemon and over ssh, and Unison; each pushes from the source to the target."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.peers.server import Server, rsync_daemon, ssh, ssh_daemon

KEYS = "astdb.sqlite3"
"""The file that has a row of its own and is left out of the others."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a peer works.

    folder: its own; base: what the target has at first; source, target: what it brings, and where to; keys: only
    AstDB's file.
    """

    folder: Path
    base: Path
    source: Path
    target: Path
    keys: bool = False


@dataclass(frozen=True, slots=True)
class FilePeer:
    """One peer; needs: its Debian packages with the program of each; before: what it does before the clock starts."""

    name: str
    needs: Mapping[str, str]
    server: Callable[[Path], AbstractContextManager[Server]]
    command: Callable[[Scene, str], Sequence[str]]
    before: Callable[[Scene, str], None] = lambda _scene, _address: None
    environment: Callable[[Scene], Mapping[str, str]] = lambda _scene: {}
    keys: bool = True
    options: tuple[str, ...] = field(default=())


def mirror(source: Path, target: Path) -> None:
    """Make a local tree as another one is, times included."""
    target.mkdir(parents=True, exist_ok=True)
    subprocess.run(["rsync", "-a", "--delete", f"{source}/", f"{target}/"], check=True)


def empty(target: Path) -> None:
    """Leave an empty folder."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)


def _what(scene: Scene) -> list[str]:
    if scene.keys:
        return [f"{scene.source}/{KEYS}"]
    return ["--delete", f"--exclude=/{KEYS}", f"{scene.source}/"]


def _to_daemon(*options: str) -> Callable[[Scene, str], Sequence[str]]:
    def command(scene: Scene, address: str) -> Sequence[str]:
        return ["rsync", *options, *_what(scene), f"rsync://{address}/m{scene.target}/"]

    return command


def _over_ssh(*options: str) -> Callable[[Scene, str], Sequence[str]]:
    def command(scene: Scene, address: str) -> Sequence[str]:
        host = address.rpartition(":")[0]
        return ["rsync", *options, "-e", ssh(scene.folder, address), *_what(scene), f"{host}:{scene.target}/"]

    return command


def _unison(scene: Scene, address: str) -> Sequence[str]:
    own = _unison_source(scene)
    host, _, port = address.rpartition(":")
    return [
        "unison", str(own), f"ssh://{host}:{port}/{scene.target}", "-sshargs", f"-F {scene.folder}/ssh_config",
        "-servercmd", f"env UNISON={scene.folder}/unison-target unison", "-batch", "-auto", "-times",
        "-force", str(own), "-confirmbigdel=false", "-silent", "-contactquietly", "-rsrc", "false",
        "-ignore", f"Path {KEYS}",
    ]  # fmt: skip


def _unison_source(scene: Scene) -> Path:
    # Its archives name paths: base and changed state must have been at the same one.
    return scene.folder / "unison-tree"


def _agree(scene: Scene, address: str) -> None:
    """Let Unison see both sides equal, as after its last run; then change its source."""
    for name in ("unison-source", "unison-target"):
        shutil.rmtree(scene.folder / name, ignore_errors=True)
    own = _unison_source(scene)
    if any(scene.target.iterdir()):
        mirror(scene.base, own)
        subprocess.run(
            _unison(scene, address), check=True, env={**os.environ, **_unison_home(scene)}, capture_output=True
        )
    mirror(scene.source, own)


def _unison_home(scene: Scene) -> Mapping[str, str]:
    return {"UNISON": f"{scene.folder}/unison-source"}


_SSH = {"openssh-server": "/usr/sbin/sshd", "openssh-client": "ssh"}
PEERS = (
    FilePeer("rsyncd -a", {"rsync": "rsync"}, rsync_daemon, _to_daemon("-a", "--no-inc-recursive")),
    FilePeer("rsyncd -az", {"rsync": "rsync"}, rsync_daemon, _to_daemon("-az", "--no-inc-recursive")),
    FilePeer("rsync-ssh -az", {"rsync": "rsync", **_SSH}, ssh_daemon, _over_ssh("-az", "--no-inc-recursive")),
    FilePeer("unison", {"unison": "unison", **_SSH}, ssh_daemon, _unison, _agree, _unison_home, keys=False),
)


def missing(needs: Mapping[str, str]) -> list[str]:
    """Return the Debian packages whose program is not here."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    return [package for package, program in needs.items() if shutil.which(program, path=path) is None]
