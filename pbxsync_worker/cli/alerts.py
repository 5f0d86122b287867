"""Alerts from the command line: who is told what, the mail server, the outbox, and a test that is really sent."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TextIO

import click

from pbxsync_worker.cli.show import as_json, show, table, when
from pbxsync_worker.core.model.alert import CHOICES, AlertKind
from pbxsync_worker.core.model.letter import LetterState
from pbxsync_worker.core.model.sentence import as_text, say
from pbxsync_worker.core.model.subscription import (
    LANGUAGES,
    LIMITS,
    AlertSettings,
    Channel,
    MailServer,
    Pace,
    Security,
    Subscription,
    check,
    read_minute,
    show_minute,
    wrong_in_settings,
)
from pbxsync_worker.core.settings import load
from pbxsync_worker.core.store.alert_secrets import new_webhook_secret, set_mail_password
from pbxsync_worker.core.store.outbox import Posted
from pbxsync_worker.wiring import Installation
from pbxsync_worker.wiring.alerts import send_test

_WHO = "command line"
_KIND = click.Choice([kind.value for kind in CHOICES])


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def alerts(context: click.Context, *, as_json: bool) -> None:
    """Show who is told what, what lasts, and whether it can be sent; change it, send a test, send again."""
    if context.invoked_subcommand is not None:
        return
    store = Installation(load()).store
    recipients, settings = store.subscriptions.all(), store.subscriptions.settings()
    troubles, lasting = tuple(store.outbox.troubles().values()), store.alerts.open(most=100)
    value = {
        "settings": settings,
        "recipients": [{"number": number, **_plain(one)} for number, one in recipients.items()],
        "troubles": troubles,
        "open": lasting,
        "letters": store.outbox.counts(),
        "waiting": {number: count for number, (count, _due) in store.outbox.waiting().items()},
    }
    lines = [table(("NUMBER", "NAME", "WAY", "TO", "KINDS"), [_row(*each) for each in recipients.items()])]
    lines += [f"mail server: {_server(settings)}"]
    lines += [f"in trouble since {when(one.since)}: {as_text(one.trouble)}" for one in troubles]
    lines += [f"since {when(one.opened_at)}: {as_text(one.subject)}" for one in lasting]
    lines += [f"letters {state}: {count}" for state, count in store.outbox.counts().items()]
    show(value, lambda: "\n".join(lines), as_json=as_json)


@alerts.command()
@click.argument("title")
@click.argument("to")
@click.option("--kind", "kinds", multiple=True, type=_KIND, help="What of; repeat it. All without it.")
@click.option("--through", multiple=True, type=_KIND, help="At once all the same, also in quiet hours; repeat it.")
@click.option("--group", "groups", multiple=True, help="Only this farm; repeat it.")
@click.option("--job", "jobs", multiple=True, metavar="GROUP/JOB", help="Only this job; repeat it.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--zone", default="UTC", show_default=True, help="Time zone, such as Europe/Madrid.")
@click.option("--daily", is_flag=True, help="Everything in one letter a day.")
@click.option("--day-at", default="07:00", show_default=True, help="When the digest of the day comes.")
@click.option("--quiet", nargs=2, default=("00:00", "00:00"), metavar="FROM TO", help="Quiet hours.")
@click.option("--per-hour", type=int, default=20, show_default=True, help="Letters within an hour.")
@as_json
def add(title: str, to: str, *, as_json: bool, **given: Any) -> None:
    """Tell somebody: TO is a mail address, or the URL of a webhook, whose secret is printed once."""
    one = Subscription(
        title=title,
        channel=_channel(to),
        to=to,
        kinds=frozenset(map(AlertKind, given["kinds"])) or frozenset(CHOICES),
        groups=given["groups"],
        jobs=given["jobs"],
        language=given["language"],
        zone=given["zone"],
        pace=Pace.DAILY if given["daily"] else Pace.AT_ONCE,
        day_at=read_minute(given["day_at"]),
        quiet_from=read_minute(given["quiet"][0]),
        quiet_to=read_minute(given["quiet"][1]),
        through=frozenset(map(AlertKind, given["through"])),
        per_hour=given["per_hour"],
    )
    here = Installation(load())
    number = here.store.subscriptions.add(one)
    here.store.audit.add(
        _WHO, "add recipient", say("{number}: {name}, {way}", number=number, name=one.title, way=one.channel)
    )
    value: dict[str, object] = {"number": number}
    said = f"{title} is told from now on; send a test with: pbxsync alerts test {number}"
    if one.channel is Channel.WEBHOOK:
        value["secret"] = new_webhook_secret(here.disk, here.settings.keys, number)
        said += f"\nsecret of its signatures, shown only now: {value['secret']}"
    show(value, lambda: said, as_json=as_json)


@alerts.command()
@click.argument("number", type=int)
@click.option("--title")
@click.option("--to", help="A mail address, or the URL of a webhook.")
@click.option("--kind", "kinds", multiple=True, type=_KIND, help="What of, in place of what was; repeat it.")
@click.option("--through", multiple=True, type=click.Choice([*_KIND.choices, "none"]), help="As `add`; none for none.")
@click.option("--group", "groups", multiple=True, help="Only this farm; repeat it; an empty one for all.")
@click.option(
    "--job", "jobs", multiple=True, metavar="GROUP/JOB", help="Only this job; repeat it; an empty one for all."
)
@click.option("--language", type=click.Choice(LANGUAGES))
@click.option("--zone", help="Time zone, such as Europe/Madrid.")
@click.option("--pace", type=click.Choice([one.value for one in Pace]))
@click.option("--day-at", help="When the digest of the day comes.")
@click.option("--quiet", nargs=2, metavar="FROM TO", help="Quiet hours; two equal times for none.")
@click.option("--per-hour", type=int, help="Letters within an hour.")
@click.option("--active/--silent", default=None, help="Whether anything is wanted now.")
@as_json
def change(number: int, *, as_json: bool, **given: Any) -> None:
    """Change a recipient; what is not named stays as it is."""
    here = Installation(load())
    new = _changed(here.store.subscriptions.get(number), given)
    here.store.subscriptions.save(number, new)
    here.store.audit.add(
        _WHO, "change recipient", say("{number}: {name}, {way}", number=number, name=new.title, way=new.channel)
    )
    show({"number": number, **_plain(new)}, lambda: f"{new.title} is saved", as_json=as_json)


@alerts.command()
@click.argument("number", type=int)
@as_json
def secret(number: int, *, as_json: bool) -> None:
    """Make a new secret for a webhook, in place of the old one, and print it once."""
    here = Installation(load())
    one = here.store.subscriptions.get(number)
    here.store.audit.add(_WHO, "new webhook secret", f"{number}: {one.title}")
    made = new_webhook_secret(here.disk, here.settings.keys, number)
    show(
        {"number": number, "secret": made}, lambda: f"secret of its signatures, shown only now: {made}", as_json=as_json
    )


@alerts.command()
@click.argument("number", type=int)
@as_json
def remove(number: int, *, as_json: bool) -> None:
    """Tell somebody nothing more."""
    here = Installation(load())
    gone = here.store.subscriptions.remove(number)
    here.store.audit.add(_WHO, "remove recipient", f"{number}: {gone.title}")
    show({"number": number}, lambda: f"{gone.title} is told nothing more", as_json=as_json)


@alerts.command()
@click.argument("number", type=int)
@as_json
def test(number: int, *, as_json: bool) -> None:
    """Send a test to a recipient now, and print what the server said."""
    answer = send_test(Installation(load()), number)
    show({"number": number, "answer": answer}, lambda: as_text(answer), as_json=as_json)


@alerts.command()
@click.option("--state", type=click.Choice([state.value for state in LetterState]), help="Only these.")
@click.option("--most", type=int, default=50, show_default=True)
@as_json
def outbox(state: str | None, most: int, *, as_json: bool) -> None:
    """List the letters, newest first, with what the server said."""
    letters = Installation(load()).store.outbox.letters(state or "", most)
    rows = [(one.number, one.state, one.letter.to, _subject(one), as_text(one.answer)) for one in letters]
    show(letters, lambda: table(("NUMBER", "STATE", "TO", "WHAT", "ANSWER"), list(rows)), as_json=as_json)


@alerts.command()
@click.argument("number", type=int)
@as_json
def resend(number: int, *, as_json: bool) -> None:
    """Send a letter again, under the same Message-ID."""
    here = Installation(load())
    one = here.store.outbox.resend(number)
    here.store.audit.add(_WHO, "resend alert", say("letter {number}", number=number))
    show({"number": number}, lambda: f"letter {number} to {one.letter.to} is sent again", as_json=as_json)


@alerts.command()
@click.argument("number", type=int)
@as_json
def drop(number: int, *, as_json: bool) -> None:
    """Send a letter no more."""
    here = Installation(load())
    one = here.store.outbox.drop(number)
    here.store.audit.add(_WHO, "drop alert", say("letter {number}", number=number))
    show({"number": number}, lambda: f"letter {number} to {one.letter.to} is not sent any more", as_json=as_json)


@alerts.command()
@click.option("--host", help="The mail server; an empty one for none.")
@click.option("--port", type=int)
@click.option("--security", type=click.Choice([one.value for one in Security]))
@click.option("--sender", help="The address that the mails come from.")
@click.option("--user", help="Its login, an empty one for none.")
@click.option("--password-file", type=click.File("r"), help="Read its password from a file; - is standard input.")
@click.option("--ca-file", help="Certificates to trust, for a server of your own.")
@click.option("--page", help="Address of the web admin, for links.")
@click.option("--lost-minutes", type=int, help="When a host is lost.")
@click.option("--wait-minutes", type=int, help="When a run waits for long; 0 for never.")
@click.option("--repeat-hours", type=int, help="After how long the same trouble is told again.")
@click.option("--keep-days", type=int, help="For how long a letter is tried.")
@as_json
def server(*, password_file: TextIO | None, as_json: bool, **given: Any) -> None:
    """Set the mail server and what holds for all alerts; what is not named stays as it is."""
    here = Installation(load())
    known = here.store.subscriptions.settings()
    named = {name: value for name, value in given.items() if value is not None}
    limits = {name: named.pop(name) for name in ("page", *LIMITS) if name in named}
    settings = replace(known, **limits)
    if named.get("host") == "":
        settings = replace(settings, server=None)
    elif named:
        if "security" in named:
            named["security"] = Security(named["security"])
        settings = replace(
            settings, server=replace(known.server or MailServer("", 587, Security.STARTTLS, ""), **named)
        )
    check("Alerts", wrong_in_settings(settings))
    if password_file is not None:
        set_mail_password(here.disk, here.settings.keys, password_file.read().strip())
    here.store.subscriptions.set_settings(settings)
    here.store.audit.add(_WHO, "change mail server", _server(settings))
    show(settings, lambda: f"mail server: {_server(settings)}", as_json=as_json)


def _changed(one: Subscription, given: dict[str, Any]) -> Subscription:
    """Return a recipient with what was named; options that can be repeated were named where there is any of them."""
    named = {name: value for name, value in given.items() if value is not None and value != ()}
    if "to" in named:
        named["channel"] = _channel(named["to"])
    if "pace" in named:
        named["pace"] = Pace(named["pace"])
    if "quiet" in named:
        named["quiet_from"], named["quiet_to"] = map(read_minute, named.pop("quiet"))
    if "day_at" in named:
        named["day_at"] = read_minute(named["day_at"])
    named |= {name: _kinds(named[name]) for name in ("kinds", "through") if name in named}
    named |= {name: tuple(filter(None, named[name])) for name in ("groups", "jobs") if name in named}
    return replace(one, **named)


def _channel(to: str) -> Channel:
    return Channel.WEBHOOK if to.startswith(("http://", "https://")) else Channel.EMAIL


def _kinds(names: Iterable[str]) -> frozenset[AlertKind]:
    return frozenset(AlertKind(name) for name in names if name != "none")


def _row(number: int, one: Subscription) -> tuple[object, ...]:
    return (number, one.title, one.channel, one.to, ", ".join(sorted(one.kinds)))


def _plain(one: Subscription) -> dict[str, object]:
    quiet = "" if one.quiet_from == one.quiet_to else f"{show_minute(one.quiet_from)}-{show_minute(one.quiet_to)}"
    lists = {"kinds": sorted(one.kinds), "through": sorted(one.through), "groups": one.groups, "jobs": one.jobs}
    times = {"zone": one.zone, "pace": one.pace, "day_at": show_minute(one.day_at), "quiet": quiet}
    who = {"title": one.title, "channel": one.channel, "to": one.to, "language": one.language, "active": one.active}
    return {**who, **lists, **times, "per_hour": one.per_hour}


def _server(settings: AlertSettings) -> str:
    one = settings.server
    return f"{one.host}:{one.port} {one.security}" if one else "none"


def _subject(one: Posted) -> str:
    told = one.letter.alerts
    more = f" and {one.count - 1} more" if one.count > 1 else ""
    return f"{as_text(told[-1].subject)}{more}" if told else ""


COMMANDS = (alerts,)
