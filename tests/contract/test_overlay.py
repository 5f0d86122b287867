"""What every Overlay promises, the one over rows and the one that changes nothing."""

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.inventory import EMPTY, Inventory
from pbxsync_worker.core.model.presets.overlay import EVERYWHERE, REPLICA
from pbxsync_worker.datasets.mysql import RowOverlay
from pbxsync_worker.datasets.mysql.names import row_item
from pbxsync_worker.sync.parts import NoOverlay
from tests.unit.core.values import file
from tests.unit.datasets.mysql.rows import TABLES, pjsip, trunk

ROWS = (
    trunk(1),
    pjsip("1", "secret", "x"),
    pjsip("1", "transport", "10.0.0.4-tls"),
    pjsip("7", "media_address", "192.0.2.1"),
)
THEIRS = Inventory.of([*(row_item(*one) for one in ROWS), file(b"ASTETCDIR/a.conf")])


@pytest.fixture(params=["rows", "nothing"])
def overlay(request, tmp_path):
    """Give a function that makes the overlay of a run, and of the next one."""
    if request.param == "nothing":
        return NoOverlay
    return lambda: RowOverlay(TABLES, (*EVERYWHERE, *REPLICA), tmp_path / "overlay", Disk())


class TestEveryOverlay:
    def test_only_what_the_source_has_can_be_unwanted_and_each_with_its_reason(self, overlay):
        unwanted = overlay().unwanted(THEIRS, EMPTY)
        assert unwanted.keys() <= THEIRS.items.keys()
        assert all(unwanted.values())

    def test_what_is_here_already_is_not_unwanted(self, overlay):
        assert overlay().unwanted(THEIRS, THEIRS) == {}

    def test_files_are_never_concerned(self, overlay):
        assert b"ASTETCDIR/a.conf" in THEIRS.items
        assert b"ASTETCDIR/a.conf" not in overlay().concerned(THEIRS)

    def test_what_arrives_keeps_its_name_and_is_known_the_next_time(self, overlay):
        first = overlay()
        met = [(row_item(*one), one[1]) for one in ROWS if one[0] in first.concerned(THEIRS)]
        arrived = [(theirs, first.arrive(theirs, content, None)) for theirs, content in met]
        first.remember()
        first.remember()
        for theirs, arrival in arrived:
            assert arrival.item == row_item(theirs.name, arrival.content)
            assert overlay().known(theirs, arrival.item) is not None

    def test_what_was_never_met_is_not_known_to_become_something_else(self, overlay):
        made = overlay()
        theirs = row_item(*trunk(1))
        if theirs.name in made.concerned(Inventory.of([theirs])):
            assert made.known(theirs, row_item(*trunk(1, disabled="maybe"))) is None
