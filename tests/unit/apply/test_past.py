"""This host's own past as a source."""

import pytest

from pbxsync_worker.apply.past import PastLink
from pbxsync_worker.core.contents import ContentStore
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import Bug, ContentGone, NotFound
from pbxsync_worker.core.model.inventory import EMPTY, Inventory
from tests.unit.core.values import dataset, file, inventory

KEPT = inventory(a=b"one", b=b"two")


@pytest.fixture
def contents(tmp_path):
    return ContentStore(tmp_path / "contents", Disk())


def test_a_pull_gives_the_kept_state_and_never_says_same(contents):
    pulled = PastLink(lambda: KEPT, contents).pull(dataset(), KEPT)
    assert (pulled.inventory, pulled.same) == (KEPT, False)


def test_a_state_that_is_no_longer_kept_is_refused(contents):
    def gone() -> Inventory:
        raise NotFound(what="kept state of run", name="r1")

    with pytest.raises(NotFound):
        PastLink(gone, contents).pull(dataset(), None)


def test_contents_come_from_the_store_in_the_order_they_are_wanted(contents):
    wanted = [Change(None, file(b"ASTETCDIR/b", b"two")), Change(file(b"ASTETCDIR/a"), file(b"ASTETCDIR/a", b"one"))]
    for data, change in zip((b"two", b"one"), wanted, strict=True):
        assert change.after is not None
        contents.put([data], change.after.content)
    given = [(change, b"".join(content)) for change, content in PastLink(lambda: EMPTY, contents).fetch(wanted)]
    assert given == list(zip(wanted, (b"two", b"one"), strict=True))


def test_a_content_that_is_no_longer_held_is_named(contents):
    ((_, content),) = PastLink(lambda: EMPTY, contents).fetch([Change(None, file(b"ASTETCDIR/a", b"lost"))])
    with pytest.raises(ContentGone):
        b"".join(content)


def test_a_removal_has_no_content_to_fetch(contents):
    with pytest.raises(Bug, match="no content"):
        list(PastLink(lambda: EMPTY, contents).fetch([Change(file(b"ASTETCDIR/a"), None)]))


def test_no_other_host_is_asked(contents):
    assert PastLink(lambda: KEPT, contents).traffic() == (0, 0)
