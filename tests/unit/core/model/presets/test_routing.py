"""Trunks are never switched on, made or removed by a run, and ids stay as they are."""

import pytest

from pbxsync_worker.core.model.dataset import DeletePolicy, RowPolicy
from pbxsync_worker.core.model.presets import as_dataset
from pbxsync_worker.core.model.presets.routing import CALL_FLOW, TRUNKS_ROUTES

TRUNKS = {one.table: one for one in TRUNKS_ROUTES.parts.tables}


@pytest.mark.parametrize("name", ["trunks", "pjsip"])
def test_a_trunk_is_never_made_or_removed_by_a_run(name):
    dataset = as_dataset([TRUNKS_ROUTES], "trunks", "Trunks")
    assert TRUNKS[name].policy is RowPolicy.UPDATE
    assert dataset.delete_policy(TRUNKS[name].base + b"1") is DeletePolicy.NEVER


def test_whether_a_trunk_is_switched_on_never_travels():
    assert TRUNKS["trunks"].drop == ("disabled",)


def test_routes_are_mirrored():
    assert TRUNKS["outbound_routes"].policy is RowPolicy.MIRROR
    assert TRUNKS["incoming"].delete is DeletePolicy.MIRROR


def test_numbers_that_destinations_refer_to_travel_with_their_rows():
    assert [one.table for one in CALL_FLOW.parts.tables if one.drop] == []


def test_what_call_flow_refers_to_is_required():
    assert CALL_FLOW.requires == ("extensions-users", "greetings-recordings")
