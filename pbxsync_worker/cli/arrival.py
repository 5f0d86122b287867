"""What becomes of rows when they arrive on this host."""

import click

from pbxsync_worker.cli.show import as_json, show, table
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.own_rule import Becomes, OwnRule, read_condition, show_condition, tell_rule, wrong_fields
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.settings import load
from pbxsync_worker.wiring import Installation

_WHO = "command line"


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def arrival(context: click.Context, *, as_json: bool) -> None:
    """List this host's own rules about rows that arrive; add or remove one."""
    if context.invoked_subcommand is not None:
        return
    rules = Installation(load()).store.own_rules.all()
    rows: list[tuple[object, ...]] = [
        (number, f"{one.database}.{one.table}.{one.column}", one.becomes, one.value, _rows(one), one.why)
        for number, one in rules.items()
    ]
    value = [{"number": number, "rule": one} for number, one in rules.items()]
    show(value, lambda: table(("NUMBER", "COLUMN", "", "VALUE", "ROWS", "WHY"), rows), as_json=as_json)


@arrival.command()
@click.argument("column", metavar="DATABASE.TABLE.COLUMN")
@click.argument("becomes", type=click.Choice([one.value for one in Becomes]))
@click.option("--value", default="", help="The other value; where the column is kept, what a new row gets.")
@click.option("--rows", multiple=True, metavar="CONDITION", help="Such as `keyword in transport`; repeat it.")
@click.option("--why", required=True, help="Shown in every plan.")
@as_json
def add(column: str, becomes: str, value: str, rows: tuple[str, ...], why: str, *, as_json: bool) -> None:
    """Replace or keep a column in rows that arrive."""
    database, _, rest = column.partition(".")
    name, _, last = rest.partition(".")
    rule = OwnRule(Becomes(becomes), database, name, last, value, why, tuple(map(read_condition, rows)))
    wrong = wrong_fields(rule)
    if wrong:
        raise Invalid(what="Rule", problems=", ".join(wrong))
    here = Installation(load())
    number = here.store.own_rules.add(rule)
    here.store.audit.add(_WHO, "add rule on arrival", say("{number}: {rule}", number=number, rule=tell_rule(rule)))
    show({"number": number}, lambda: f"rule {number} holds from the next run on", as_json=as_json)


@arrival.command()
@click.argument("number", type=int)
@as_json
def remove(number: int, *, as_json: bool) -> None:
    """Remove a rule; what it replaced arrives as it is with the next run."""
    here = Installation(load())
    gone = here.store.own_rules.remove(number)
    here.store.audit.add(_WHO, "remove rule on arrival", say("{number}: {rule}", number=number, rule=tell_rule(gone)))
    show({"number": number}, lambda: f"rule {number} is gone", as_json=as_json)


def _rows(rule: OwnRule) -> str:
    return " and ".join(map(show_condition, rule.rows)) or "every row"


COMMANDS = (arrival,)
