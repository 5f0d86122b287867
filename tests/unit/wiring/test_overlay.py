"""Which rules an installation lays over what a source has."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.inventory import Inventory
from pbxsync_worker.core.model.own_rule import Becomes, OwnRule
from pbxsync_worker.core.model.run import Mode
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.sync.parts import NoOverlay
from tests.unit.core.values import A, catalogue, dataset, run
from tests.unit.datasets.mysql.rows import TABLES, row_item_of, trunk


@pytest.fixture
def replica(here):
    """An installation with a job of trunks from a source that it stands by for."""
    made = catalogue()
    whole = replace(made, datasets=(replace(dataset(), tables=TABLES),))
    here.store.catalogues.save(Signed(document_of(whole), A, b""))
    here.knows(A)
    return here


def arrived(here, number=1) -> bytes:
    with here.parts(run()) as parts:
        theirs = row_item_of(trunk(number))
        concerned = parts.overlay.concerned(Inventory.of([theirs]))
        return parts.overlay.arrive(theirs, trunk(number)[1], None).content if concerned else b""


def test_a_host_stands_by_for_a_source_until_its_policy_says_otherwise(replica):
    assert arrived(replica) == trunk(1, disabled="on")[1]
    policy = replica.paired(A).policy
    replica.store.hosts.set_policy(A, replace(policy, replica=False))
    assert arrived(replica) == b""


def test_rules_of_the_host_come_before_those_of_the_product(replica):
    own = OwnRule(Becomes.REPLACE, "asterisk", "trunks", "disabled", "off", "this host has a line of its own")
    number = replica.store.own_rules.add(own)
    assert arrived(replica) == trunk(1, disabled="off")[1]
    replica.store.own_rules.remove(number)
    assert arrived(replica) == trunk(1, disabled="on")[1]


def test_what_this_host_was_itself_is_not_changed_on_its_way_back(replica):
    with replica.parts(run(mode=Mode.ROLLBACK, goal="r0:before")) as parts:
        assert isinstance(parts.overlay, NoOverlay)
