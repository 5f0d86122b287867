"""Every source file that decides or acts has a test file of its own name."""

from pathlib import Path

import pytest

from tests.architecture.product import ROOT, read, sources

MIRRORED = tuple(f"pbxsync_worker/{name}" for name in ("core", "delta", "apply", "asterisk", "peer", "sync"))
EXCEPTIONS = {
    "pbxsync_worker/core/clock.py": "the machine's clock; tests drive a clock by hand instead",
    "pbxsync_worker/core/model/ports.py": "Protocols: tests/contract holds their promises",
    "pbxsync_worker/core/model/pbx.py": "values without behaviour",
    "pbxsync_worker/core/model/step.py": "values without behaviour",
    "pbxsync_worker/core/model/host.py": "values without behaviour",
    "pbxsync_worker/core/model/dataset.py": "values without behaviour",
}


def _needs_a_test(path: Path) -> bool:
    text = str(path)
    return path.name != "__init__.py" and "/migrations/" not in text and text not in EXCEPTIONS


@pytest.mark.parametrize("path", [path for path in sources(*MIRRORED) if _needs_a_test(path)], ids=str)
def test_every_source_file_has_a_test_file_of_its_name(path):
    name = path.stem.lstrip("_")
    assert [*(ROOT / "tests").rglob(f"test_{name}.py"), *(ROOT / "tests").rglob(f"test_*_{name}.py")] != []


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_every_exception_still_exists(name):
    assert read(Path(name))
