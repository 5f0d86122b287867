"""Reads the conditions of rules; `docs/rules.md` has the language.

condition = both ("or" both)*          both = single ("and" single)*
single    = "not" single | one ["for" "at" "least" number unit]
one       = "(" condition ")" | "always" | fact [operator value] | "within" [days] hours zone
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from pbxsync_worker.core.model.condition import (
    DAY_MINUTES,
    DAYS,
    DURATIONS,
    UNITS,
    Always,
    And,
    Comparison,
    Condition,
    Held,
    Not,
    Operator,
    Or,
    Window,
    parts_of,
)
from pbxsync_worker.core.model.errors import ConditionWrong
from pbxsync_worker.core.model.fact import BY_NAME, PLAN_KINDS, FactKind, FactType

LONGEST = 1000
DEEPEST = 20

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<hours>\d{1,2}:\d{2}-\d{1,2}:\d{2})
      | (?P<number>-?\d{1,12}(?:\.\d{1,3})?(?![\d.]))
      | (?P<word>[A-Za-z_][A-Za-z0-9_./+,-]*|%)
      | "(?P<quoted>[^"\n]*)"
      | (?P<operator><=|>=|!=|=|<|>)
      | (?P<bracket>[()])
      | (?P<strange>\S)
    )""",
    re.VERBOSE,
)
_ZONE = re.compile(r"[A-Za-z]+([/_+-][A-Za-z0-9_+-]+)*")
_ANY_UNIT = frozenset(unit.lower() for units in UNITS.values() for unit in units)
_PLAN = frozenset(kind.name for kind in PLAN_KINDS)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What can be wrong with a condition, and what to write instead; what follows the hint is named where it is met."""

    problem: str
    hint: str


EMPTY = Wrong("a condition is missing here", "Write a comparison, a window of time, or always, such as")
STRANGE = Wrong("this sign means nothing in a condition", "Leave it out; texts stand in quotes, such as")
REST = Wrong("this does not follow from what stands before it", "Join two conditions with one of")
NO_FACT = Wrong("no fact has this name", "Write the name of a fact, such as")
COMPARE = Wrong("a comparison is missing here", "Write behind the fact one of")
ORDER = Wrong("only numbers are less or more than others", "Write behind the fact one of")
NUMBER = Wrong("a number is missing here", "Write a number, such as")
YES_NO = Wrong("yes or no is missing here", "Write one of")
TEXT = Wrong("a text is missing here", "Write it in quotes, such as")
OPTION = Wrong("the fact never has this value", "Write one of")
UNIT = Wrong("the number needs its unit", "Write behind the number one of")
NO_UNIT = Wrong("the number has no unit", "Write the number alone, such as")
CLOSE = Wrong("a parenthesis is not closed", "Write behind the condition")
LEAST = Wrong("how long it must hold is missing here", "Write it like")
HOURS = Wrong("these are no hours of a day", "Write two different times, such as")
DAY = Wrong("these are no days of the week", "Write them like")
ZONE = Wrong("no time zone has this name", "Write the name of a time zone, such as")
HELD = Wrong("only facts that are measured again and again can hold for a while", "Join it beside that, like")
DEEP = Wrong("too many conditions stand within each other", "Write it in several rules, or in fewer parentheses, like")
LONG = Wrong("the condition is too long", "Write it in several rules, like")
ALL_WRONG = (
    *(EMPTY, STRANGE, REST, NO_FACT, COMPARE, ORDER, NUMBER, YES_NO, TEXT, OPTION, UNIT, NO_UNIT, CLOSE, LEAST),
    *(HOURS, DAY, ZONE, HELD, DEEP, LONG),
)

EXAMPLE = "local.asterisk.calls = 0"
_WINDOW = "within mon-fri 22:00-06:00 Europe/Madrid"


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the text; kind: which of the groups above, "end" behind the last; at: letters before it."""

    kind: str
    word: str
    at: int


def parse(text: str) -> Condition:
    """Return the condition that a text describes; raise ConditionWrong with the place, the word and the remedy."""
    if len(text) > LONGEST:
        raise _wrong(LONG, Token("end", "...", LONGEST), EXAMPLE)
    reader = _Reader(_tokens(text))
    condition = reader.condition()
    if reader.next.kind != "end":
        raise _wrong(REST, reader.next, "and, or, for at least 5 min")
    return condition


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    for one in _TOKEN.finditer(text.rstrip()):
        kind = one.lastgroup or ""
        token = Token(kind, one[kind], one.start(kind))
        if kind == "strange":
            raise _wrong(STRANGE, token, 'local.asterisk.version = "22.5.1"')
        found.append(token)
    return [*found, Token("end", "", len(text))]


def _wrong(what: Wrong, token: Token, names: str) -> ConditionWrong:
    return ConditionWrong(
        problem=what.problem, position=token.at + 1, value=token.word or "-", hint=what.hint, names=names
    )


class _Reader:
    """Reads from left to right; `next` is the token not yet read."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._at]

    def condition(self) -> Condition:
        return self._joined("or", lambda: self._joined("and", self._single, And), Or)

    def _joined(
        self, word: str, part: Callable[[], Condition], join: Callable[[tuple[Condition, ...]], Condition]
    ) -> Condition:
        parts = [part()]
        while self._took(word):
            parts.append(part())
        return join(tuple(parts)) if len(parts) > 1 else parts[0]

    def _single(self) -> Condition:
        token = self.next
        self._depth += 1
        if self._depth > DEEPEST:
            raise _wrong(DEEP, token, EXAMPLE)
        found = Not(self._single()) if self._took("not") else self._maybe_held()
        self._depth -= 1
        return found

    def _maybe_held(self) -> Condition:
        began = self.next
        one = self._one()
        if not self._took("for"):
            return one
        if not (self._took("at") and self._took("least")):
            raise _wrong(LEAST, self.next, "for at least 5 min")
        token, number = self.next, self._number("5 min")
        if number <= 0:
            raise _wrong(LEAST, token, "for at least 5 min")
        unit = self._unit(DURATIONS)
        if any(_never_recorded(inner) for inner in parts_of(one)):
            raise _wrong(HELD, began, f"{_WINDOW} and {EXAMPLE} for at least 5 min")
        return Held(one, number, unit)

    def _one(self) -> Condition:
        token = self._read()
        if token.word == "(" and token.kind == "bracket":
            inner = self.condition()
            if self.next.word != ")":
                raise _wrong(CLOSE, self.next, ")")
            self._at += 1
            return inner
        word = token.word.lower()
        if token.kind != "word" or word in ("and", "or", "for"):
            raise _wrong(EMPTY, token, EXAMPLE)
        if word == "always":
            return Always()
        if word == "within":
            return self._window()
        return self._comparison(token, word)

    def _comparison(self, token: Token, name: str) -> Condition:
        kind = BY_NAME.get(name)
        if kind is None:
            near = get_close_matches(name, BY_NAME, 1, 0.4) or ["local.asterisk.calls"]
            raise _wrong(NO_FACT, token, near[0])
        if self.next.kind != "operator":
            if kind.type is FactType.YES_NO:
                return Comparison(kind.name, Operator.EQUAL, value=True)
            raise _wrong(COMPARE, self.next, " ".join(Operator))
        operator = Operator(self.next.word)
        if kind.type is not FactType.NUMBER and operator not in (Operator.EQUAL, Operator.UNEQUAL):
            raise _wrong(ORDER, self.next, "= !=")
        self._at += 1
        if kind.type is FactType.YES_NO:
            return Comparison(kind.name, operator, self._yes_no())
        if kind.type is FactType.TEXT:
            return Comparison(kind.name, operator, self._text(kind))
        number = self._number("5")
        return Comparison(kind.name, operator, number, self._unit(UNITS[kind.unit]))

    def _yes_no(self) -> bool:
        token = self._read()
        if token.kind != "word" or token.word.lower() not in ("yes", "no"):
            raise _wrong(YES_NO, token, "yes, no")
        return token.word.lower() == "yes"

    def _text(self, kind: FactKind) -> str:
        token = self._read()
        if token.kind not in ("word", "quoted"):
            raise _wrong(TEXT, token, f'"{kind.options[0] if kind.options else "22.5.1"}"')
        if kind.options and token.word not in kind.options:
            raise _wrong(OPTION, token, ", ".join(kind.options))
        return token.word

    def _number(self, such_as: str) -> float:
        token = self._read()
        if token.kind != "number":
            raise _wrong(NUMBER, token, such_as)
        return float(token.word)

    def _unit(self, units: Mapping[str, float]) -> str:
        token = self.next
        spelled = {unit.lower(): unit for unit in units}.get(token.word.lower()) if token.kind == "word" else None
        if spelled is not None:
            self._at += 1
            return spelled
        if units:
            raise _wrong(UNIT, token, ", ".join(units))
        if token.kind == "word" and token.word.lower() in _ANY_UNIT:
            raise _wrong(NO_UNIT, token, "5")
        return ""

    def _window(self) -> Window:
        days = self._days() if self.next.kind == "word" else tuple(range(7))
        hours = self._read()
        begin, end = _minutes(hours)
        zone = self._read()
        if zone.kind != "word" or not _is_zone(zone.word):
            raise _wrong(ZONE, zone, "Europe/Madrid")
        return Window(days, begin, end, zone.word)

    def _days(self) -> tuple[int, ...]:
        token = self._read()
        found: set[int] = set()
        for part in token.word.lower().split(","):
            first, _, last = part.partition("-")
            if first not in DAYS or (last or first) not in DAYS:
                raise _wrong(DAY, token, "mon-fri, sat,sun")
            begin, end = DAYS.index(first), DAYS.index(last or first)
            found |= {day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)}
        return tuple(sorted(found))

    def _read(self) -> Token:
        token = self.next
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _took(self, word: str) -> bool:
        took = self.next.kind == "word" and self.next.word.lower() == word
        self._at += took
        return took


def _never_recorded(part: Condition) -> bool:
    return isinstance(part, Window | Held | Always) or (isinstance(part, Comparison) and part.fact in _PLAN)


def _minutes(token: Token) -> tuple[int, int]:
    """Return when a window begins and ends; 24:00 is the end of a day."""
    if token.kind != "hours":
        raise _wrong(HOURS, token, "22:00-06:00")
    times = [tuple(map(int, time.split(":"))) for time in token.word.split("-")]
    begin, end = (hour * 60 + minute for hour, minute in times)
    if any(minute > 59 for _, minute in times) or begin >= DAY_MINUTES or end > DAY_MINUTES or begin == end:
        raise _wrong(HOURS, token, "22:00-06:00")
    return begin, end


def _is_zone(name: str) -> bool:
    if not _ZONE.fullmatch(name):
        return False
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
