"""Pairing and the other hosts."""

from dataclasses import replace

import click

from pbxsync_worker.cli.show import as_json, show, table, when
from pbxsync_worker.core.model.asterisk_action import permits
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.host import PeerState
from pbxsync_worker.core.model.sentence import as_text, say
from pbxsync_worker.core.model.wish import CheckHost, ConfirmHost, Give, JoinHost, OfferPairing, RevokeHost
from pbxsync_worker.core.settings import load
from pbxsync_worker.wiring import Installation
from pbxsync_worker.wiring.grant import grant

_WHO = "command line"
_give = click.option(
    "--give",
    type=click.Choice([one.value for one in Give]),
    required=True,
    help="What this host does: send its state to the other, receive the other's, or both.",
)


@click.command()
@_give
@as_json
def pair(give: str, *, as_json: bool) -> None:
    """Make a one-time code for another host; it lasts fifteen minutes."""
    here = Installation(load())
    code = grant(here, OfferPairing(Give(give)), _WHO)
    words = f"{code}\n\nOn the other host: pbxsync join CODE --give ...\nThen on both: pbxsync hosts, compare, confirm."
    show({"code": code}, lambda: words, as_json=as_json)


@click.command()
@click.argument("code")
@_give
@as_json
def join(code: str, give: str, *, as_json: bool) -> None:
    """Use a code that another host made."""
    here = Installation(load())
    known = here.store.hosts.peer(grant(here, JoinHost(code, Give(give)), _WHO))
    words = f"{known.host.name} {known.host.id[:16]}\nBoth hosts must show these words: {known.words}"
    value = {"id": known.host.id, "name": known.host.name, "words": known.words}
    show(value, lambda: words, as_json=as_json)


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def hosts(context: click.Context, *, as_json: bool) -> None:
    """List the other hosts; confirm, revoke or check one."""
    if context.invoked_subcommand is not None:
        return
    here = Installation(load())
    peers = here.store.hosts.peers()
    rows: list[tuple[object, ...]] = [
        (one.host.name, one.host.id[:16], one.state, one.host.address, when(one.seen_at), one.words) for one in peers
    ]
    value = {
        "me": here.store.hosts.me(),
        "peers": [
            {
                "id": one.host.id,
                "name": one.host.name,
                "address": one.host.address,
                "state": one.state,
                "words": one.words,
                "rights": sorted(one.policy.rights),
                "actions": one.policy.actions,
                "trouble": one.trouble,
            }
            for one in peers
        ],
    }
    heads = ("NAME", "ID", "STATE", "ADDRESS", "LAST HEARD (UTC)", "WORDS")
    show(value, lambda: table(heads, rows), as_json=as_json)


@hosts.command()
@click.argument("host")
@as_json
def confirm(host: str, *, as_json: bool) -> None:
    """Trust a host whose words you have compared."""
    here = Installation(load())
    known = here.store.hosts.peer(host)
    grant(here, ConfirmHost(known.host.id), _WHO)
    value = {"id": known.host.id, "state": PeerState.PAIRED}
    show(value, lambda: f"{known.host.name} is trusted", as_json=as_json)


@hosts.command()
@click.argument("host")
@as_json
def revoke(host: str, *, as_json: bool) -> None:
    """Trust a host no more, at once."""
    here = Installation(load())
    known = here.store.hosts.peer(host)
    grant(here, RevokeHost(known.host.id), _WHO)
    value = {"id": known.host.id, "state": PeerState.REVOKED}
    show(value, lambda: f"{known.host.name} is not trusted any more", as_json=as_json)


@hosts.command()
@click.argument("host")
@as_json
def check(host: str, *, as_json: bool) -> None:
    """Reach a host and say how it is."""
    here = Installation(load())
    known = here.store.hosts.peer(host)
    answer = grant(here, CheckHost(known.host.id), _WHO)
    show({"id": known.host.id, "answer": answer}, lambda: as_text(answer), as_json=as_json)


@hosts.command("stand-by")
@click.argument("host")
@click.argument("answer", type=click.Choice(["yes", "no"]))
@as_json
def stand_by(host: str, answer: str, *, as_json: bool) -> None:
    """Say whether this host stands by for another: then the trunks that one brings are switched off here."""
    here = Installation(load())
    known = here.store.hosts.peer(host)
    here.store.hosts.set_policy(known.host.id, replace(known.policy, replica=answer == "yes"))
    standing = say("stands by for it") if answer == "yes" else say("takes its trunks as they are")
    here.store.audit.add(_WHO, "change policy", say("host {host}: {policy}", host=known.host.id, policy=standing))
    show(
        {"id": known.host.id, "stand_by": answer}, lambda: f"stands by for {known.host.name}: {answer}", as_json=as_json
    )


@hosts.command("allow")
@click.argument("host")
@click.argument("action", nargs=-1)
@as_json
def allow(host: str, action: tuple[str, ...], *, as_json: bool) -> None:
    """Say what a host may make this Asterisk do beside reloads: ACTION such as "restart gracefully"; none: nothing."""
    wrong = [one for one in action if not permits(one)]
    if wrong:
        raise Invalid(what="Action", problems=say("{wrong} is no action that can be allowed", wrong=repr(wrong[0])))
    here = Installation(load())
    known = here.store.hosts.peer(host)
    here.store.hosts.set_policy(known.host.id, replace(known.policy, actions=action))
    told = ", ".join(action) or "nothing"
    policy = say("Asterisk: {actions}", actions=", ".join(action) or say("nothing"))
    here.store.audit.add(_WHO, "change policy", say("host {host}: {policy}", host=known.host.id, policy=policy))
    show(
        {"id": known.host.id, "actions": action},
        lambda: f"{known.host.name} may do beside reloads: {told}",
        as_json=as_json,
    )


COMMANDS = (pair, join, hosts)
