"""The audit log: who did what, and the proof that nothing in it was changed."""

from dataclasses import asdict

import click

from pbxsync_worker.cli.show import as_json, show, table, when
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.settings import load
from pbxsync_worker.wiring import Installation


@click.command()
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="So many lines.")
@click.option("--before", type=click.IntRange(1), default=None, help="Only lines with a smaller number.")
@click.option("--who", default="", help="Only what this person, token or host did.")
@click.option("--check", is_flag=True, help="Check every line instead; exit code 1 where the chain is broken.")
@as_json
@click.pass_context
def audit(context: click.Context, *, limit: int, before: int | None, who: str, check: bool, as_json: bool) -> None:
    """List who did what, newest first, or check that no line was changed or is missing."""
    log = Installation(load()).store.audit
    if check:
        broken = log.broken_at()
        told = f"the chain is broken at line {broken}" if broken else "the chain is whole"
        show({"whole": not broken, "broken_at": broken}, lambda: told, as_json=as_json)
        context.exit(1 if broken else 0)
    found = log.entries(limit, before or 0, who)
    rows: list[tuple[object, ...]] = [
        (one.number, when(one.at), one.who, one.what, as_text(one.about)) for one in found
    ]
    show(
        [{**asdict(one), "told": as_text(one.about)} for one in found],
        lambda: table(("LINE", "WHEN (UTC)", "WHO", "WHAT", "ABOUT"), rows),
        as_json=as_json,
    )


COMMANDS = (audit,)
