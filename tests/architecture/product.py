"""Where the product's source files are, for the tests of its shape."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("pbxsync_web", "pbxsync_worker")


def sources(*folders: str) -> Iterator[Path]:
    """Yield the Python files of the product, or of these folders, relative to the checkout."""
    for folder in folders or PACKAGES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT)


def read(path: Path) -> str:
    """Return the text of a file of the checkout."""
    return (ROOT / path).read_text(encoding="utf-8")
