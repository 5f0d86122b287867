"""What rules are made of: the facts that a condition can ask for, and the rules that ship with the product."""

from math import isfinite

from flask_babel import gettext

from pbxsync_web.api.endpoint import endpoint
from pbxsync_web.api.values import Answer
from pbxsync_worker.core.model.condition import UNITS
from pbxsync_worker.core.model.fact import KINDS, FactKind
from pbxsync_worker.core.model.ready_rules import READY
from pbxsync_worker.core.model.rule import Rule


class FactKindValue(Answer, frozen=True):
    """A fact; units: those its number can stand with; options: the only values of a text, none for any.

    fresh_s: seconds for which a value is good, null while its plan stands.
    """

    name: str
    title: str
    type: str
    units: list[str]
    options: list[str]
    fresh_s: float | None


@endpoint("GET /rules/ready", list[Rule])
def ready_rules() -> list[Rule]:
    """List the ready-made rules; put one into a group or a job to use it, with other numbers where it needs them."""
    return list(READY)


@endpoint("GET /rules/facts", list[FactKindValue])
def fact_kinds() -> list[FactKindValue]:
    """List every fact that a condition can ask for."""
    return [_value(one) for one in KINDS]


def _value(one: FactKind) -> FactKindValue:
    fresh = one.fresh_s if isfinite(one.fresh_s) else None
    return FactKindValue(one.name, gettext(one.title), one.type.value, list(UNITS[one.unit]), list(one.options), fresh)
