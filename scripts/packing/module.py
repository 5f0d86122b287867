"""Packs `freepbx_module/` as FreePBX wants a module: one folder `pbxsync/`, its translations compiled.

`python -m scripts.packing.module FOLDER` writes `pbxsync-<version>.tgz` there, the same bytes for the same tree.
"""

import gzip
import io
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

MODULE = Path(__file__).parents[2] / "freepbx_module"
NAME = "pbxsync"
_OURS = ("utests", "phpunit.xml", "phpmd.xml")
"""What is for us only."""


def version() -> str:
    """Return the version that module.xml names."""
    return ET.parse(MODULE / "module.xml").getroot().findtext("version", "")


def files() -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every file of the module, sorted; of translations also the compiled form."""
    for path in sorted(one for one in MODULE.rglob("*") if one.is_file()):
        name = path.relative_to(MODULE)
        if name.parts[0] in _OURS:
            continue
        yield name.as_posix(), path.read_bytes()
        if path.suffix == ".po":
            yield name.with_suffix(".mo").as_posix(), _compiled(path)


def _compiled(path: Path) -> bytes:
    with path.open("rb") as source:
        catalog = read_po(source)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    return compiled.getvalue()


def pack(folder: Path) -> Path:
    """Write the archive into a folder and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{NAME}-{version()}.tgz"
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in files():
            entry = tarfile.TarInfo(f"{NAME}/{name}")
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    # No name and no time in the head of the stream either.
    target.write_bytes(gzip.compress(plain.getvalue(), mtime=0))
    return target


if __name__ == "__main__":
    print(pack(Path(sys.argv[1])))
