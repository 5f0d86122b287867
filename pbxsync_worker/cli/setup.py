"""`pbxsync init`: makes an installation of this host, or changes one; and people from the command line."""

from pathlib import Path

import click

from pbxsync_worker.cli.show import as_json, show
from pbxsync_worker.core.durable import Disk, put_file
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.host import Host
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.settings import FILE, load
from pbxsync_worker.wiring import Installation

_TEXTS = ("name", "asterisk_conf", "ami_host", "ami_user", "peer_bind", "peer_address", "web_bind", "sip_address")


@click.command()
@click.option("--name", required=True, help="How people call this host.")
@click.option("--peer-address", required=True, metavar="HOST:PORT", help="Where other hosts reach this one.")
@click.option("--peer-bind", metavar="ADDRESS:PORT", help="Where the peer port listens.")
@click.option("--web-bind", metavar="ADDRESS:PORT", help="Where the web admin listens; unix:/PATH is possible.")
@click.option("--asterisk-conf", type=click.Path(path_type=Path), help="The asterisk.conf of this PBX.")
@click.option("--ami-host", help="Where AMI listens.")
@click.option("--ami-port", type=int)
@click.option("--ami-user", help="An AMI user with read and write = system,config,reporting.")
@click.option("--ami-secret-file", type=click.Path(exists=True, path_type=Path), help="A file with its secret.")
@click.option("--sip-address", metavar="ADDRESS:PORT", help="Must answer SIP OPTIONS after a change.")
@as_json
def init(*, ami_port: int | None, ami_secret_file: Path | None, as_json: bool, **given: object) -> None:
    """Make an installation of this host, or change its settings; runs and hosts are kept."""
    disk = Disk()
    home = load().home
    texts = {name: str(given[name]) for name in _TEXTS if given.get(name)}
    lines = [f"{name} = {_quoted(value)}" for name, value in texts.items()]
    if ami_port:
        lines.append(f"ami_port = {ami_port}")
    kept = _kept_lines(home / FILE, {line.partition(" = ")[0] for line in lines})
    put_file(disk, home / FILE, ("\n".join([*kept, *lines]) + "\n").encode(), 0o640)
    here = Installation(load())
    if ami_secret_file is not None:
        put_file(disk, here.settings.keys / "ami.secret", ami_secret_file.read_bytes().strip() + b"\n")
    here.settings.sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
    me = Host(here.identity.id, here.settings.name, here.settings.peer_address)
    here.store.hosts.set_me(me)
    show(me, lambda: f"{me.name} is {me.id}\nNext: pbxsync doctor, then pbxsync up", as_json=as_json)


def _quoted(value: str) -> str:
    if not value.isprintable():
        raise Invalid(what=repr(value), problems=say("a setting is printable text"))
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _kept_lines(path: Path, replaced: set[str]) -> list[str]:
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.partition("=")[0].strip() not in replaced]


COMMANDS = (init,)
