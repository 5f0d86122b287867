"""What is measured: of this host, of another one, and of all at a glance."""

import click

from pbxsync_worker.cli.show import as_json, show, table, when
from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.fact import BY_NAME, LOCAL
from pbxsync_worker.core.model.fleet import FleetHost
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.settings import load
from pbxsync_worker.core.store.facts import Known
from pbxsync_worker.core.store.fleet import fleet as read_fleet
from pbxsync_worker.wiring import Installation


@click.command()
@click.argument("host", default="")
@click.option(
    "--history", "minutes", type=click.IntRange(1, 10080), default=None, help="The last minutes of each fact."
)
@as_json
def facts(host: str, minutes: int | None, *, as_json: bool) -> None:
    """Show what is known of this host, or of HOST."""
    here = Installation(load())
    me = here.store.hosts.me()
    who = me if host in ("", me.name, me.id) else here.store.hosts.peer(host).host
    known = sorted(here.store.facts.known(who.id).values(), key=lambda one: one.name)
    if not known:
        raise NotFound(what="facts of host", name=who.name)
    value: dict[str, object] = {"host": who.id, "name": who.name, "facts": known}
    if minutes is not None:
        value["history"] = here.store.facts.history(who.id, here.clock.now() - 60.0 * minutes)
    rows: list[tuple[object, ...]] = [
        (one.name, told(one), when(one.since), when(one.at), as_text(one.source)) for one in known
    ]
    heads = ("FACT", "VALUE", "SINCE (UTC)", "MEASURED (UTC)", "SOURCE")
    show(value, lambda: table(heads, rows), as_json=as_json)


def told(one: Known) -> str:
    """Return a value with its unit, for people."""
    if one.value is None:
        return "unknown"
    if isinstance(one.value, bool):
        return "yes" if one.value else "no"
    kind = BY_NAME.get(f"{LOCAL}.{one.name}") or BY_NAME.get(one.name)
    return f"{one.value} {kind.unit}".rstrip() if kind is not None else str(one.value)


@click.command()
@as_json
def fleet(*, as_json: bool) -> None:
    """Show every host: how it is reached, what it has, and what would be lost with it."""
    here = Installation(load())
    hosts = read_fleet(here.store)
    show({"hosts": hosts}, lambda: "\n\n".join(_told(one) for one in hosts), as_json=as_json)


def _told(host: FleetHost) -> str:
    line = host.line
    state = "this host" if line is None else f"{line.state} since {when(line.since)}"
    if line is not None and line.rtt_ms is not None:
        state += f", {line.rtt_ms} ms"
    lines = [f"{host.name}  {host.id[:16]}  {state}"]
    if line is not None and line.sentence:
        lines.append(f"  {as_text(line.sentence)}")
    for one in host.has:
        age = "newest" if one.current else "older than another host's"
        lines.append(
            f"  has {one.group}/{one.job} {one.root[:12]} since {when(one.since)}, proven {when(one.at)} ({age})"
        )
    lines.append(f"  if it died now, you would lose {as_text(host.loss.sentence)}")
    return "\n".join(lines)


COMMANDS = (facts, fleet)
