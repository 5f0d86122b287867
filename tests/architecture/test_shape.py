"""The shape of the house: directions, sizes, names, top level."""

import ast
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

from tests.architecture.product import PACKAGES, ROOT, read, sources

LIMIT = 400
MEDIAN = 150
TOP_LEVEL = {
    *("pyproject.toml", "pbxsync_web", "pbxsync_worker", "freepbx_module", "templates", "static", "tests"),
    *("README.md", "docs", "scripts", "benchmarks", "packaging", ".ci", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"),
    *(".gitignore", ".gitattributes", ".pre-commit-config.yaml"),
}


def test_imports_run_in_one_direction():
    lint = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("path", [*sources(), *sources("tests", "scripts", "benchmarks")], ids=str)
def test_no_file_is_longer_than_a_reader_can_hold(path):
    if "/migrations/versions/" not in str(path):  # written by Alembic from the tables, which are what is read
        assert len(read(path).splitlines()) <= LIMIT


def test_half_of_the_files_fit_on_few_screens():
    assert median(len(read(path).splitlines()) for path in sources()) <= MEDIAN


@pytest.mark.parametrize("path", list(sources()), ids=str)
def test_every_module_says_what_it_is_for(path):
    if "/migrations/" not in str(path):
        assert ast.get_docstring(ast.parse(read(path)))


def test_every_folder_of_the_product_with_code_is_a_package():
    folders = {path.parent for path in sources() if "migrations" not in str(path)}
    assert [str(folder) for folder in folders if not (ROOT / folder / "__init__.py").exists()] == []


def _ignored() -> set[str]:
    lines = [line.strip() for line in read(Path(".gitignore")).splitlines()]
    return {line.rstrip("/") for line in lines if line and not line.startswith("#")}


def test_nothing_stands_beside_the_fixed_top_level():
    ignored = _ignored() | {".git"}
    found = {path.name for path in ROOT.iterdir() if not any(path.match(pattern) for pattern in ignored)}
    assert found - TOP_LEVEL == set()


@pytest.mark.parametrize("name", PACKAGES)
def test_the_packages_of_the_product_exist(name):
    assert (ROOT / name / "__init__.py").exists()


@pytest.mark.parametrize("path", [*(ROOT / "scripts").iterdir(), ROOT / ".ci/run"], ids=lambda path: path.name)
def test_every_command_can_be_executed(path):
    if path.is_file() and path.suffix == "":
        assert path.stat().st_mode & 0o111
        assert path.read_text().startswith("#!/bin/bash\n")
