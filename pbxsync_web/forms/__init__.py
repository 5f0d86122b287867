"""Browser text to core values, or the problems shown beside the fields; what was typed is kept."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask_babel import gettext as _

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")
TITLE_LENGTH = 64
RESERVED = frozenset({"new", "add", "use"})
"""Names that are addresses of pages."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that cannot be used: the sentence for each field that is wrong."""

    problems: Mapping[str, str] = field(default_factory=dict)


def read_title(text: str, problems: dict[str, str], name: str = "title") -> str:
    """Return what people will call a thing."""
    title = text.strip()
    if not title or not title.isprintable() or len(title) > TITLE_LENGTH:
        problems[name] = _("Write a name of 1 to %(most)s characters.", most=TITLE_LENGTH)
    return title


def read_number(text: str, low: int, high: int, problems: dict[str, str], name: str) -> int:
    """Return a whole number within bounds."""
    plain = text.strip()
    if plain.isascii() and plain.isdigit() and len(plain) < 10 and low <= int(plain) <= high:
        return int(plain)
    problems[name] = _("Write a whole number from %(low)s to %(high)s.", low=low, high=high)
    return low


def new_name(title: str, taken: set[str], problems: dict[str, str], name: str = "title") -> str:
    """Return the short name of a new thing, made of its title: lower case, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    short = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48].strip("-")
    if not NAME.fullmatch(short):
        problems.setdefault(name, _("Use at least one letter or digit."))
    elif short in taken | RESERVED:
        problems.setdefault(name, _("This name is taken."))
    return short
