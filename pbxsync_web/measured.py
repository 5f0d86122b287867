"""Measured facts in words: what they are called, and their values with their units."""

from flask_babel import gettext as _

from pbxsync_web.present import number, seconds, size
from pbxsync_worker.core.model.fact import BY_NAME, LOCAL, FactKind, Unit, Value

_MOST_SECONDS = 2.0
"""Below this, seconds are told to the thousandth: what a clock is off."""


def kind_of(name: str) -> FactKind | None:
    """Return what is known about a fact of a host or of the way to it."""
    return BY_NAME.get(f"{LOCAL}.{name}") or BY_NAME.get(name)


def title(name: str) -> str:
    """Return how people call a fact."""
    kind = kind_of(name)
    return name if kind is None else str(_(kind.title))


def shown(value: Value | None, name: str) -> str:
    """Return a measured value in words."""
    if value is None:
        return str(_("unknown"))
    if isinstance(value, bool):
        return str(_("yes")) if value else str(_("no"))
    if isinstance(value, str):
        kind = kind_of(name)
        return str(_(value)) if kind is not None and kind.options else value
    return _with_unit(value, name)


def _with_unit(value: float, name: str) -> str:
    kind = kind_of(name)
    unit = Unit.NONE if kind is None else kind.unit
    if unit is Unit.BYTES:
        return size(int(value))
    if unit is Unit.BYTES_PER_SECOND:
        return f"{size(int(value))}/s"
    if unit is Unit.SECONDS:
        return f"{value:.3f} s" if abs(value) < _MOST_SECONDS and value != int(value) else seconds(value)
    return f"{number(value)} {unit}".rstrip()
