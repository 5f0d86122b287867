"""docs/complaints.md promises tests: each must exist."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.product import ROOT, read

SHOWN = re.findall(r"`(tests/[^`]+\.py)` `(test_\w+)`", read(Path("docs/complaints.md")))
ROWS = re.findall(r"^\| (?!complaint|---)", read(Path("docs/complaints.md")).replace("|---", "| ---"), re.MULTILINE)


def test_every_complaint_names_a_test():
    assert len(SHOWN) == len(ROWS) > 30


@pytest.mark.parametrize(("path", "name"), SHOWN, ids=lambda one: one.rpartition("/")[2])
def test_it_exists(path, name):
    body = ast.parse((ROOT / path).read_text(encoding="utf-8")).body
    assert name in {one.name for one in body if isinstance(one, ast.FunctionDef)}
