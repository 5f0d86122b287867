"""Every write of the product goes through core/durable.py, where it is counted, synced and can be cut in tests."""

from pathlib import Path

import pytest

from tests.architecture.durable_writes import writes
from tests.architecture.product import read, sources

EXCEPTIONS = {
    "pbxsync_worker/core/durable.py": "is the place",
    "pbxsync_worker/core/locks.py": "a lock file has no content, only a lock",
    "pbxsync_worker/apply/journal.py": "opens its file to hand it to Disk.append",
}


@pytest.mark.parametrize("path", list(sources()), ids=str)
def test_the_product_writes_only_through_the_durable_acts(path: Path):
    if str(path) not in EXCEPTIONS:
        assert writes(read(path)) == []


@pytest.mark.parametrize(
    "source",
    [
        "open(path, 'w')",
        "open(path, mode='ab')",
        "path.open('r+')",
        "path.write_text('x')",
        "self.folder.write_bytes(b'x')",
        "(folder / 'name').write_text('x')",
        "os.open(path, os.O_RDONLY | os.O_CREAT)",
        "os.fdopen(handle, 'wb')",
        "os.unlink(path)",
        "path.unlink()",
        "shutil.rmtree(path)",
    ],
)
def test_the_check_finds(source):
    assert len(writes(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "open(path)",
        "path.open('rb')",
        "os.open(path, os.O_RDONLY)",
        "self.disk.unlink(folder, name)",
        "contents.open(x)",
    ],
)
def test_the_check_leaves_alone(source):
    assert writes(source) == []
