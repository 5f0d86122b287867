"""What decides about calls is tested in every branch: the rules, and the language of their conditions."""

import subprocess
import sys

import pytest

from tests.architecture.product import ROOT

MODEL = "pbxsync_worker.core.model"
MEASURED = ("pbxsync_worker.rules", f"{MODEL}.condition", f"{MODEL}.condition_text", f"{MODEL}.rule")
TESTS = (
    "tests/unit/rules",
    *(f"tests/unit/core/model/test_{name}.py" for name in ("condition", "condition_text", "rule")),
)


@pytest.mark.slow
def test_every_branch_of_the_rules_is_tested(tmp_path):
    measure = [f"--cov={name}" for name in MEASURED]
    asked = ["--cov-branch", "--cov-report=term-missing", "--cov-fail-under=100", "-p", "no:cacheprovider"]
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *TESTS, *measure, *asked],
        cwd=ROOT,
        env={"COVERAGE_FILE": str(tmp_path / "coverage"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-4000:]
