"""What becomes of rows when they arrive on this host: rules of its own."""

from http import HTTPStatus
from typing import Annotated, Literal

import msgspec
from werkzeug.datastructures import MultiDict

from pbxsync_web.access import me
from pbxsync_web.api.endpoint import accepted, endpoint, number_in
from pbxsync_web.api.values import Answer, Value
from pbxsync_web.forms.own_rules import read
from pbxsync_web.parts import the_store
from pbxsync_worker.core.model.own_rule import OwnRule, show_condition, tell_rule
from pbxsync_worker.core.store.people import Role


class ArrivalValue(Answer, frozen=True):
    """A rule; rows: conditions that all hold, none for every row; of two about one column the older decides."""

    number: int
    becomes: str
    database: str
    table: str
    column: str
    value: str
    why: str
    rows: list[str]


class AddArrival(Value, frozen=True):
    """A new rule; rows: lines such as `keyword in transport, media_address`."""

    becomes: Literal["replace", "keep"]
    database: str
    table: str
    column: str
    value: str
    why: str
    rows: Annotated[tuple[str, ...], msgspec.Meta(max_length=20)] = ()


@endpoint("GET /arrival", list[ArrivalValue], role=Role.ADMIN)
def arrival() -> list[ArrivalValue]:
    """List this host's own rules about rows that arrive, the oldest first."""
    return [_value(number, one) for number, one in the_store().own_rules.all().items()]


@endpoint("POST /arrival", ArrivalValue, role=Role.ADMIN, body=AddArrival, status=HTTPStatus.CREATED, grave=True)
def add_arrival(body: AddArrival) -> ArrivalValue:
    """Add a rule; it holds from the next run on."""
    form = MultiDict({**msgspec.structs.asdict(body), "rows": "\n".join(body.rows)})
    rule = accepted(read(form))
    store = the_store()
    number = store.own_rules.add(rule)
    store.audit.add(me().name, "add rule on arrival", tell_rule(rule))
    return _value(number, rule)


@endpoint("DELETE /arrival/<number>", ArrivalValue, role=Role.ADMIN, grave=True)
def remove_arrival(number: str) -> ArrivalValue:
    """Remove a rule; what it replaced arrives as it is with the next run."""
    known = number_in("rule", number)
    store = the_store()
    gone = store.own_rules.remove(known)
    store.audit.add(me().name, "remove rule on arrival", tell_rule(gone))
    return _value(known, gone)


def _value(number: int, one: OwnRule) -> ArrivalValue:
    rows = [show_condition(row) for row in one.rows]
    return ArrivalValue(number, one.becomes.value, one.database, one.table, one.column, one.value, one.why, rows)
