"""The story of the demo, step by step: two PBXs, each with its own PBXSync; every step says what it does."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from scripts.lab.compared import Seen, differing_files, differing_rows, look, new_keys, new_rows, shared_files
from scripts.lab.content import Age
from scripts.lab.damage import break_custom_endpoints
from scripts.lab.edits import EDITS, Edit
from scripts.lab.freepbx import FreePbx
from scripts.lab.mariadb import MariaDb
from scripts.lab.node import PbxNode
from scripts.lab.product import Outcome, Product
from scripts.lab.told import Shown, Told

EXTENSIONS = 300
OLD_EXTENSIONS = 12
SEED = 1
PRESETS = ("whole-configuration",)
"""Rows, AstDB keys, mailboxes and files: everything a warm replica needs."""

_SMALL = ("--innodb-file-per-table=OFF", "--innodb-flush-log-at-trx-commit=1")

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Site:
    """One host: its PBX and its PBXSync."""

    node: PbxNode
    product: Product


@dataclass(frozen=True, slots=True)
class Office(Site):
    """A host that looks like FreePBX's."""

    pbx: FreePbx


def bring_up(folder: Path, root: Path, running: ExitStack, tell: Tell) -> tuple[Office, Office]:
    """Start both hosts; `running` stops them again."""
    servers = [MariaDb(folder / name / "mariadb", _SMALL) for name in "AB"]
    servers[0].install()
    shutil.copytree(folder / "A/mariadb/data", folder / "B/mariadb/data")
    for server in servers:
        running.callback(server.close)
        server.start()
    one = _office(folder, root, "A", 8090, servers[0], running)
    other = _office(folder, root, "B", 8091, servers[1], running)
    one.pbx.fill(EXTENSIONS, SEED)
    other.pbx.fill(OLD_EXTENSIONS, SEED + 1, Age.OLD)
    for site in (one, other):
        site.node.start()
        users = site.pbx.sql("SELECT COUNT(*) FROM users")
        tell(
            f"host {site.node.host.name}: Asterisk {site.node.version()}, {site.node.endpoints()} endpoints;"
            f" MariaDB with {users} users; FreePBX is a stand-in"
        )
    for site in (one, other):
        site.product.init()
        running.callback(site.product.close)
        site.product.start()
    for site in (one, other):
        site.product.wait()
        tell(f"host {site.node.host.name}: PBXSync is up, its web admin is {site.product.url}")
    return one, other


def _office(folder: Path, root: Path, name: str, web_port: int, server: MariaDb, running: ExitStack) -> Office:
    node = PbxNode(folder / name / "pbx", root, name)
    running.callback(node.close)
    pbx = FreePbx(folder / name / "freepbx", node, server)
    return Office(node, Product(folder / name / "pbxsync", node, web_port, pbx.settings), pbx)


def form_farm(one: Site, other: Site, tell: Tell, presets: Sequence[str] = ()) -> str:
    """Pair both hosts and make A the primary of a farm with B as its replica; return the name of the job."""
    identity, words = other.product.join(one.product.pair())
    tell(f"paired; both sides show: {words}")
    replica = one.product.confirm(other.node.host.name, words)
    other.product.ask("hosts", "confirm", identity)  # the words are those that A was just asked to compare
    job = one.product.create_farm("office", replica, presets)
    tell(f"farm office: A is the primary, B its replica, job {job}")
    return job


def tell_it_all(one: Office, other: Office, job: str, tell: Tell) -> Told:
    """Sync, sync again, edit A and sync, break A and sync once more."""
    before, old = other.node.endpoints(), look(other.pbx)
    tell(one.product.plan(job))
    good = one.product.sync(job)
    after, whole = other.node.endpoints(), look(other.pbx)
    tell(
        f"run {good.run}: {good.state}; B went from {before} to {after} endpoints, {good.rows} rows and {good.keys}"
        f" AstDB keys came, {good.wire_bytes} bytes on the wire"
    )
    files = shared_files(EXTENSIONS, SEED)
    different = differing_files(one.node.folder, other.node.folder, files)
    again = one.product.sync(job)
    tell(f"run {again.run}: {again.state}, {again.requests} request")
    edited, shown = _edit(one, other, job, tell)
    different += differing_files(one.node.folder, other.node.folder, files)
    now = look(other.pbx)
    kept = _snapshot(other.node, files)
    tell(f"on A, by accident: {break_custom_endpoints(one.node)}")
    bad = one.product.sync(job)
    tell(f"run {bad.run}: {bad.state}: {bad.reason}")
    bad_changed = [name for name, data in _snapshot(other.node, files).items() if kept[name] != data]
    return Told(
        asterisk=other.node.version(),
        before=before,
        after=after,
        differing=different,
        good=good,
        again=again,
        bad=bad,
        bad_after=other.node.endpoints(),
        bad_changed=bad_changed + differing_rows(now, look(other.pbx)),
        edited=edited,
        shown=shown,
        counted=((new_rows(old, whole), new_keys(old, whole)), (new_rows(whole, now), new_keys(whole, now))),
        differing_rows=differing_rows(look(one.pbx), now),
        own_changed=_own_changed(old, now),
        expected=(OLD_EXTENSIONS, EXTENSIONS),
    )


def _edit(one: Office, other: Office, job: str, tell: Tell) -> tuple[Outcome, tuple[Shown, ...]]:
    """Edit A as people do, bring it to B, and look at what B has in each place."""
    for edit in EDITS:
        edit.save(one.pbx)
        tell(f"on A: {edit.words}")
    edited = one.product.sync(job)
    tell(
        f"run {edited.run}: {edited.state}; {edited.rows} rows and {edited.keys} AstDB keys sent,"
        f" {edited.wire_bytes} bytes on the wire"
    )
    shown = tuple(_shown(edit, other, tell) for edit in EDITS)
    return edited, shown


def _shown(edit: Edit, other: Office, tell: Tell) -> Shown:
    with other.pbx.ami() as asterisk:
        found = {place: read(other.pbx, asterisk) for place, read in edit.places.items()}
    wrong = [f"{place}: {value!r}" for place, value in found.items() if edit.wanted not in (value or "")]
    tell(f"on B: {edit.words}: seen in {', '.join(found)}" if not wrong else f"on B: {'; '.join(wrong)}")
    return Shown(edit.words, tuple(found), tuple(wrong))


def _own_changed(old: Seen, now: Seen) -> list[str]:
    return [name for name, rows in old.own.items() if rows != now.own[name]]


def _snapshot(node: PbxNode, files: Sequence[str]) -> dict[str, bytes | None]:
    paths = {name: node.folder / name for name in files}
    return {name: path.read_bytes() if path.is_file() else None for name, path in paths.items()}
