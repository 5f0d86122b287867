"""What a plan would do, as facts for the rules."""

import re
from collections import Counter
from collections.abc import Callable, Iterable

from pbxsync_worker.core.model.change import Change, ChangeKind
from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.model.fact import Fact, Facts, Value
from pbxsync_worker.core.model.plan import Plan
from pbxsync_worker.core.model.ports import ConfigView
from pbxsync_worker.core.model.presets.overlay import TRUNKS

ADMINS = b"SQL/asterisk/ampusers/"
_CONFIG = f"{Place.ETC}/".encode()
_LINES = re.MULTILINE | re.IGNORECASE
_REGISTRATION = re.compile(rb"^[ \t]*(type[ \t]*=>?[ \t]*registration\b|register[ \t]*=>?).*", _LINES)
_MANAGER = re.compile(rb"^[ \t]*\[(?!general\])[^\]\r\n]+\]", _LINES)
_COMMAND = re.compile(
    rb"^[^;\r\n]*(?:\b(?:Try)?System[ \t]*\(|\b(?:E|Dead|Fast|Async)?AGI[ \t]*\(|\bExternalIVR[ \t]*\(|\$\{SHELL\().*",
    _LINES,
)
"""Lines that let Asterisk start programs (ast22: app_system, res_agi, app_externalivr, func_shell)."""


def plan_facts(plan: Plan, here: int, now: ConfigView, coming: ConfigView, at: float) -> Facts:
    """Return the facts of a plan; here: items that this host has of the dataset; at: seconds since 1970."""
    deletes = plan.count(ChangeKind.REMOVE)
    paths = [_path(one.name) for one in plan.changes if one.name.startswith(_CONFIG)]
    read = [path for path in paths if _is_any(path) or _is_manager(path)]
    changed = {path: _differing(now.read(path) or b"", coming.read(path) or b"") for path in read}

    def more(pattern: re.Pattern[bytes], wanted: Callable[[str], bool]) -> int:
        return _more(pattern, [both for path, both in changed.items() if wanted(path)])

    values: dict[str, Value] = {
        "changes": len(plan.changes),
        "adds": plan.count(ChangeKind.ADD),
        "deletes": deletes,
        "deletes_percent": 100 * deletes / here if here else 0,
        "bytes": sum(one.after.size for one in plan.wanted if one.after is not None),
        "reloads": len(plan.reloads),
        "needs_restart": bool(plan.restart),
        "new_trunks": _added(plan.changes, TRUNKS) + more(_REGISTRATION, _is_any),
        "new_admins": _added(plan.changes, ADMINS) + more(_MANAGER, _is_manager),
        "new_commands": more(_COMMAND, _is_any),
    }
    return {f"plan.{name}": Fact(f"plan.{name}", value, at, "plan") for name, value in values.items()}


def _added(changes: Iterable[Change], base: bytes) -> int:
    return sum(one.kind is ChangeKind.ADD and one.name.startswith(base) for one in changes)


def _more(pattern: re.Pattern[bytes], changed: Iterable[tuple[bytes, bytes]]) -> int:
    """Return how many lines that match come and are in none of these files yet; one that moves is not new."""
    old: Counter[bytes] = Counter()
    new: Counter[bytes] = Counter()
    for before, after in changed:
        old.update(one[0].strip() for one in pattern.finditer(before))
        new.update(one[0].strip() for one in pattern.finditer(after))
    return (new - old).total()


def _differing(one: bytes, other: bytes) -> tuple[bytes, bytes]:
    """Return the lines that one content has more often than the other, and the other than the one: mostly few."""
    mine, theirs = one.split(b"\n"), other.split(b"\n")
    most = min(len(mine), len(theirs))
    head = next((at for at in range(most) if mine[at] != theirs[at]), most)
    tail = next((at for at in range(most - head) if mine[-1 - at] != theirs[-1 - at]), most - head)
    gone, come = Counter(mine[head : len(mine) - tail]), Counter(theirs[head : len(theirs) - tail])
    return b"\n".join((gone - come).elements()), b"\n".join((come - gone).elements())


def _is_any(path: str) -> bool:
    return path.endswith((".conf", ".ael", ".lua"))


def _is_manager(path: str) -> bool:
    return path.startswith(("manager.conf", "manager_", "manager.d/"))


def _path(name: bytes) -> str:
    return name[len(_CONFIG) :].decode("utf-8", "surrogateescape")
