"""Builds the Debian package: our wheel and those of everything it needs, units, setup command, module and snippet.

`python -m scripts.packing.debian FOLDER` writes `pbxsync_<version>_<architecture>.deb` there. What is locked in
`packaging/lock/product.txt` is fetched and checked here, once; the machine that installs the package fetches nothing.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from scripts.packing import module

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "packaging/debian"
_SCRIPTS = ("postinst", "prerm", "postrm")


def version() -> str:
    """Return the version of the product."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def build(folder: Path) -> Path:
    """Build the package into a folder and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    architecture = _said("dpkg", "--print-architecture")
    target = folder / f"pbxsync_{version()}_{architecture}.deb"
    with tempfile.TemporaryDirectory(prefix="pbxsync-deb-") as name:
        tree = Path(name) / "tree"
        _bring_wheels(tree / "opt/pbxsync")
        _bring_files(tree)
        _describe(tree / "DEBIAN", architecture)
        _run("dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(tree), str(target))
    return target


def _bring_wheels(home: Path) -> None:
    wheels = home / "wheels"
    wheels.mkdir(parents=True)
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--wheel-dir", str(wheels))
    _run(*pip, "--require-hashes", "--requirement", str(ROOT / "packaging/lock/product.txt"))
    # Some are built here from their locked source: what is installed later is checked against what lies here.
    lines = [_requirement(path) for path in sorted(wheels.glob("*.whl"))]
    (home / "requirements.txt").write_text("".join(lines), encoding="utf-8")
    _run(*pip, "--no-deps", "--no-build-isolation", str(ROOT))


def _requirement(wheel: Path) -> str:
    name, number = wheel.name.split("-")[:2]
    return f"{name}=={number} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def _bring_files(tree: Path) -> None:
    for source, where, mode in (
        (SOURCE / "pbxsync", "usr/bin/pbxsync", 0o755),
        (SOURCE / "pbxsync-setup", "usr/sbin/pbxsync-setup", 0o755),
        (ROOT / "packaging/apache/pbxsync.conf", "usr/share/pbxsync/apache.conf", 0o644),
        (ROOT / "LICENSE", "usr/share/doc/pbxsync/copyright", 0o644),
        (ROOT / "CHANGELOG.md", "usr/share/doc/pbxsync/NEWS.md", 0o644),
        *((unit, f"lib/systemd/system/{unit.name}", 0o644) for unit in (SOURCE / "units").iterdir()),
    ):
        target = tree / where
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(mode)
    packed = module.pack(tree / "usr/share/pbxsync")
    packed.rename(packed.with_name("module.tgz"))


def _describe(folder: Path, architecture: str) -> None:
    folder.mkdir()
    text = (SOURCE / "control").read_text(encoding="utf-8")
    (folder / "control").write_text(text.replace("@VERSION@", version()).replace("@ARCHITECTURE@", architecture))
    for name in _SCRIPTS:
        shutil.copyfile(SOURCE / name, folder / name)
        (folder / name).chmod(0o755)


def _said(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def _run(*words: str) -> None:
    subprocess.run(words, check=True, stdout=sys.stderr)


if __name__ == "__main__":
    print(build(Path(sys.argv[1])))
