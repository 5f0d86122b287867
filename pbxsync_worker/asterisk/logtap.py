"""What Asterisk's own log says about a reload: which lines matter, and which always come; used by controller.py.

Line format: `[date] LEVEL[thread][call] file.c: text` (ast22 main/logger.c, default formatter).
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.ports import ConfigView

READ_LIMIT = 8 * 1024 * 1024
HISTORY = 1024 * 1024
_LINE = re.compile(r"\[[^\]]*\] (WARNING|ERROR|NOTICE)\[[^\]]*\](?:\[[^\]]*\])? ([^:]+): (.*)")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a level that matters; source: the file of Asterisk's code that wrote it."""

    level: str
    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Sign:
    """A text that tells of a fault; source: part of the code file's name, "" for any.

    repeats: the static check sees the same fault, so a line that this host also logged before the run is its old habit.
    """

    text: "re.Pattern[str]"
    meaning: str
    source: str = ""
    level: Level = Level.FATAL
    repeats: bool = False


def _sign(text: str, meaning: str, source: str = "", level: Level = Level.FATAL, *, repeats: bool = False) -> Sign:
    return Sign(re.compile(text), meaning, source, level, repeats)


SIGNS: tuple[Sign, ...] = (
    _sign(r"parse error: ", "Asterisk dropped the rest of a file", "config.c", repeats=True),
    _sign(r"was listed as a #include but it does not exist", "an included file is missing", "config.c", repeats=True),
    _sign(r"(Inheritance|Category addition) requested, but", "a template is missing", "config.c", repeats=True),
    _sign(r"Maximum Include level", "files include one another too deeply", "config.c", repeats=True),
    _sign(r"No '=' \(equal sign\) in line", "a line was skipped", "config.c", repeats=True),
    _sign(r"Line \d+ too long", "a line was skipped", "config.c", repeats=True),
    _sign(r"Invalid escape in line|Unterminated comment", "part of a file was skipped", "config.c", repeats=True),
    _sign(r"Invalid priority", "a dialplan line was skipped", "pbx_config.c", repeats=True),
    _sign(r"Can't use '(next|same)' priority", "a dialplan line was skipped", "pbx_config.c", repeats=True),
    _sign(r"No previous pattern in the first entry", "a dialplan line was skipped", "pbx_config.c", repeats=True),
    _sign(r"Label missing trailing|No closing parenthesis", "a dialplan line is broken", "pbx_config.c", repeats=True),
    _sign(r"Unable to register extension", "a dialplan line was refused", "pbx_config.c", repeats=True),
    _sign(r"Cannot perform #exec", "a line was skipped", "config.c", Level.WARNING),
    _sign(r"Unknown directive", "a dialplan line was skipped", "pbx_config.c", Level.WARNING),
    _sign(r"Contents of (config file )?'?[^ ]+'? are invalid", "a whole file was refused"),
    _sign(r"in an invalid format", "a whole file was refused"),
    _sign(r"configuration contains (a duplicate object|more than one object)", "no object of that type was taken over"),
    _sign(r"could not be loaded due to error with object", "no object of that type was taken over"),
    _sign(r"Could not find option suitable|Error parsing .* at line", "an option was refused", "config_options.c"),
    _sign(r"Could not create an object of type", "an object was refused"),
    _sign(r"Retaining existing configuration", "an object keeps its old copy and would be gone after a restart"),
    _sign(r"No call queueing config file", "the queues file is missing", "app_queue.c"),
    _sign(r"Failed to load configuration file", "the voicemail file is missing", "app_voicemail"),
    _sign(
        r"No such user in voicemail|Failed to create mailbox", "a mailbox was refused", "app_voicemail", Level.WARNING
    ),
    _sign(r"must be specified for class", "a music class was refused", "res_musiconhold.c", Level.WARNING),
    _sign(r"is not fully reloadable, not reloading", "a changed transport waits for a restart", level=Level.WARNING),
    _sign(r"Unable to retrieve PJSIP transport", "a transport that does not exist is named", level=Level.WARNING),
    _sign(r"(pbx_config|res_pjsip|app_queue|app_voicemail)\S* declined to load", "a vital module did not load"),
    _sign(r"declined to load", "a module did not load", "loader.c", Level.WARNING),
    _sign(r"No application '", "the dialplan uses an application that is not loaded", "pbx", Level.WARNING),
)
"""The first sign that fits a line decides."""

_UNREADABLE = re.compile(r"Unable to load config file '([^']+)'")
_NEEDED = frozenset({"pjsip.conf", "features.conf", "confbridge.conf", "res_parking.conf", "cdr.conf", "cel.conf"})


def log_size(path: Path) -> int:
    """Return the bytes written so far; 0 where there is no log yet."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def read_since(path: Path, offset: int) -> str:
    """Return what was written since `offset`, at most READ_LIMIT bytes; raise OSError where it cannot be read.

    A log that was rotated meanwhile is read to its end under its new name, then from its beginning.
    """
    if log_size(path) >= offset:
        return _read(path, offset, READ_LIMIT)
    rotated = [one for one in path.parent.glob(f"{path.name}*") if one != path and log_size(one) >= offset]
    newest = max(rotated, key=lambda one: one.stat().st_mtime_ns, default=None)
    earlier = _read(newest, offset, READ_LIMIT) if newest is not None else ""
    return earlier + _read(path, 0, READ_LIMIT)


def read_history(path: Path, offset: int) -> str:
    """Return the last part of what was written before `offset`; empty where it cannot be read."""
    start = max(0, offset - HISTORY)
    try:
        return _read(path, start, offset - start)
    except OSError:
        return ""


def _read(path: Path, offset: int, limit: int) -> str:
    with path.open("rb") as file:
        file.seek(offset, os.SEEK_SET)
        return file.read(limit).decode("utf-8", "replace")


def parse(text: str) -> Iterator[LogLine]:
    """Give the warnings, errors and notices of a piece of log."""
    for line in text.splitlines():
        found = _LINE.match(line)
        if found:
            yield LogLine(*found.groups())


def judge(lines: Iterable[LogLine], history: Iterable[LogLine], config: ConfigView) -> tuple[Finding, ...]:
    """Return what the lines since a reload mean, each once; `history` is what this host logged before it."""
    usual = {(line.source, line.text) for line in history}
    found = (_meaning(line, usual, config) for line in lines)
    return tuple(dict.fromkeys(finding for finding in found if finding is not None))


def _meaning(line: LogLine, usual: set[tuple[str, str]], config: ConfigView) -> Finding | None:
    if missing := _UNREADABLE.search(line.text):
        # Asterisk says this at every reload about optional files that nobody has.
        if missing[1] not in _NEEDED and config.read(missing[1]) is None:
            return None
        level = Level.WARNING if (line.source, line.text) in usual and missing[1] not in _NEEDED else Level.FATAL
        return Finding(level, "Asterisk's log", f"a file was not read: {line.text}")
    for sign in SIGNS:
        if sign.source in line.source and sign.text.search(line.text):
            old = sign.repeats and (line.source, line.text) in usual
            return Finding(Level.WARNING if old else sign.level, "Asterisk's log", f"{sign.meaning}: {line.text}")
    return None
