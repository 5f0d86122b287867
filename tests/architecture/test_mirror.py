"""Every source file that decides or acts has a test file of its own name, or is imported by one, or has a reason."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.product import ROOT, read, sources

MIRRORED = tuple(f"pbxsync_worker/{name}" for name in ("core", "delta", "apply", "asterisk", "peer", "sync"))
EXCEPTIONS = {
    "pbxsync_worker/core/clock.py": "the machine's clock; tests drive a clock by hand instead",
    "pbxsync_worker/core/model/ports.py": "Protocols: tests/contract holds their promises",
    "pbxsync_worker/core/store/columns.py": "values without behaviour",
    "pbxsync_worker/core/model/step.py": "values without behaviour",
    "pbxsync_worker/core/model/host.py": "values without behaviour",
    "pbxsync_worker/core/model/job.py": "values without behaviour",
    "pbxsync_worker/core/model/dataset.py": "values without behaviour",
    "pbxsync_worker/sync/arrive.py": "a page of the story in sync/run.py: tests/scenario tells whole runs",
    "pbxsync_worker/sync/decide.py": "a page of the story in sync/run.py: tests/scenario tells whole runs",
    "pbxsync_worker/sync/finish.py": "a page of the story in sync/run.py: tests/scenario tells whole runs",
    "pbxsync_worker/sync/measure.py": "a page of the story in sync/run.py: tests/scenario tells whole runs",
    "pbxsync_worker/sync/propose.py": "a page of the story in sync/run.py: tests/scenario tells whole runs",
    "pbxsync_worker/sync/parts.py": "what the story is told with; values without behaviour",
    "pbxsync_worker/asterisk/applications.py": "a list of names",
    "pbxsync_worker/asterisk/trouble.py": "values without behaviour",
    "pbxsync_worker/asterisk/pjsip.py": "a page of the static check: tests/unit/asterisk/test_lint.py",
}


def _needs_a_test(path: Path) -> bool:
    text = str(path)
    return path.name != "__init__.py" and "/migrations/" not in text and text not in EXCEPTIONS


@cache
def _all_tests() -> str:
    return "\n".join(read(path) for path in sources("tests") if "architecture" not in path.parts)


def _is_imported(path: Path) -> bool:
    package, name = ".".join(path.parent.parts), path.stem
    imports = rf"(from {package}\.{name} import|from {package} import [^\n]*\b{name}\b|import {package}\.{name}\b)"
    return re.search(imports, _all_tests()) is not None


@pytest.mark.parametrize("path", [path for path in sources(*MIRRORED) if _needs_a_test(path)], ids=str)
def test_every_source_file_has_a_test_that_names_it(path):
    tests = ROOT / "tests"
    own = [*tests.rglob(f"test_{path.stem}.py"), *tests.rglob(f"test_*_{path.stem}.py")]
    assert own != [] or _is_imported(path)


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_every_exception_still_exists(name):
    assert read(Path(name))
