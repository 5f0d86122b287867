"""This host's Asterisk by hand, as its page does it."""

from http import HTTPStatus

from pbxsync_web.access import me
from pbxsync_web.api.endpoint import endpoint
from pbxsync_web.api.values import AskedValue, EndCalls, OperateCalmly
from pbxsync_web.api.wishes import asked_value, wish
from pbxsync_worker.core.model.asterisk_action import When
from pbxsync_worker.core.model.operation import Operation, OperationKind
from pbxsync_worker.core.model.wish import OperateAsterisk
from pbxsync_worker.core.store.people import Role


@endpoint("POST /asterisk/calm", AskedValue, role=Role.OPERATOR, body=OperateCalmly, status=HTTPStatus.ACCEPTED)
def operate_calmly(body: OperateCalmly) -> AskedValue:
    """Reload, restart without ending a call, start, or cancel what waits."""
    return _ask(Operation(OperationKind(body.do), When(body.when), tuple(body.modules)))


@endpoint("POST /asterisk/end", AskedValue, role=Role.ADMIN, body=EndCalls, status=HTTPStatus.ACCEPTED, grave=True)
def end_calls(body: EndCalls) -> AskedValue:
    """Restart at once, or stop."""
    return _ask(Operation(OperationKind(body.do), When.NOW if body.do == "restart" else When(body.when)))


def _ask(operation: Operation) -> AskedValue:
    return asked_value(wish(OperateAsterisk(operation), me().name))
