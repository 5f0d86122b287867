"""`pbxsync coverage`: what of this PBX is in no job."""

import pytest

from pbxsync_worker.cli.coverage import _words
from pbxsync_worker.core.model.coverage import Coverage, Found, Thing, Weight

REPORT = Coverage(
    (
        Found(Thing.TABLE, "asterisk.ringgroups", Weight.MUCH, presets=("call-flow",)),
        Found(Thing.FILES, "ASTSPOOLDIR/monitor", Weight.SOME, 1240, partly=True),
    ),
    (Found(Thing.FAMILY, "registrar", Weight.LITTLE, why="where phones are"),),
    7,
)


@pytest.mark.parametrize(
    "line",
    [
        "table      asterisk.ringgroups               preset not chosen: call-flow",
        "files      ASTSPOOLDIR/monitor (1240 files)  a job holds some of it; no preset holds it",
        "family    registrar  where phones are",
        "in a job: 7, in no job: 2, left out on purpose: 1",
    ],
)
def test_it_says_what_is_missing_and_why(line):
    assert line in _words(REPORT).splitlines()


def test_where_everything_is_covered_only_the_counts_are_told():
    assert _words(Coverage((), (), 7)) == "in a job: 7, in no job: 0, left out on purpose: 0"


def test_where_the_astdb_cannot_be_read_it_says_so(installed):
    said = installed.json("coverage")
    assert said.status == 0
    assert "AstDB" in said.value["unseen"][0]
    assert f"not looked at: {said.value['unseen'][0]}" in installed("coverage").out
