"""Rules of groups and jobs: list, change, and see what they say now or said at a recorded moment."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import click

from pbxsync_worker.cli.show import as_json, show, table, when
from pbxsync_worker.core.model.condition import UNITS
from pbxsync_worker.core.model.decision import Decision
from pbxsync_worker.core.model.errors import Invalid, NotFound
from pbxsync_worker.core.model.fact import KINDS
from pbxsync_worker.core.model.host import Catalogue
from pbxsync_worker.core.model.ready_rules import READY
from pbxsync_worker.core.model.rule import (
    Rule,
    Then,
    find,
    moved,
    read_duration,
    show_duration,
    switched,
    with_rule,
    without_rule,
)
from pbxsync_worker.core.model.sentence import as_text, say
from pbxsync_worker.core.model.wish import AskRules, SaveCatalogue
from pbxsync_worker.core.settings import load
from pbxsync_worker.wiring import Installation
from pbxsync_worker.wiring.grant import grant
from pbxsync_worker.wiring.rules import answer

_WHO = "command line"
_HEADS = ("", "NAME", "WHEN", "THEN", "TITLE", "")

of_group = click.option("--group", is_flag=True, help="WHERE names a group: the rule is asked for each of its jobs.")
where = click.argument("where", metavar="WHERE")


@dataclass(frozen=True, slots=True)
class _Place:
    """Rules of one group, or of one job of it; job: "" for those of the group."""

    here: Installation
    catalogue: Catalogue
    job: str

    @property
    def rules(self) -> tuple[Rule, ...]:
        return self.catalogue.job(self.job).rules if self.job else self.catalogue.rules

    def save(self, rules: tuple[Rule, ...], *, as_json: bool) -> None:
        answer = grant(self.here, SaveCatalogue(self.catalogue.with_rules(rules, self.job)), _WHO)
        show(list(rules), lambda: f"{as_text(answer)}\n{_listed(rules)}", as_json=as_json)


def _place(name: str, *, group: bool) -> _Place:
    here = Installation(load())
    if group:
        return _Place(here, here.store.catalogues.current(name), "")
    return _Place(here, here.store.catalogues.find_job(name), name.rpartition("/")[2])


@click.group()
def rules() -> None:
    """Rules: when these facts hold, then run, wait, skip, hold ...; WHERE is a job, or GROUP/JOB."""


@rules.command("list")
@where
@of_group
@as_json
def list_rules(where: str, *, group: bool, as_json: bool) -> None:
    """List the rules of a job, those of its group first, or of a group."""
    place = _place(where, group=group)
    value = {"group": place.catalogue.rules, **({"job": place.rules} if place.job else {})}
    show(value, lambda: "\n\n".join(f"{name}\n{_listed(some)}" for name, some in value.items()), as_json=as_json)


def _fields(command: Callable[..., None]) -> Callable[..., None]:
    options = (
        click.option("--title", default=None, help="What people call it."),
        click.option(
            "--limit", default=None, metavar="DURATION", help="How long a run waits at most, such as `30 min`."
        ),
        click.option("--otherwise", type=click.Choice(["skip", "hold"]), default=None, help="What then becomes of it."),
        click.option("--reason", default=None, help="For people; of skip, hold and alert."),
        click.option("--asterisk", default=None, help="What Asterisk does, such as `restart when convenient`."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _given(values: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in values.items() if value is not None and name not in ("limit", "otherwise")}
    if values["limit"] is not None:
        given["limit_s"] = read_duration(values["limit"])
    if values["otherwise"] is not None:
        given["otherwise"] = Then(values["otherwise"])
    return given


@rules.command()
@where
@click.argument("name")
@click.argument("condition", metavar="WHEN")
@click.argument("then", type=click.Choice([one.value for one in Then]))
@of_group
@_fields
@as_json
def add(where: str, name: str, condition: str, then: str, *, group: bool, as_json: bool, **values: Any) -> None:
    """Add a rule as the last one, such as: add music calls 'local.asterisk.calls > 0' wait --limit '2 h'."""
    place = _place(where, group=group)
    if any(one.name == name for one in place.rules):
        raise Invalid(what=say("Rule {name}", name=name), problems=say("it exists already; change it with `edit`"))
    rule = Rule(name, **{"title": name, "when": condition, "then": Then(then), **_given(values)})
    place.save(with_rule(place.rules, rule), as_json=as_json)


@rules.command()
@where
@click.argument("name")
@click.option("--when", "condition", default=None, help="Another condition.")
@click.option("--then", type=click.Choice([one.value for one in Then]), default=None, help="Another action.")
@of_group
@_fields
@as_json
def edit(
    where: str, name: str, condition: str | None, then: str | None, *, group: bool, as_json: bool, **values: Any
) -> None:
    """Change a rule; what is not given stays."""
    place = _place(where, group=group)
    changed = {**_given(values), **({"when": condition} if condition else {}), **({"then": Then(then)} if then else {})}
    place.save(with_rule(place.rules, replace(find(place.rules, name), **changed)), as_json=as_json)


@rules.command()
@where
@click.argument("name")
@of_group
@as_json
def use(where: str, name: str, *, group: bool, as_json: bool) -> None:
    """Add one of the ready-made rules, see `pbxsync rules ready`."""
    place = _place(where, group=group)
    place.save(with_rule(place.rules, find(READY, name)), as_json=as_json)


@rules.command()
@where
@click.argument("name")
@click.argument("position", metavar="PLACE", type=click.IntRange(1))
@of_group
@as_json
def move(where: str, name: str, position: int, *, group: bool, as_json: bool) -> None:
    """Give a rule another place, 1 for the first."""
    place = _place(where, group=group)
    place.save(moved(place.rules, name, position - 1), as_json=as_json)


@rules.command()
@where
@click.argument("name")
@of_group
@as_json
def remove(where: str, name: str, *, group: bool, as_json: bool) -> None:
    """Remove a rule."""
    place = _place(where, group=group)
    place.save(without_rule(place.rules, name), as_json=as_json)


@rules.command()
@where
@click.argument("name")
@click.argument("state", type=click.Choice(["on", "off"]))
@of_group
@as_json
def switch(where: str, name: str, state: str, *, group: bool, as_json: bool) -> None:
    """Switch a rule on or off."""
    place = _place(where, group=group)
    place.save(switched(place.rules, name, on=state == "on"), as_json=as_json)


@rules.command()
@as_json
def ready(*, as_json: bool) -> None:
    """List the ready-made rules."""
    show(READY, lambda: _listed(READY), as_json=as_json)


@rules.command()
@as_json
def facts(*, as_json: bool) -> None:
    """List every fact that a condition can ask for, with the units of its values."""
    rows: list[tuple[object, ...]] = [(kind.name, kind.type, " ".join(UNITS[kind.unit]), kind.title) for kind in KINDS]
    show(KINDS, lambda: table(("FACT", "TYPE", "UNITS", "WHAT"), rows), as_json=as_json)


@rules.command()
@click.argument("job")
@click.option("--target", default="", help="Only this host of the job.")
@click.option("--at", default=None, metavar="TIME", help="A recorded moment, such as 2026-11-22T14:05+01:00.")
@as_json
def now(job: str, target: str, at: str | None, *, as_json: bool) -> None:
    """Tell which rule would decide now, or would have at a recorded moment, and why; nothing is done."""
    here = Installation(load())
    catalogue = here.store.catalogues.find_job(job)
    known = catalogue.job(job.rpartition("/")[2])
    hosts = [host for host in map(catalogue.host, known.targets) if target in ("", host.name)]
    if not hosts:
        raise NotFound(what="target", name=target)
    time, clock = 0.0 if at is None else _moment(at), here.clock.now()
    asked = {host.name: AskRules(catalogue.group, known.name, host.id, time) for host in hosts}
    found = {name: answer(here.store, one, clock) for name, one in asked.items()}
    show(found, lambda: "\n\n".join(_told(name, one) for name, one in found.items()), as_json=as_json)


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        raise Invalid(
            what="Time", problems=say("{text} is not like 2026-11-22T14:05+01:00", text=repr(text[:40]))
        ) from error


def _told(host: str, decision: Decision) -> str:
    rows: list[tuple[object, ...]] = [
        ("*" if one.fires else "", one.scope, one.name, one.then, one.truth, as_text(one.sentence))
        for one in decision.looked
    ]
    head = f"{host}, {when(decision.at)}: {decision.verdict}\n{as_text(decision.sentence)}"
    head = "\n".join([head, *map(as_text, decision.notes)])
    return f"{head}\n{table(('', 'OF', 'NAME', 'THEN', 'HOLDS', 'MEASURED'), rows)}" if rows else head


def _listed(some: tuple[Rule, ...]) -> str:
    rows: list[tuple[object, ...]] = [
        (place, one.name, one.when, _does(one), one.title, "" if one.enabled else "off")
        for place, one in enumerate(some, 1)
    ]
    return table(_HEADS, rows) if rows else "no rule"


def _does(rule: Rule) -> str:
    match rule.then:
        case Then.WAIT:
            return f"wait {show_duration(rule.limit_s)}, then {rule.otherwise}"
        case Then.ASTERISK:
            return f"asterisk {rule.asterisk}"
        case _:
            return rule.then.value


COMMANDS = (rules,)
