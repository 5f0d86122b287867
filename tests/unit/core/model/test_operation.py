"""What a person does to Asterisk by hand."""

import pytest

from pbxsync_worker.core.model.asterisk_action import When
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.operation import Operation, OperationKind
from pbxsync_worker.core.model.sentence import as_text

EVERY = [Operation(kind, when) for kind in OperationKind for when in When]


@pytest.mark.parametrize("operation", EVERY, ids=lambda one: f"{one.kind}-{one.when}")
def test_every_operation_has_a_line_and_a_sentence(operation):
    assert operation.text
    assert as_text(operation.sentence)


def test_a_stop_and_a_restart_at_once_end_calls_and_nothing_else_does():
    grave = {one.text for one in EVERY if one.ends_calls}
    assert grave == {"restart now", "stop now", "stop gracefully", "stop when convenient"}


def test_a_reload_names_its_modules():
    operation = Operation(OperationKind.RELOAD, modules=("res_pjsip.so", "app_queue.so"))
    assert operation.text == "reload res_pjsip.so app_queue.so"
    assert "res_pjsip.so, app_queue.so" in as_text(operation.sentence)


@pytest.mark.parametrize("module", ["", "a b", "x\r\nAction: Originate", "x\n", "../x", ";"])
def test_it_refuses_what_is_no_module(module):
    with pytest.raises(Invalid):
        Operation(OperationKind.RELOAD, modules=(module,))
