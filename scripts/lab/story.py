"""The story of the demo, step by step: two PBXs, each with its own PBXSync; every step says what it does."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.lab.content import Age, content
from scripts.lab.damage import break_endpoints
from scripts.lab.node import PbxNode
from scripts.lab.product import Outcome, Product

EXTENSIONS = 300
OLD_EXTENSIONS = 12
SEED = 1

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Site:
    """One host: its PBX and its PBXSync."""

    node: PbxNode
    product: Product


def bring_up(folder: Path, root: Path, running: ExitStack, tell: Tell) -> tuple[Site, Site]:
    """Start both hosts; `running` stops them again."""
    one = _site(folder, root, "A", 8090, running)
    other = _site(folder, root, "B", 8091, running)
    one.node.generate(EXTENSIONS, SEED)
    other.node.generate(OLD_EXTENSIONS, SEED + 1, Age.OLD)
    for site in (one, other):
        site.node.start()
        tell(f"host {site.node.host.name}: Asterisk {site.node.version()}, {site.node.endpoints()} endpoints")
    for site in (one, other):
        site.product.init()
        running.callback(site.product.close)
        site.product.start()
    for site in (one, other):
        site.product.wait()
        tell(f"host {site.node.host.name}: PBXSync is up, its web admin is {site.product.url}")
    return one, other


def _site(folder: Path, root: Path, name: str, web_port: int, running: ExitStack) -> Site:
    node = PbxNode(folder / name / "pbx", root, name)
    running.callback(node.close)
    return Site(node, Product(folder / name / "pbxsync", node, web_port))


def form_farm(one: Site, other: Site, tell: Tell) -> str:
    """Pair both hosts and make A the primary of a farm with B as its replica; return the name of the job."""
    identity, words = other.product.join(one.product.pair())
    tell(f"paired; both sides show: {words}")
    replica = one.product.confirm(other.node.host.name, words)
    other.product.ask("hosts", "confirm", identity)  # the words are those that A was just asked to compare
    job = one.product.create_farm("office", replica)
    tell(f"farm office: A is the primary, B its replica, job {job}")
    return job


def differing(one: PbxNode, other: PbxNode) -> list[str]:
    """Return the generated files that are not the same on both hosts.

    Voicemail messages stay out: they are numbered by position and only travel under Asterisk's own lock.
    """
    names = sorted(name for name in content(EXTENSIONS, SEED) if "/INBOX/" not in name)
    return [name for name in names if _bytes(one.folder / name) != _bytes(other.folder / name)]


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


@dataclass(frozen=True, slots=True)
class Told:
    """What the whole story showed."""

    asterisk: str
    before: int
    after: int
    differing: list[str]
    good: Outcome
    again: Outcome
    bad: Outcome
    bad_after: int
    bad_changed: list[str]

    def as_json(self) -> dict[str, Any]:
        """Return the last line of `scripts/demo --once`."""
        return {
            "hosts": 2,
            "asterisk": self.asterisk,
            "in_sync": not self.differing and self.again.state == "UNCHANGED",
            "endpoints_before": self.before,
            "endpoints_after": self.after,
            "state_bytes": self.good.state_bytes,
            "wire_bytes": self.good.wire_bytes,
            "run_seconds": round(self.good.seconds, 3),
            "reloaded": list(self.good.reloaded),
            "bad_change": {
                "state": self.bad.state,
                "reason": self.bad.reason,
                "endpoints_after": self.bad_after,
            },
        }

    def problems(self) -> list[str]:
        """Return everything that is not as promised."""
        promised = {
            f"the first run ended {self.good.state}: {self.good.reason}": self.good.state == "COMMITTED",
            f"the run with nothing to do ended {self.again.state}": self.again.state == "UNCHANGED",
            f"A and B differ in {', '.join(self.differing[:5])}": not self.differing,
            f"B began with {self.before} endpoints": self.before == OLD_EXTENSIONS,
            f"B has {self.after} endpoints": self.after == EXTENSIONS,
            "nothing was reloaded": bool(self.good.reloaded),
            "nothing was counted": self.good.state_bytes > 0 and self.good.wire_bytes > 0 and self.good.seconds > 0,
            f"the run with the bad change ended {self.bad.state}": self.bad.state == "ROLLED_BACK",
            "the run with the bad change gave no reason": bool(self.bad.reason),
            f"after the bad change B has {self.bad_after} endpoints": self.bad_after == EXTENSIONS,
            f"after the bad change B differs in {', '.join(self.bad_changed[:5])}": not self.bad_changed,
            f"this is Asterisk {self.asterisk}": self.asterisk.startswith("22."),
        }
        return [problem for problem, holds in promised.items() if not holds]


def tell_it_all(one: Site, other: Site, job: str, tell: Tell) -> Told:
    """Sync, sync again, break A and sync once more."""
    before = other.node.endpoints()
    tell(one.product.plan(job))
    good = one.product.sync(job)
    after = other.node.endpoints()
    tell(
        f"run {good.run}: {good.state}; B went from {before} to {after} endpoints, {good.wire_bytes} bytes on the wire"
    )
    different = differing(one.node, other.node)
    again = one.product.sync(job)
    tell(f"run {again.run}: {again.state}, {again.requests} request")
    kept = _snapshot(other.node)
    tell(f"on A, by accident: {break_endpoints(one.node)}")
    bad = one.product.sync(job)
    tell(f"run {bad.run}: {bad.state}: {bad.reason}")
    return Told(
        asterisk=other.node.version(),
        before=before,
        after=after,
        differing=different,
        good=good,
        again=again,
        bad=bad,
        bad_after=other.node.endpoints(),
        bad_changed=[name for name, data in _snapshot(other.node).items() if kept.get(name) != data],
    )


def _snapshot(node: PbxNode) -> dict[str, bytes | None]:
    return {name: _bytes(node.folder / name) for name in content(EXTENSIONS, SEED)}
