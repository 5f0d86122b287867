"""Asterisk where FreePBX writes its files: rows become files by its own program, judged before Asterisk reads them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pbxsync_worker.asterisk.freepbx import FreePbx
from pbxsync_worker.asterisk.freepbxconf import Login as ConfLogin
from pbxsync_worker.asterisk.lint import lint
from pbxsync_worker.asterisk.reloads import reloads_for
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import MESSAGES, SQL, VOICEMAIL
from pbxsync_worker.core.model.errors import StaticCheckFailed
from pbxsync_worker.core.model.gate import regenerated
from pbxsync_worker.core.model.pbx import Finding, Level, PbxState, Reloaded
from pbxsync_worker.core.model.plan import EVERYTHING, Plan, Reload
from pbxsync_worker.core.model.ports import ConfigView, Pbx
from pbxsync_worker.core.model.presets import PRESETS
from pbxsync_worker.core.model.presets.actions import ACTIONS, APPLY, REGENERATE, reloads
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.mysql import Link, Login

_PATIENCE = 60.0
_SOCKET = Path("/run/mysqld/mysqld.sock")


class Flags(Protocol):
    """FreePBX's own mark that somebody has changes which are not applied yet."""

    def set(self) -> bool:
        """Tell whether it is set."""
        ...

    def clear(self) -> None:
        """Take it away, with the notice that our way of reloading leaves."""
        ...

    def notices(self) -> frozenset[tuple[str, str]]:
        """Return what FreePBX tells on its first page, as (module, id)."""
        ...


class FreePbxFlags:
    """The flags in FreePBX's database; login: asked for only where rows change."""

    def __init__(self, login: Callable[[], Login]) -> None:
        self._login = login

    def set(self) -> bool:
        """Tell whether `need_reload` is set."""
        link = Link(self._login())
        try:
            found = link.all(b"SELECT value FROM admin WHERE variable = 'need_reload'")
        finally:
            link.close()
        return any(row[0] == b"true" for row in found)

    def clear(self) -> None:
        """Clear `need_reload` and the notice of a skipped reload."""
        link = Link(self._login())
        try:
            link.run(b"UPDATE admin SET value = 'false' WHERE variable = 'need_reload'")
            link.run(b"DELETE FROM notifications WHERE module = 'freepbx' AND id = 'ASTRELOADSKIP'")
        finally:
            link.close()

    def notices(self) -> frozenset[tuple[str, str]]:
        """Return module and id of every notification."""
        link = Link(self._login())
        try:
            found = link.all(b"SELECT module, id FROM notifications")
        finally:
            link.close()
        return frozenset(((one or b"").decode(), (two or b"").decode()) for one, two in found)


class FreePbxAsterisk:
    """The port Pbx on such a host: everything as without FreePBX, but its files are written anew before a reload."""

    def __init__(self, asterisk: Pbx, freepbx: FreePbx, config: Callable[[], ConfigView], flags: Flags) -> None:
        self._asterisk = asterisk
        self._freepbx = freepbx
        self._config = config
        self._flags = flags

    def look(self) -> PbxState:
        """Take one look at Asterisk."""
        return self._asterisk.look()

    def calls_in_progress(self) -> int | None:
        """Return how many calls are in progress."""
        return self._asterisk.calls_in_progress()

    def check(self, before: ConfigView, after: ConfigView, plan: Plan) -> tuple[Finding, ...]:
        """Check the files; where rows change, also whether somebody is at work in FreePBX."""
        findings = self._asterisk.check(before, after, plan)
        if not _regenerates(plan.reloads):
            return findings
        busy = []
        if self._flags.set():
            busy.append(say("somebody has changes in FreePBX that are not applied yet"))
        if self._freepbx.activity().any:
            busy.append(say("FreePBX is reloading, restoring or changing its modules"))
        return (*findings, *(Finding(Level.HOLD, "FreePBX", sentence) for sentence in busy))

    def reload(self, wanted: Sequence[Reload]) -> tuple[Reloaded, ...]:
        """Let FreePBX write its files and judge them, reload, then clear FreePBX's red button."""
        done: list[Reloaded] = []
        if any(one.module == APPLY for one in wanted):
            return (Reloaded(APPLY, round(self._freepbx.apply(_PATIENCE).seconds, 3)),)
        if _regenerates(wanted):
            done.append(self._regenerate())
        done += self._asterisk.reload([one for one in wanted if one.module != REGENERATE])
        if _regenerates(wanted):
            self._flags.clear()
        return tuple(done)

    def verify(
        self, before: PbxState, config: ConfigView, reloads: Sequence[Reload], seconds: int
    ) -> tuple[Finding, ...]:
        """Prove health as without FreePBX: its files are Asterisk's files."""
        rest = [_read(one) for one in reloads if one.module != REGENERATE]
        return self._asterisk.verify(before, config, rest, seconds)

    def _regenerate(self) -> Reloaded:
        was = _Frozen.of(self._config())
        told = self._flags.notices()
        answer = self._freepbx.regenerate(_PATIENCE)
        refused = regenerated(told, self._flags.notices())
        if refused:
            raise StaticCheckFailed(findings=refused[0].sentence)
        now = self._config()
        changed = [name for name in {*was.files, *now.names()} if was.read(name) != now.read(name)]
        fatal = [one for one in lint(was, now, changed) if one.level is Level.FATAL]
        if fatal:
            findings = "; ".join(f"{one.place}: {one.sentence}" for one in fatal[:3])
            raise StaticCheckFailed(findings=findings)
        return Reloaded("fwconsole reload", round(answer.seconds, 3))


@dataclass(frozen=True, slots=True)
class _Frozen:
    """A configuration folder as it was at one moment."""

    files: Mapping[str, bytes]

    @classmethod
    def of(cls, view: ConfigView) -> "_Frozen":
        return cls({name: view.read(name) or b"" for name in view.names()})

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def names(self) -> Iterable[str]:
        return self.files


def row_reloads(changes: Iterable[Change]) -> tuple[Reload, ...]:
    """Return what changed rows need, FreePBX's own writing first; nothing where no row changed."""
    tables = sorted(
        {name.split(b"/")[2].decode() for change in changes if (name := change.name).startswith(SQL + b"/")}
    )
    names = {action for table in tables for action in _actions().get(table, ())}
    if REGENERATE not in names:
        return ()
    because = ", ".join(tables[:4]) + (" ..." if len(tables) > 4 else "")
    return (Reload(REGENERATE, because), *reloads(names, because))


def box_reloads(changes: Iterable[Change]) -> tuple[Reload, ...]:
    """Return what changed mailboxes and messages need; nothing where none changed."""
    heads = {change.name.partition(b"/")[0] for change in changes}
    boxes = reloads({"voicemail"}, "voicemail.conf") if VOICEMAIL in heads else ()
    return (*boxes, *(reloads({"mwi"}, "voicemail messages") if MESSAGES in heads else ()))


def in_order(wanted: Iterable[Reload]) -> tuple[Reload, ...]:
    """Return reloads in the order of the actions, each module once; a module of no action before the phones."""
    order = [REGENERATE, *(module for module, _ in ACTIONS.values())]
    phones = order.index("res_pjsip.so") - 0.5
    once = {one.module: one for one in reversed(list(wanted))}
    return tuple(sorted(once.values(), key=lambda one: order.index(one.module) if one.module in order else phones))


def _actions() -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for preset in PRESETS:
        for table in preset.chosen().tables:
            found[table.table] = found.get(table.table, frozenset()) | frozenset(preset.reloads)
    return found


def _read(wanted: Reload) -> Reload:
    """Return what Asterisk itself reads: FreePBX lets it read everything."""
    return EVERYTHING if wanted.module == APPLY else wanted


def _regenerates(wanted: Iterable[Reload]) -> bool:
    return any(one.module == REGENERATE for one in wanted)


def logins(conf: ConfLogin) -> Mapping[str, Login]:
    """Return how to reach FreePBX's databases, by the names that datasets use."""
    local = conf.host == "localhost"
    socket = conf.socket or (str(_SOCKET) if local and not conf.port and _SOCKET.exists() else "")
    host, port = "127.0.0.1" if local else conf.host, conf.port or 3306
    return {
        name: Login(conf.user, lambda: conf.password, database, socket, host, port)
        for name, database in (("asterisk", conf.database), ("asteriskcdrdb", conf.records))
    }


def all_reloads(changes: Sequence[Change], view: ConfigView) -> tuple[tuple[Reload, ...], tuple[str, ...]]:
    """Return what a change makes Asterisk reload, in order, and the files that only a restart reads."""
    found = reloads_for(changes, view)
    others = (*row_reloads(changes), *box_reloads(changes))
    return (in_order((*others, *found.actions)) if others else found.actions), found.restart
