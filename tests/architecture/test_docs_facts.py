"""docs/facts.md tells every fact that monitors measure, with its title and unit."""

from pathlib import Path

import pytest

from pbxsync_worker.core.model.fact import HOST_KINDS, LINK_KINDS, REMOTE_STATES
from tests.architecture.product import read

PAGE = read(Path("docs/facts.md"))
ROWS = {line.split("`")[1]: line for line in PAGE.splitlines() if line.startswith("| `")}


@pytest.mark.parametrize("kind", [*HOST_KINDS, *LINK_KINDS], ids=lambda kind: kind.name)
def test_every_fact_is_told_with_its_title_and_unit(kind):
    cells = [cell.strip() for cell in ROWS[kind.name].split("|")]
    assert cells[2] == kind.title
    assert cells[3] == kind.type.replace("_", " ") + (f" in {kind.unit}" if kind.unit else "")


def test_nothing_is_told_that_is_no_fact():
    assert set(ROWS) == {kind.name for kind in (*HOST_KINDS, *LINK_KINDS)}


def test_every_state_of_another_host_is_told():
    assert [state for state in REMOTE_STATES if f"`{state}`" not in PAGE] == []
