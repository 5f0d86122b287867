"""Long lists in sheets: what the reader looks for, the part that is shown, and the way to the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from flask import request

T = TypeVar("T")
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Sheet(Generic[T]):
    """A part of a list; number counts from 1; count: what the whole list has of what is looked for."""

    items: tuple[T, ...]
    number: int
    last: int
    count: int
    find: str = ""
    kept: tuple[tuple[str, str], ...] = ()

    @property
    def long(self) -> bool:
        """Tell whether the reader needs a way to look for something, or to other sheets."""
        return self.last > 1 or bool(self.find)

    def to(self, number: int) -> str:
        """Return the address of another sheet of the same page."""
        return "?" + urlencode([*self.kept, *([("find", self.find)] if self.find else []), ("page", str(number))])


def sheet(
    found: Sequence[T], length: int, name: Callable[[T], str] | None = None, kept: tuple[tuple[str, str], ...] = ()
) -> Sheet[T]:
    """Return the part of a list that the request asks for.

    name: what a person looks for in; kept: other parts of the address that stay.
    """
    find = request.args.get("find", "").strip()[:_LONGEST] if name is not None else ""
    if find and name is not None:
        found = [one for one in found if find.casefold() in name(one).casefold()]
    text = request.args.get("page", "1")
    wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1
    last = max(-(-len(found) // length), 1)
    number = min(max(wanted, 1), last)
    shown = tuple(found[(number - 1) * length : number * length])
    return Sheet(shown, number, last, len(found), find, tuple(one for one in kept if one[1]))
