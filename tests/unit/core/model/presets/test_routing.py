"""Trunks travel with everything that belongs to them, and ids stay as they are."""

import pytest

from pbxsync_worker.core.model.dataset import DeletePolicy, RowPolicy
from pbxsync_worker.core.model.presets import as_dataset
from pbxsync_worker.core.model.presets.overlay import REPLICA, holds
from pbxsync_worker.core.model.presets.routing import CALL_FLOW, TRUNKS_ROUTES

TRUNKS = {one.table: one for one in TRUNKS_ROUTES.parts.tables}


@pytest.mark.parametrize("name", ["trunks", "pjsip", "sip", "iax"])
def test_trunks_and_what_belongs_to_them_are_mirrored(name):
    dataset = as_dataset([TRUNKS_ROUTES], "trunks", "Trunks")
    assert TRUNKS[name].policy is RowPolicy.MIRROR
    assert dataset.delete_policy(TRUNKS[name].base + b"1") is DeletePolicy.MIRROR


def test_whether_a_trunk_is_switched_on_is_decided_on_arrival():
    # Were the column left out, a new trunk would come with the default of the table, which is on.
    assert TRUNKS["trunks"].drop == ()
    assert any(one.table == "trunks" and one.column == "disabled" for one in REPLICA)


def test_of_the_devices_only_those_of_trunks_come_with_the_trunks():
    assert [holds(TRUNKS["sip"].rows, {"id": one}) for one in ("tr-peer-1", "2001")] == [True, False]


def test_routes_are_mirrored():
    assert TRUNKS["outbound_routes"].policy is RowPolicy.MIRROR
    assert TRUNKS["incoming"].delete is DeletePolicy.MIRROR


def test_numbers_that_destinations_refer_to_travel_with_their_rows():
    assert [one.table for one in CALL_FLOW.parts.tables if one.drop] == []


def test_what_call_flow_refers_to_is_required():
    assert CALL_FLOW.requires == ("extensions-users", "greetings-recordings")
