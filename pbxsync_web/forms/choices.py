"""Values that several forms read: one of a list, a pattern."""

from typing import TypeVar

from flask_babel import gettext as _

from pbxsync_worker.core.model.dataset import DeletePolicy, Place
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.pattern import matcher

T = TypeVar("T", Place, DeletePolicy)


def read_choice(kind: type[T], text: str, other: T, problems: dict[str, str], name: str) -> T:
    """Return the value that a text names; other: where it names none."""
    try:
        return kind(text)
    except ValueError:
        problems[name] = _("Choose one of the values.")
        return other


def read_pattern(pattern: str, problems: dict[str, str], name: str) -> None:
    """Write down what is wrong with a pattern."""
    try:
        matcher((pattern,))
    except Invalid as error:
        problems[name] = _("%(pattern)s: %(why)s", pattern=pattern, why=str(error.fields.get("problems", "")))
