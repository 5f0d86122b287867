"""Running jobs: plan, sync, watch, look back, roll back."""

from collections.abc import Sequence

import click

from pbxsync_worker.cli.show import as_json, plain, show, table, when
from pbxsync_worker.core import handover
from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.core.model.run import GOOD, Mode, Run, State
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.settings import load
from pbxsync_worker.core.store.inventories import AFTER, BEFORE
from pbxsync_worker.wiring import Installation
from pbxsync_worker.wiring.coordinate import next_attempt

_WHO = "command line"
_wait = click.option("--wait/--no-wait", default=True, show_default=True, help="Wait for the end and show it.")
_target = click.option("--target", "targets", multiple=True, metavar="HOST", help="Only this target; repeat it.")


@click.command()
@click.argument("job")
@_target
@as_json
@click.pass_context
def plan(context: click.Context, job: str, targets: tuple[str, ...], *, as_json: bool) -> None:
    """Show what JOB would do; nothing is changed."""
    here = Installation(load())
    asked = _ask(here, job, handover.Order(Mode.PLAN, _WHO, targets=_ids(here, targets)))
    context.exit(_follow(here, asked, as_json=as_json))


@click.command()
@click.argument("job")
@click.option("--plan", "expect_plan", default="", metavar="DIGEST", help="Only if the plan still is this one.")
@click.option("--approve", is_flag=True, help="Release the brake for that plan.")
@_target
@_wait
@as_json
@click.pass_context
def sync(
    context: click.Context,
    job: str,
    expect_plan: str,
    targets: tuple[str, ...],
    *,
    approve: bool,
    wait: bool,
    as_json: bool,
) -> None:
    """Bring the targets of JOB in step with its source, now."""
    here = Installation(load())
    order = handover.Order(Mode.APPLY, _WHO, expect_plan, approve, _ids(here, targets))
    asked = _ask(here, job, order)
    context.exit(_follow(here, asked, as_json=as_json) if wait else _asked(asked, as_json=as_json))


@click.command()
@click.argument("run")
@click.option("--to", "side", type=click.Choice([BEFORE, AFTER]), default=BEFORE, show_default=True)
@click.option("--preview", is_flag=True, help="Only show what it would do.")
@_wait
@as_json
@click.pass_context
def rollback(context: click.Context, run: str, side: str, *, preview: bool, wait: bool, as_json: bool) -> None:
    """Return the host of RUN to the state before (or after) it."""
    here = Installation(load())
    known = here.store.runs.get(run)
    back = handover.request_rollback(here.store, here.waker, known, side, _WHO, plan_only=preview)
    context.exit(_follow(here, [back], as_json=as_json) if wait else _asked([back], as_json=as_json))


@click.command()
@click.argument("run")
@as_json
def cancel(run: str, *, as_json: bool) -> None:
    """Stop RUN; what it changed is undone."""
    here = Installation(load())
    asked = handover.cancel(here.store, here.waker, here.store.runs.get(run), _WHO)
    show(asked, lambda: f"{asked.id} is asked to stop", as_json=as_json)


@click.command()
@click.option("--limit", default=20, show_default=True)
@as_json
def runs(limit: int, *, as_json: bool) -> None:
    """List runs, newest first."""
    here = Installation(load())
    found = here.store.runs.find(limit=limit)
    rows: list[tuple[object, ...]] = [
        (one.id, when(one.requested_at), one.job, one.mode, _host(here, one.target), one.state, as_text(one.sentence))
        for one in found
    ]
    show(
        found,
        lambda: table(("RUN", "REQUESTED (UTC)", "JOB", "MODE", "TARGET", "STATE", "SAID"), rows),
        as_json=as_json,
    )


@click.command("show")
@click.argument("run")
@as_json
def show_run(run: str, *, as_json: bool) -> None:
    """Show everything about RUN."""
    here = Installation(load())
    known = here.store.runs.get(run)
    show(_whole(here, known), lambda: _words(here, known), as_json=as_json)


@click.command()
@as_json
def states(*, as_json: bool) -> None:
    """List the kept states that a rollback can return to."""
    found = Installation(load()).store.inventories.kept()
    rows: list[tuple[object, ...]] = [(one.run, one.side, one.job, when(one.at)) for one in found]
    show(found, lambda: table(("RUN", "SIDE", "JOB", "AT (UTC)"), rows), as_json=as_json)


def _ids(here: Installation, names: Sequence[str]) -> tuple[str, ...]:
    me = here.store.hosts.me()
    return tuple(me.id if name in (me.name, me.id) else here.store.hosts.peer(name).host.id for name in names)


def _ask(here: Installation, name: str, order: handover.Order) -> Sequence[Run]:
    catalogue = here.store.catalogues.find_job(name)
    job = catalogue.job(name.rpartition("/")[2])
    return handover.request_job(here.store, here.waker, here.store.hosts.me().id, catalogue, job, order)


def _asked(asked: Sequence[Run], *, as_json: bool) -> int:
    show(asked, lambda: "\n".join(f"{one.id} is requested" for one in asked), as_json=as_json)
    return 0


def _follow(here: Installation, asked: Sequence[Run], *, as_json: bool) -> int:
    """Show the moves of runs as they come, then the runs; return the exit code."""
    ended = [_end_of(here, one) for one in asked]
    value = [_whole(here, one) for one in ended]
    show(value, lambda: "\n\n".join(_words(here, one) for one in ended), as_json=as_json)
    return _status(ended)


def _end_of(here: Installation, run: Run) -> Run:
    """Show the moves of a run, and of those that are tried in its place; return the last one, ended."""
    told = 0
    while True:
        for move in here.store.runs.moves(run.id, told):
            told = move.number
            click.echo(f"{run.id}  {move.after:<12} {as_text(move.sentence)}".rstrip(), err=True)
        known = here.store.runs.get(run.id)
        if known.ended:
            again = next_attempt(here, known)
            return known if again is None else _end_of(here, again)
        here.clock.sleep(0.2)


def _status(ended: Sequence[Run]) -> int:
    """Return the exit code of the worst end: 0 all good, 75 left out by rules, 2 a person must look, else 1."""
    bad = {one.state for one in ended if one.state not in GOOD}
    if bad <= {State.SKIPPED}:
        return 75 if bad else 0
    return 2 if bad <= {State.SKIPPED, State.HELD} else 1


def _whole(here: Installation, run: Run) -> dict[str, object]:
    plan_of = here.store.runs.plan(run.id)
    changes = plan_of.plan.changes if plan_of else ()
    return {
        "run": plain(run),
        "moves": plain(here.store.runs.moves(run.id)),
        "result": plain(here.store.runs.result(run.id)),
        "plan": plan_of
        and {
            "digest": plan_of.digest,
            "summary": as_text(plan_of.plan.summary),
            "told": [as_text(line) for line in plan_of.plan.told],
            "changes": [
                {"name": show_name(one.name), "kind": one.kind, "local_edit": one.local_edit} for one in changes
            ],
            "kept": [{"name": show_name(one.name), "reason": as_text(one.reason)} for one in plan_of.plan.kept],
            "replaced": [
                {"name": show_name(one.name), "told": [as_text(told) for told in one.told]}
                for one in plan_of.plan.replaced
            ],
            "reloads": [one.module for one in plan_of.plan.reloads],
            "restart": plan_of.plan.restart,
            "brake": [as_text(one) for one in plan_of.plan.brake],
            "diffs": plan_of.diffs,
        },
    }


def _words(here: Installation, run: Run) -> str:
    lines = [f"run {run.id}  {run.job}  {run.mode}  {_host(here, run.source)} -> {_host(here, run.target)}"]
    lines.append(f"{run.state}: {as_text(run.sentence)}" + (f" [{run.error}]" if run.error else ""))
    saved = here.store.runs.plan(run.id)
    if saved is not None:
        lines += [f"  * {as_text(line)}" for line in saved.plan.told]
        lines += [f"  {one.kind:<10} {show_name(one.name)}" for one in saved.plan.changes[:40]]
        if len(saved.plan.changes) > 40:
            lines.append(f"  ... and {len(saved.plan.changes) - 40} more")
        lines += [f"  kept       {show_name(one.name)}: {as_text(one.reason)}" for one in saved.plan.kept]
        told = [(show_name(one.name), as_text(why)) for one in saved.plan.replaced for why in one.told]
        lines += [f"  replaced   {name}: {why}" for name, why in told]
        lines += [f"  restart    {one} is only read when Asterisk starts" for one in saved.plan.restart]
        lines.append(f"  plan {saved.digest}")
    result = here.store.runs.result(run.id)
    lines += [f"  {one.level:<10} {one.place}: {as_text(one.sentence)}" for one in result.findings]
    numbers = result.numbers
    lines += [
        f"  {one.way:<10} {one.items} items, {one.size} bytes, {one.sent} sent {one.codec}".rstrip()
        for one in result.sent.ways
    ]
    if numbers.seconds:
        lines.append(
            f"  {numbers.state_bytes} bytes of state, {numbers.wire_bytes} bytes on the wire, {numbers.seconds} s,"
            f" reloaded: {', '.join(result.reloaded) or '-'}"
        )
    return "\n".join(lines)


def _host(here: Installation, identity: str) -> str:
    try:
        me = here.store.hosts.me()
        return me.name if me.id == identity else here.store.hosts.peer(identity).host.name
    except NotFound:
        return identity[:12]


COMMANDS = (plan, sync, rollback, cancel, runs, show_run, states)
