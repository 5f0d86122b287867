"""Rules of a group and of its jobs: their order, what they say now and why, and what they said at a recorded moment."""

from flask import Blueprint, render_template, request, url_for
from flask import redirect as go_to
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from pbxsync_web.access import admin, me, operator
from pbxsync_web.forms import Refused
from pbxsync_web.forms import rules as form
from pbxsync_web.pages.groups import managed, manages
from pbxsync_web.pages.wishes import ask
from pbxsync_web.parts import the_parts, the_store
from pbxsync_worker.core.handover import request as wish_for
from pbxsync_worker.core.model.condition import UNITS
from pbxsync_worker.core.model.decision import Decision, Scope, Truth, Verdict
from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.fact import KINDS
from pbxsync_worker.core.model.host import Catalogue
from pbxsync_worker.core.model.ready_rules import READY
from pbxsync_worker.core.model.rule import Rule, Then, find, moved, show_duration, switched, with_rule, without_rule
from pbxsync_worker.core.model.wish import AskRules, SaveCatalogue, WishState
from pbxsync_worker.core.wire import from_text

page = Blueprint("rules", __name__, url_prefix="/groups/<group>")
OF_JOB = "/jobs/<job>/rules"

THENS: dict[Then, LazyString] = {
    Then.RUN: _l("Run"),
    Then.WAIT: _l("Wait"),
    Then.SKIP: _l("Leave the run out"),
    Then.HOLD: _l("Hold for approval"),
    Then.PART: _l("Only what needs no reload"),
    Then.ASTERISK: _l("Choose what Asterisk does"),
    Then.ALERT: _l("Raise an alert"),
}
VERDICTS: dict[Verdict, LazyString] = {
    Verdict.RUN: _l("It would run"),
    Verdict.PLAN: _l("It would make a plan, which decides"),
    Verdict.PART: _l("It would do what needs no reload"),
    Verdict.WAIT: _l("It would wait"),
    Verdict.SKIP: _l("It would be left out"),
    Verdict.HOLD: _l("It would be held for approval"),
}
TRUTHS: dict[Truth, LazyString] = {
    Truth.YES: _l("yes"),
    Truth.NO: _l("no"),
    Truth.UNKNOWN: _l("not known"),
    Truth.LATER: _l("the plan tells"),
}
SCOPES: dict[Scope, LazyString] = {Scope.GROUP: _l("Farm"), Scope.JOB: _l("Job")}


@page.get("/rules")
@page.get(OF_JOB)
def overview(group: str, job: str = "") -> str:
    """Show the rules of a group, or of a job after those of its group, and what they said when they were asked."""
    catalogue = the_store().catalogues.current(group)
    known = catalogue.job(job) if job else None
    return render_template(
        "rules/overview.html",
        catalogue=catalogue,
        job=known,
        rules=_rules(catalogue, job),
        answer=_answer(request.args.get("asked", ""), group, job),
        here=manages(catalogue),
        ready=[rule for rule in READY if rule.name not in {one.name for one in _rules(catalogue, job)}],
        labels={"then": THENS, "verdict": VERDICTS, "truth": TRUTHS, "scope": SCOPES},
        show_duration=show_duration,
        where=_where(group, job),
    )


@page.post("/rules/use")
@page.post(OF_JOB + "/use")
@admin
def use(group: str, job: str = "") -> Response:
    """Add a ready-made rule as the last one."""
    catalogue = managed(group)
    return _save(catalogue, job, with_rule(_rules(catalogue, job), find(READY, request.form.get("name", ""))))


@page.get("/rules/new")
@page.get(OF_JOB + "/new")
@admin
def new(group: str, job: str = "") -> str:
    """Show the form of a new rule."""
    return _form(managed(group), job, None, form.to_form(form.FRESH), {})


@page.post("/rules/new")
@page.post(OF_JOB + "/new")
@admin
def create(group: str, job: str = "") -> Response | tuple[str, int]:
    """Add a rule as the last one."""
    return _read(managed(group), job, None)


@page.get("/rules/<name>/edit")
@page.get(OF_JOB + "/<name>/edit")
@admin
def edit(group: str, name: str, job: str = "") -> str:
    """Show the form of a rule."""
    catalogue = managed(group)
    rule = find(_rules(catalogue, job), name)
    return _form(catalogue, job, rule, form.to_form(rule), {})


@page.post("/rules/<name>/edit")
@page.post(OF_JOB + "/<name>/edit")
@admin
def change(group: str, name: str, job: str = "") -> Response | tuple[str, int]:
    """Change a rule."""
    catalogue = managed(group)
    return _read(catalogue, job, find(_rules(catalogue, job), name))


@page.post("/rules/<name>/order")
@page.post(OF_JOB + "/<name>/order")
@admin
def order(group: str, name: str, job: str = "") -> Response:
    """Move a rule up or down by one, switch it on or off, or take it out."""
    catalogue = managed(group)
    rules = _rules(catalogue, job)
    place = rules.index(find(rules, name))
    match request.form.get("do"):
        case "up":
            changed = moved(rules, name, place - 1)
        case "down":
            changed = moved(rules, name, place + 1)
        case "on" | "off" as state:
            changed = switched(rules, name, on=state == "on")
        case "remove":
            changed = without_rule(rules, name)
        case _:
            raise BadRequest
    return _save(catalogue, job, changed)


@page.post(OF_JOB + "/ask")
@operator
def ask_now(group: str, job: str) -> Response:
    """Ask what the rules say now, or said at a recorded moment, and come back with the answer."""
    parts = the_parts()
    at = form.read_moment(request.form.get("at", ""), parts.clock.now())
    target = request.form.get("target", "")
    if at is None or target not in parts.store.catalogues.current(group).job(job).targets:
        raise BadRequest
    identity = wish_for(parts.store, parts.waker, AskRules(group, job, target, at), me().name)
    then = _home(group, job, identity).removeprefix(request.script_root)
    return go_to(url_for("wishes.one", identity=identity, then=then), 303)


def _answer(identity: str, group: str, job: str) -> tuple[AskRules, Decision] | None:
    """Return what was asked last on this page, and its answer; None where it is forgotten or about something else."""
    try:
        asked = the_store().wishes.get(identity)
    except NotFound:
        return None
    wish = asked.wish
    if not isinstance(wish, AskRules) or (wish.group, wish.job) != (group, job) or asked.state is not WishState.GRANTED:
        return None
    return wish, from_text(asked.answer, Decision)


def _rules(catalogue: Catalogue, job: str) -> tuple[Rule, ...]:
    return catalogue.job(job).rules if job else catalogue.rules


def _where(group: str, job: str) -> dict[str, str]:
    return {"group": group, **({"job": job} if job else {})}


def _home(group: str, job: str, asked: str = "") -> str:
    return url_for("rules.overview", group=group, job=job or None, asked=asked or None)


def _read(catalogue: Catalogue, job: str, known: Rule | None) -> Response | tuple[str, int]:
    rules = _rules(catalogue, job)
    read = form.read(request.form, known, {one.name for one in rules})
    if isinstance(read, Refused):
        return _form(catalogue, job, known, request.form, read.problems), 400
    return _save(catalogue, job, with_rule(rules, read))


def _save(catalogue: Catalogue, job: str, rules: tuple[Rule, ...]) -> Response:
    return ask(SaveCatalogue(catalogue.with_rules(rules, job)), _home(catalogue.group, job))


def _form(catalogue: Catalogue, job: str, rule: Rule | None, values: MultiDict[str, str], problems: object) -> str:
    return render_template(
        "rules/edit.html",
        catalogue=catalogue,
        job=catalogue.job(job) if job else None,
        rule=rule,
        values=values,
        problems=problems,
        thens=[(then.value, label) for then, label in THENS.items()],
        kinds=KINDS,
        units=UNITS,
        where=_where(catalogue.group, job),
    )
