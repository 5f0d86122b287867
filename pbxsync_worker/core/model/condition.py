"""Conditions of rules as values: comparisons of facts, windows of time, and how they are joined.

They are stored as text; `condition_text.parse` reads it, `text` writes it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pbxsync_worker.core.model.fact import Unit, Value

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60

DURATIONS: Mapping[str, float] = {"s": 1, "min": 60, "h": 3600, "days": 86400}
UNITS: Mapping[Unit, Mapping[str, float]] = {
    Unit.NONE: {},
    Unit.PERCENT: {"%": 1},
    Unit.SECONDS: DURATIONS,
    Unit.MILLISECONDS: {"ms": 1, "s": 1000},
    Unit.BYTES: {"bytes": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12},
    Unit.BYTES_PER_SECOND: {"bytes/s": 1, "kB/s": 1e3, "MB/s": 1e6, "GB/s": 1e9},
}
"""What can be written behind a number, by the unit in which its fact is measured, and how much of that it is."""


class Operator(StrEnum):
    """How a fact is compared; texts and yes or no only know the first two."""

    EQUAL = "="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Always:
    """What always holds."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A fact against a value; unit: as written behind a number, "" for none."""

    fact: str
    operator: Operator
    value: Value
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of some days, by the clocks of a time zone.

    days: 0 for Monday, sorted, those on which it begins; begin, end: minutes of the day; an end before the beginning
    lies on the next day.
    """

    days: tuple[int, ...]
    begin: int
    end: int
    zone: str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class Held:
    """What has held all the time; number, unit: for how long, as written."""

    part: "Condition"
    number: float
    unit: str

    @property
    def seconds(self) -> float:
        """Return for how long."""
        return self.number * DURATIONS[self.unit]


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of them, or several."""

    parts: tuple["Condition", ...]


Condition = Always | Comparison | Window | Not | Held | And | Or


def parts_of(condition: Condition) -> Iterator[Condition]:
    """Yield a condition and everything it is made of, from left to right."""
    yield condition
    match condition:
        case Not(part) | Held(part):
            yield from parts_of(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from parts_of(part)
        case _:
            pass


def facts_of(condition: Condition) -> tuple[str, ...]:
    """Return the names of the facts that a condition asks for, each once, in the order of the text."""
    return tuple(dict.fromkeys(one.fact for one in parts_of(condition) if isinstance(one, Comparison)))


def text(condition: Condition) -> str:
    """Return a condition as it is stored and read."""
    match condition:
        case Always():
            return "always"
        case Comparison():
            return f"{condition.fact} {condition.operator} {_value(condition.value, condition.unit)}"
        case Window():
            hours = f"{clock(condition.begin)}-{clock(condition.end)}"
            return " ".join(("within", *_days(condition.days), hours, condition.zone))
        case Not(part):
            return f"not {_tight(part)}"
        case Held(part):
            return f"{_bare(part)} for at least {_value(condition.number, condition.unit)}"
        case And(parts):
            return " and ".join(_tight(part) for part in parts)
        case _:
            return " or ".join(f"({text(part)})" if isinstance(part, Or) else text(part) for part in condition.parts)


def clock(minutes: int) -> str:
    """Return minutes of a day as 08:00."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def number(value: float) -> str:
    """Return a number without an exponent and without zeros that say nothing."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _value(value: Value, unit: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return f'"{value}"'
    return f"{number(value)} {unit}".rstrip()


def _days(days: tuple[int, ...]) -> Iterator[str]:
    """Yield the days in few words: mon-fri, sat,sun; nothing for all of them."""
    if len(days) == len(DAYS):
        return
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    yield ",".join(f"{DAYS[run[0]]}-{DAYS[run[-1]]}" if len(run) > 1 else DAYS[run[0]] for run in runs)


def _tight(part: Condition) -> str:
    return f"({text(part)})" if isinstance(part, And | Or) else text(part)


def _bare(part: Condition) -> str:
    return text(part) if isinstance(part, Comparison) else f"({text(part)})"
