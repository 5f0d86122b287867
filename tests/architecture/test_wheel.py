"""What is shipped: the wheel holds both packages, the templates and the static files, and nothing else."""

import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.architecture.product import ROOT


@pytest.fixture(scope="module")
def shipped(tmp_path_factory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    wheel = next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"]))
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def _files(folder: str) -> list[Path]:
    return [path.relative_to(ROOT / folder) for path in (ROOT / folder).rglob("*") if path.is_file()]


@pytest.mark.parametrize("folder", ["templates", "static"])
def test_the_wheel_contains_every_page_and_static_file(shipped, folder):
    assert {f"pbxsync_web/{folder}/{path}" for path in _files(folder)} <= shipped
    assert any(name.startswith(f"pbxsync_web/{folder}/") for name in shipped)


def test_the_wheel_contains_every_source_file(shipped):
    for package in ("pbxsync_web", "pbxsync_worker"):
        assert {f"{package}/{path}" for path in _files(package) if path.suffix == ".py"} <= shipped


def test_the_wheel_contains_nothing_else(shipped):
    others = {name for name in shipped if not name.startswith(("pbxsync_web/", "pbxsync_worker/", "pbxsync-"))}
    assert others == set()
    assert not [name for name in shipped if name.endswith((".pyc", ".po~", ".orig", ".sqlite"))]
