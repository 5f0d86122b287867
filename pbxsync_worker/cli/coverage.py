"""What of this PBX is in no job."""

import click

from pbxsync_worker.cli.show import as_json, show, table
from pbxsync_worker.core.model.coverage import Coverage, Found
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.settings import load
from pbxsync_worker.wiring import Installation
from pbxsync_worker.wiring.coverage import look_at_coverage


@click.command()
@as_json
def coverage(*, as_json: bool) -> None:
    """Show which tables, AstDB families and files of this PBX are in no job, and why."""
    report = look_at_coverage(Installation(load()))
    show(report, lambda: _words(report), as_json=as_json)


def _words(report: Coverage) -> str:
    missing: list[tuple[object, ...]] = [(one.thing, _name(one), _why(one)) for one in report.missing]
    left_out: list[tuple[object, ...]] = [(one.thing, _name(one), as_text(one.why)) for one in report.left_out]
    counts = f"in a job: {report.covered}, in no job: {len(missing)}, left out on purpose: {len(left_out)}"
    parts = [table(("IN NO JOB", "NAME", "WHY"), missing) if missing else ""]
    parts.append(table(("LEFT OUT", "NAME", "WHY"), left_out) if left_out else "")
    unseen = [f"not looked at: {as_text(line)}" for line in report.unseen]
    return "\n\n".join([*(part for part in parts if part), "\n".join([*unseen, counts])])


def _name(one: Found) -> str:
    return f"{one.name} ({one.count} files)" if one.count > 1 else one.name


def _why(one: Found) -> str:
    some = "a job holds some of it; " if one.partly else ""
    return some + (f"preset not chosen: {', '.join(one.presets)}" if one.presets else "no preset holds it")


COMMANDS = (coverage,)
