"""The static check: what in changed files would damage the PBX, said before Asterisk sees them; pure.

It exists for faults that leave no trace in Asterisk's answer or log. What was odd before the change is told, but
does not stop a run.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pbxsync_worker.asterisk.config import expand
from pbxsync_worker.asterisk.reloads import FAMILIES, Family, config_path, family_files
from pbxsync_worker.asterisk.summary import Summary, summary_of
from pbxsync_worker.core.model.change import Change, ChangeKind
from pbxsync_worker.core.model.lines import numbered_lines
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.ports import ConfigView

FEW_SECTIONS = 5
"""A file with fewer sections than this may lose any share of them."""
KEPT_SHARE = 0.8
FEW_LINES = 5
"""An emptied part with fewer lines than this is only told: an administrator may well mean it."""
VITAL = frozenset(
    {"pjsip.conf", "extensions.conf", "voicemail.conf", "queues.conf", "musiconhold.conf", "features.conf"}
)
"""Main files whose loss would wipe live objects, or keep stale ones until the next start."""
_TEXT = bytes([*b"\t\n\v\f\r\x1b", *range(32, 127), *range(128, 256)])


@dataclass(frozen=True, slots=True)
class _Sides:
    """Both views, and what differs between them by the plan."""

    before: ConfigView
    after: ConfigView
    changed: frozenset[str]


def lint(before: ConfigView, after: ConfigView, changed: Iterable[str]) -> tuple[Finding, ...]:
    """Check the files that changed (paths below the configuration folder), and every main file that reads them."""
    sides = _Sides(before, after, frozenset(changed))
    if not sides.changed:
        return ()
    findings = [finding for path in sorted(sides.changed) for finding in _content(sides, path)]
    covered: set[str] = set()
    for family in FAMILIES:
        for main in sorted({*family_files(before, family), *family_files(after, family)}):
            old = summary_of(before, main, family.main)
            files = _reach(old, main, sides.changed)
            if not files and old is not None:
                continue  # what reads no file that changes reads the same afterwards
            new = summary_of(after, main, family.main)
            files |= _reach(new, main, sides.changed)
            covered |= files
            if files:
                findings += _judged(family, main, old, new)
    for path in sorted(sides.changed - covered):
        findings += _loose(sides, path)
    return tuple(dict.fromkeys(findings))


def unnoticed(changes: Iterable[Change]) -> Iterator[Finding]:
    """Tell of files that Asterisk would take for those it has read: it compares size and time only (main/config.c)."""
    for change in changes:
        old, new = change.before, change.after
        if old is None or new is None or change.kind is not ChangeKind.REPLACE or config_path(change.name) is None:
            continue
        time = old.attributes.mtime_ns
        if old.size == new.size and time is not None and time == new.attributes.mtime_ns:
            sentence = "other content, but the same size and time of change: Asterisk would not read it again"
            yield Finding(Level.FATAL, new.text, sentence)


def _reach(config: Summary | None, main: str, changed: frozenset[str]) -> set[str]:
    if config is None:
        return {main} & changed
    patterns = config.reaches
    return {path for path in changed if path in config.files or any(path in expand((path,), one) for one in patterns)}


def _content(sides: _Sides, path: str) -> Iterator[Finding]:
    old, new = sides.before.read(path), sides.after.read(path)
    if new is None or not path.endswith(".conf"):
        return
    strange = new.translate(None, _TEXT)
    if strange and not (old or b"").translate(None, _TEXT):
        kind = "NUL bytes" if b"\0" in strange else "control bytes"
        yield Finding(Level.FATAL, path, f"{kind} in a text file: Asterisk would stop reading it somewhere")
    if any(True for _ in numbered_lines(new)):
        return
    lost = sum(1 for _ in numbered_lines(old or b""))
    if lost:
        fatal = lost >= FEW_LINES or path in VITAL
        yield Finding(
            Level.HOLD if fatal else Level.WARNING, path, f"the file is now empty; before, it had {lost} lines"
        )


def _judged(family: Family, main: str, old: Summary | None, new: Summary | None) -> Iterator[Finding]:
    if new is None:
        if old is not None:
            level = Level.HOLD if family.main in VITAL else Level.WARNING
            yield Finding(level, family.main, "the file would be gone; Asterisk reads it by this name")
        return
    known = {issue.key for issue in old.issues} if old is not None else set()
    for issue in new.issues:
        level = issue.level if issue.key not in known else Level.WARNING
        yield Finding(level, issue.place, issue.sentence)
    yield from _loss(main, old, new)


def _loss(main: str, old: Summary | None, new: Summary) -> Iterator[Finding]:
    if old is None or old.objects < FEW_SECTIONS or new.objects >= old.objects * KEPT_SHARE:
        return
    sentence = f"only {new.objects} of {old.objects} sections would be left, counting what it includes"
    yield Finding(Level.HOLD, main, sentence)


def _loose(sides: _Sides, path: str) -> Iterator[Finding]:
    """Check a file that no known main file reads: only what is wrong in any file."""
    data = sides.after.read(path)
    if data is None or not path.endswith(".conf"):
        return
    old = {line for _, line in numbered_lines(sides.before.read(path) or b"")}
    for number, line in numbered_lines(data):
        if line.startswith("[") and "]" not in line:
            level = Level.WARNING if line in old else Level.FATAL
            yield Finding(level, f"{path} line {number}", "a section header has no closing ']'")
