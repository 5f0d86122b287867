"""Hosts with every kind of change between them, and the places where cases are played."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pbxsync_worker.core.model.run import Run, State
from tests.crash.points import Stage
from tests.scenario.world import World, set_keys, write


@pytest.fixture(scope="session")
def fast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a folder in memory where there is one: thousands of cases, each with hundreds of syncs."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path_factory.mktemp("crash")
        return
    folder = Path(tempfile.mkdtemp(prefix="pbxsync-crash-", dir=memory))
    yield folder
    shutil.rmtree(folder)


def first_state(world: World) -> None:
    """Fill A with what B gets in the run before the one that is cut."""
    etc = world.a / "etc"
    write(etc / "same.conf", "[same]\n")
    write(etc / "replaced.conf", "[old]\n")
    write(etc / "mode.conf", "[mode]\n")
    write(etc / "gone.conf", "[gone]\n")
    write(etc / "file-to-folder", "file")
    write(etc / "file-to-link", "file")
    write(etc / "folder-to-file" / "inside", "inside")
    write(etc / "folder-gone" / "deep" / "inside", "inside")
    (etc / "link").symlink_to("same.conf")
    (etc / "link-to-file").symlink_to("nowhere")
    write(world.a / "spool/voicemail/default/100/unavail.wav", b"\x00\xff" * 700)
    set_keys(world.a, CF__100="200", CF__101="201", AMPUSER__100__cidname="Ann", AMPUSER__100__device="100")


def second_state(world: World) -> None:
    """Change A in every way there is."""
    etc = world.a / "etc"
    write(etc / "replaced.conf", "[new]\n" * 9, mtime=1_650_000_000)
    (etc / "mode.conf").chmod(0o600)
    (etc / "gone.conf").unlink()
    write(etc / "added.conf", "[added]\n")
    write(etc / "empty", "")
    write(etc / "na\nme\udcff.conf", "[odd]\n")
    (etc / "file-to-folder").unlink()
    write(etc / "file-to-folder" / "inside", "now inside")
    (etc / "file-to-link").unlink()
    (etc / "file-to-link").symlink_to("/etc/passwd")
    shutil.rmtree(etc / "folder-to-file")
    write(etc / "folder-to-file", "now a file")
    shutil.rmtree(etc / "folder-gone")
    (etc / "link").unlink()
    (etc / "link").symlink_to("replaced.conf")
    (etc / "link-to-file").unlink()
    write(etc / "link-to-file", "now a file")
    (etc / "new-folder" / "empty").mkdir(parents=True)
    write(world.a / "spool/voicemail/default/100/unavail.wav", b"\x01\xfe" * 700, mtime=1_650_000_000)
    write(world.a / "varlib/moh/song.wav", bytes(2**12) + b"tail")
    set_keys(world.a, CF__100="300", CF__101=None, CF__102="", AMPUSER__100__cidname="Zoë")


def decoys(world: World) -> None:
    """Put things on B that no run may touch."""
    write(world.b / "etc/manager.conf", "[general]\n")
    write(world.b / "etc/kept.bak", "excluded")
    write(world.b / "etc/own.conf", "[own]\n")
    write(world.b / "varlib/moh/local.mp3", "excluded")
    write(world.b / "data/unrelated", "outside every set")
    set_keys(world.b, DND__100="YES", registrar__contact="here", AMPUSER__100__device="own")
    write(world.root / "outside/passwd", "root:x:0:0\n")
    (world.b / "etc" / "own-link").symlink_to("../../outside/passwd")


@pytest.fixture(scope="session")
def before(fast: Path) -> Path:
    """Return a pair of hosts with every kind of change waiting."""
    world = World(fast / "before").settle_in()
    first_state(world)
    (world.b / "etc").mkdir(exist_ok=True)
    decoys(world)
    assert world.sync().state is State.COMMITTED
    second_state(world)
    world.close()
    return world.root


@pytest.fixture(scope="session")
def after(fast: Path, before: Path) -> Path:
    """Return the same pair after the run."""
    shutil.copytree(before, fast / "after", symlinks=True)
    world = World(fast / "after")
    assert world.sync().state is State.COMMITTED
    world.close()
    return world.root


@pytest.fixture(scope="session")
def apply_stage(fast: Path, before: Path) -> Stage:
    (fast / "apply").mkdir()
    return Stage(before, fast / "apply", sync, sync)


@pytest.fixture(scope="session")
def rollback_stage(fast: Path, after: Path) -> Stage:
    (fast / "rollback").mkdir()
    return Stage(after, fast / "rollback", go_back, go_back)


def sync(world: World) -> Run:
    """Bring B in step with A."""
    return world.sync()


def go_back(world: World) -> Run:
    """Return B to the state before its last change."""
    committed = [run for run in world.store.runs.find(job="job") if run.state is State.COMMITTED and not run.goal]
    return world.rollback(committed[0], "before")


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Return a way to say a number where everybody sees it."""

    def say(text: str) -> None:
        with capsys.disabled():
            print(f"\n    {text}", end="")

    return say
