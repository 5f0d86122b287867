"""Random conditions, facts and rules: read back as written, and judged as a second, naive evaluator does."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pbxsync_worker.core.model.condition import (
    DAY_MINUTES,
    DAYS,
    DURATIONS,
    UNITS,
    Always,
    And,
    Comparison,
    Held,
    Not,
    Operator,
    Or,
    Window,
    parts_of,
    text,
)  # fmt: skip
from pbxsync_worker.core.model.condition_text import parse
from pbxsync_worker.core.model.decision import Scope
from pbxsync_worker.core.model.errors import ConditionWrong
from pbxsync_worker.core.model.fact import BY_NAME, KINDS, Fact, FactType
from pbxsync_worker.core.model.rule import Rule, Then
from pbxsync_worker.rules.decide import decide
from pbxsync_worker.rules.evaluate import Moment, holds
from tests.property import naive_rules

NOW = 1_760_000_000
CALLS, UP, STATE = "local.asterisk.calls", "local.asterisk.up", "remote.state"
SINCE, DELETES = "local.asterisk.since_reload_s", "plan.deletes_percent"
USED = (CALLS, UP, STATE, SINCE, DELETES)
ZONES = st.sampled_from(["UTC", "Europe/Madrid", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"])
EQUALITY = st.sampled_from([Operator.EQUAL, Operator.UNEQUAL])


def numbers(most=10**6):
    return st.integers(-3 * 1000, most * 1000).map(lambda thousandths: thousandths / 1000)


@st.composite
def comparisons(draw, names=USED):
    kind = BY_NAME[draw(st.sampled_from(names))]
    if kind.type is FactType.YES_NO:
        return Comparison(kind.name, draw(EQUALITY), draw(st.booleans()))
    if kind.type is FactType.TEXT:
        plain = st.text(st.characters(codec="utf-8", exclude_characters='"\n'), max_size=8)
        return Comparison(kind.name, draw(EQUALITY), draw(st.sampled_from(kind.options) if kind.options else plain))
    units = UNITS[kind.unit]
    unit = draw(st.sampled_from(sorted(units))) if units else ""
    value = draw(st.integers(0, 3).map(float) if kind.name in USED else numbers())
    return Comparison(kind.name, draw(st.sampled_from(Operator)), value, unit)


@st.composite
def windows(draw):
    days = draw(st.sets(st.integers(0, len(DAYS) - 1), min_size=1))
    begin, end = draw(
        st.tuples(st.integers(0, DAY_MINUTES - 1), st.integers(0, DAY_MINUTES)).filter(lambda p: p[0] != p[1])
    )
    return Window(tuple(sorted(days)), begin, end, draw(ZONES))


def joined(inner):
    parts = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(inner.map(Not), parts.map(And), parts.map(Or))


def held(names, longest):
    measured = st.recursive(
        comparisons(tuple(one for one in names if not one.startswith("plan."))), joined, max_leaves=4
    )
    units = st.sampled_from(sorted(DURATIONS)) if longest is None else st.just("s")
    return st.builds(Held, measured, st.integers(1, longest or 10**6).map(float), units)


def conditions(names=USED, longest=None):
    leaves = st.one_of(st.just(Always()), comparisons(names), windows(), held(names, longest))
    return st.recursive(leaves, joined, max_leaves=6)


EVERY_NAME = tuple(kind.name for kind in KINDS)


@given(conditions(EVERY_NAME))
def test_what_is_written_is_read_back(condition):
    assert parse(text(condition)) == condition


@given(conditions(EVERY_NAME))
def test_what_is_read_is_written_as_it_stood(condition):
    written = text(condition)
    assert text(parse(written)) == written


WORDS = (
    *(*USED, "and", "or", "not", "(", ")", "<", "=", "5", "%", "s", "for", "at", "least", "within", "mon-fri"),
    *("08:00-18:00", "UTC", "yes", "always", '"', "24:00"),
)


@given(st.text(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_any_text_is_a_condition_or_told_where_it_is_wrong(words):
    try:
        condition = parse(words)
    except ConditionWrong as wrong:
        told = wrong.fields
    else:
        assert parse(text(condition)) == condition
        assert all(one.fact in BY_NAME for one in parts_of(condition) if isinstance(one, Comparison))
        return
    assert 1 <= int(str(told["position"])) <= len(words) + 1
    assert told["names"]


VALUES = {
    CALLS: st.integers(0, 3),
    UP: st.booleans(),
    STATE: st.sampled_from(BY_NAME[STATE].options),
    SINCE: st.integers(0, 200),
    DELETES: st.integers(0, 3),
}


@st.composite
def worlds(draw):
    now = NOW + draw(st.integers(0, 400 * 86400)) + draw(st.sampled_from([0.0, 0.5]))
    facts = {
        name: (draw(values), now if name == DELETES else now - draw(st.sampled_from([0, 30, 59, 60, 61])))
        for name, values in VALUES.items()
        if draw(st.integers(0, 3))
    }
    past = {}
    for name in (CALLS, UP, STATE, SINCE):
        times = draw(st.lists(st.integers(-40, 0), max_size=4, unique=True).map(sorted))
        past[name] = [(now + at, draw(st.none() | VALUES[name])) for at in times]
    planned = draw(st.booleans())
    return naive_rules.World(now, facts if planned else {n: f for n, f in facts.items() if n != DELETES}, past, planned)


class Past:
    def __init__(self, world):
        self.world = world

    def between(self, name, since, until):
        changes = self.world.past.get(name, [])
        stood = [(since, value) for at, value in changes if at <= since][-1:]
        return [*stood, *((at, value) for at, value in changes if since < at <= until)]


def moment(world):
    facts = {name: Fact(name, value, at, "test") for name, (value, at) in world.facts.items()}
    return Moment(world.now, facts, Past(world), world.planned)


@given(conditions(longest=30), worlds())
def test_both_evaluators_find_the_same(condition, world):
    assert holds(condition, moment(world)).value == naive_rules.truth(condition, world)


@st.composite
def rules(draw):
    then = draw(st.sampled_from(Then))
    limit = draw(st.integers(1, 20)) if then is Then.WAIT else 0
    asterisk = draw(st.sampled_from(["nothing", "reload all", "restart gracefully"])) if then is Then.ASTERISK else ""
    condition = draw(conditions(longest=30))
    otherwise = draw(st.sampled_from([Then.SKIP, Then.HOLD]))
    enabled = draw(st.integers(0, 5)) > 0
    rule = Rule("r", "A rule", text(condition), then, limit, otherwise, "", asterisk, enabled)
    return rule, condition


@given(st.lists(rules(), max_size=5), worlds(), st.none() | st.integers(0, 25))
def test_both_evaluators_decide_the_same(many, world, waited):
    named = [(replace(rule, name=f"r{number}"), condition) for number, (rule, condition) in enumerate(many)]
    found = decide([(Scope.JOB, rule) for rule, _ in named], moment(world), waited)
    alerts = [one.name for one in found.alarms]
    assert (found.verdict.value, found.rule, found.asterisk, alerts) == naive_rules.outcome(named, world, waited)
