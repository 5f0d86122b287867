"""The documentation names everything that a person can meet."""

import re
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

import pytest
from click import Group

from pbxsync_worker.cli.main import cli
from pbxsync_worker.core.model.error_codes import all_codes
from pbxsync_worker.core.model.host import Job
from pbxsync_worker.core.model.job import Missed, OnChange, OnFailure, Schedule, TargetOrder, Trigger
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.settings import Settings
from tests.architecture.product import ROOT, read

# What the class computes by itself is not something that can be set.
SETTINGS = [one.name for one in fields(Settings) if one.name != "places"]
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#]+)")


@pytest.fixture(scope="module")
def operations() -> str:
    return read(Path("docs/operations.md"))


def _missing(text: str, names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if f"`{name}`" not in text)


def test_operations_explains_every_error_code(operations):
    assert _missing(operations, all_codes()) == []


def test_operations_explains_every_state(operations):
    assert _missing(operations, [state.name for state in State]) == []


def test_operations_explains_every_setting(operations):
    assert _missing(operations, SETTINGS) == []


def test_operations_explains_every_command(operations):
    assert [name for name in cli.commands if f"pbxsync {name}" not in operations] == []


def test_jobs_explains_every_field_and_choice():
    jobs = read(Path("docs/jobs.md"))
    names = [one.name for kind in (Job, Schedule, OnChange) for one in fields(kind) if one.name != "trigger"]
    choices = [one.value for kind in (TargetOrder, OnFailure, Missed, Trigger) for one in kind]
    assert _missing(jobs, [*names, *choices]) == []


def test_jobs_explains_every_option():
    jobs, job = read(Path("docs/jobs.md")), cli.commands["job"]
    assert isinstance(job, Group)
    options = {one for command in job.commands.values() for parameter in command.params for one in parameter.opts}
    assert [
        one for one in options if one.startswith("--") and one not in ("--json", "--group") and one not in jobs
    ] == []


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")), ids=lambda p: p.name
)
def test_every_link_between_our_pages_leads_somewhere(path):
    targets = LINK.findall(path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []
