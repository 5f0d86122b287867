"""Rules of groups and of jobs: their order, and what they say now or said at a recorded moment."""

from http import HTTPStatus
from typing import Annotated

import msgspec

from pbxsync_web.access import may, me
from pbxsync_web.api.endpoint import endpoint, name_in
from pbxsync_web.api.values import Answer, AskedValue, Identity, Title, Value
from pbxsync_web.api.wishes import asked_value, wish
from pbxsync_web.pages.groups import managed
from pbxsync_web.parts import the_parts, the_store
from pbxsync_web.present import told
from pbxsync_worker.core.model.decision import Decision
from pbxsync_worker.core.model.errors import Invalid, NotAllowed, NotFound
from pbxsync_worker.core.model.fact import Value as FactValue
from pbxsync_worker.core.model.host import Catalogue
from pbxsync_worker.core.model.rule import Rule, Then, moved, switched, with_rule, without_rule
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.wish import AskRules, SaveCatalogue, WishState
from pbxsync_worker.core.store.people import Role
from pbxsync_worker.core.wire import from_text

_OF_GROUP = "/groups/<group>/rules"
_OF_JOB = "/groups/<group>/jobs/<name>/rules"


class SaveRule(Value, frozen=True):
    """A rule as it shall be; limit_s, otherwise: of a wait; asterisk: what Asterisk does, as text; docs/rules.md."""

    title: Title
    when: Annotated[str, msgspec.Meta(max_length=4000)]
    then: Then
    limit_s: int = 0
    otherwise: Then = Then.SKIP
    reason: str = ""
    asterisk: str = ""
    enabled: bool = True


class MoveRule(Value, frozen=True):
    """place: 0 for the first."""

    place: Annotated[int, msgspec.Meta(ge=0, le=100)]


class SwitchRule(Value, frozen=True):
    """on: whether the rule is asked."""

    on: bool


class AskNow(Value, frozen=True):
    """target: one of the job; at: a recorded moment, seconds since 1970, 0 for now."""

    target: Identity
    at: Annotated[float, msgspec.Meta(ge=0, lt=1e11)] = 0.0


class LookedValue(Answer, frozen=True):
    """What one rule said; truth: yes, no, unknown or later; measured: facts as the rule saw them."""

    scope: str
    name: str
    title: str
    then: str
    truth: str
    fires: bool
    sentence: str
    measured: dict[str, FactValue | None]


class DecisionValue(Answer, frozen=True):
    """What the rules said; rule: name of the one that decided, "" for none; notes: of whom nothing was measured."""

    verdict: str
    sentence: str
    at: float
    rule: str
    asterisk: str
    looked: list[LookedValue]
    notes: list[str]


@endpoint(f"GET {_OF_GROUP}", list[Rule])
def group_rules(group: str) -> list[Rule]:
    """List the rules of a group, in their order."""
    return list(the_store().catalogues.current(group).rules)


@endpoint(f"GET {_OF_JOB}", list[Rule])
def job_rules(group: str, name: str) -> list[Rule]:
    """List the rules of a job, in their order; those of its group are asked before."""
    return list(the_store().catalogues.current(group).job(name).rules)


@endpoint(f"PUT {_OF_GROUP}/<rule>", AskedValue, role=Role.ADMIN, body=SaveRule, status=HTTPStatus.ACCEPTED)
def save_group_rule(group: str, rule: str, body: SaveRule) -> AskedValue:
    """Change a rule of a group where it stands, or add one as the last."""
    return _put(managed(group), "", rule, body)


@endpoint(f"PUT {_OF_JOB}/<rule>", AskedValue, role=Role.ADMIN, body=SaveRule, status=HTTPStatus.ACCEPTED)
def save_job_rule(group: str, name: str, rule: str, body: SaveRule) -> AskedValue:
    """Change a rule of a job where it stands, or add one as the last."""
    return _put(managed(group), name, rule, body)


@endpoint(f"POST {_OF_GROUP}/<rule>/move", AskedValue, role=Role.ADMIN, body=MoveRule, status=HTTPStatus.ACCEPTED)
def move_group_rule(group: str, rule: str, body: MoveRule) -> AskedValue:
    """Bring a rule of a group to another place."""
    catalogue = managed(group)
    return _save(catalogue, "", moved(catalogue.rules, rule, body.place))


@endpoint(f"POST {_OF_JOB}/<rule>/move", AskedValue, role=Role.ADMIN, body=MoveRule, status=HTTPStatus.ACCEPTED)
def move_job_rule(group: str, name: str, rule: str, body: MoveRule) -> AskedValue:
    """Bring a rule of a job to another place."""
    catalogue = managed(group)
    return _save(catalogue, name, moved(catalogue.job(name).rules, rule, body.place))


@endpoint(f"POST {_OF_GROUP}/<rule>/switch", AskedValue, role=Role.ADMIN, body=SwitchRule, status=HTTPStatus.ACCEPTED)
def switch_group_rule(group: str, rule: str, body: SwitchRule) -> AskedValue:
    """Switch a rule of a group on or off."""
    catalogue = managed(group)
    return _save(catalogue, "", switched(catalogue.rules, rule, on=body.on))


@endpoint(f"POST {_OF_JOB}/<rule>/switch", AskedValue, role=Role.ADMIN, body=SwitchRule, status=HTTPStatus.ACCEPTED)
def switch_job_rule(group: str, name: str, rule: str, body: SwitchRule) -> AskedValue:
    """Switch a rule of a job on or off."""
    catalogue = managed(group)
    return _save(catalogue, name, switched(catalogue.job(name).rules, rule, on=body.on))


@endpoint(f"DELETE {_OF_GROUP}/<rule>", AskedValue, role=Role.ADMIN, status=HTTPStatus.ACCEPTED)
def remove_group_rule(group: str, rule: str) -> AskedValue:
    """Take a rule out of its group."""
    catalogue = managed(group)
    return _save(catalogue, "", without_rule(catalogue.rules, rule))


@endpoint(f"DELETE {_OF_JOB}/<rule>", AskedValue, role=Role.ADMIN, status=HTTPStatus.ACCEPTED)
def remove_job_rule(group: str, name: str, rule: str) -> AskedValue:
    """Take a rule out of its job."""
    catalogue = managed(group)
    return _save(catalogue, name, without_rule(catalogue.job(name).rules, rule))


@endpoint(f"POST {_OF_JOB}/ask", AskedValue, role=Role.OPERATOR, body=AskNow, status=HTTPStatus.ACCEPTED)
def ask_rules(group: str, name: str, body: AskNow) -> AskedValue:
    """Ask what the rules say now, or said at a recorded moment; `GET /wishes/ID/decision` has the answer."""
    parts = the_parts()
    if body.target not in parts.store.catalogues.current(group).job(name).targets:
        raise NotFound(what="target", name=body.target[:12])
    if body.at > parts.clock.now():
        raise Invalid(what="The request", problems="at is a moment that has passed")
    return asked_value(wish(AskRules(group, name, body.target, body.at), me().name))


@endpoint("GET /wishes/<identity>/decision", DecisionValue, role=Role.OPERATOR)
def decision(identity: str) -> DecisionValue:
    """Tell what the rules said when they were asked."""
    asked = the_store().wishes.get(identity)
    if not isinstance(asked.wish, AskRules) or asked.state is not WishState.GRANTED:
        raise NotFound(what="decision", name=identity)
    if not (may("admin") or asked.by == me().name):
        raise NotAllowed(reason=say("somebody else asked for this"))
    said = from_text(asked.answer, Decision)
    looked = [
        LookedValue(
            one.scope.value,
            one.name,
            one.title,
            one.then.value,
            one.truth.value,
            one.fires,
            told(one.sentence),
            {fact.name: fact.value for fact in one.measured},
        )
        for one in said.looked
    ]
    notes = [told(one) for one in said.notes]
    return DecisionValue(said.verdict.value, told(said.sentence), said.at, said.rule, said.asterisk, looked, notes)


def _put(catalogue: Catalogue, job: str, name: str, body: SaveRule) -> AskedValue:
    known = catalogue.job(job).rules if job else catalogue.rules
    if name not in {one.name for one in known}:
        name_in("rule", name)
    return _save(catalogue, job, with_rule(known, Rule(name, **msgspec.structs.asdict(body))))


def _save(catalogue: Catalogue, job: str, rules: tuple[Rule, ...]) -> AskedValue:
    return asked_value(wish(SaveCatalogue(catalogue.with_rules(rules, job)), me().name))
