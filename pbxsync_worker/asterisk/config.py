"""Asterisk configuration files, read as Asterisk 22 reads them (ast22 main/config.c), over a ConfigView.

Nothing here runs anything: `#exec` is only noted. Used by lint.py, expected.py, dialplan.py and reloads.py.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from pbxsync_worker.core.model.lines import BLANK, numbered_lines
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.ports import ConfigView

MAX_DEPTH = 10
MAX_LOADS = 1000
"""Files read for one main file, repeated ones included: files that include one another twice would never end."""
MAX_INHERITED = 2_000_000
"""Settings copied from templates: templates of templates can double at every line."""
MAX_LINE = 8191
_MAGIC = re.compile(r"[*?\[{]")
_DEFAULT_FOLDER = "/etc/asterisk/"
_SPECIAL = frozenset("[#\\=")


class Where(NamedTuple):  # this and Setting are made by the ten thousand: a tuple is made three times as fast
    """A line of a file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file} line {self.line}"


class Setting(NamedTuple):
    """One `name = value`, and where it stands."""

    name: str
    value: str
    file: str
    line: int

    @property
    def where(self) -> Where:
        """Return the line it stands in."""
        return Where(self.file, self.line)


@dataclass(frozen=True)
class Section:
    """One `[name]` with its settings, those of its templates first; a template is never an object itself."""

    name: str
    template: bool
    settings: tuple[Setting, ...]
    where: Where

    def get(self, name: str) -> str:
        """Return the last value of this name, or an empty text."""
        return self._last.get(name.lower(), "")

    @cached_property
    def _last(self) -> Mapping[str, str]:
        return {one.name.lower(): one.value for one in self.settings}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something Asterisk would complain about; cuts: it also drops the rest of that file; text: the line itself."""

    where: Where
    sentence: str
    text: str
    cuts: bool


@dataclass(frozen=True, eq=False)
class Config:
    """One main file with everything it includes; the same object as long as the same is read (see `read_config`).

    files: every file that was read; reaches: names and globs of all includes; execs: lines with #exec;
    outside: includes that point out of the configuration folder, so the sections may be incomplete.
    """

    main: str
    sections: tuple[Section, ...]
    files: frozenset[str]
    reaches: frozenset[str]
    faults: tuple[Fault, ...]
    execs: tuple[tuple[Where, str], ...]
    outside: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Tell whether Asterisk would accept the main file; faults of included files only cut those files."""
        return not any(fault.cuts and fault.where.file == self.main for fault in self.faults)

    @property
    def complete(self) -> bool:
        """Tell whether everything Asterisk would read was read."""
        return not self.execs and not self.outside

    def objects(self) -> Iterable[Section]:
        """Return the sections that are not templates."""
        return (section for section in self.sections if not section.template)


def read_config(view: ConfigView, main: str, *, part: bool = False) -> Config | None:
    """Read a main file and its includes; None where there is no such file.

    part: the file is one that others include, so it may begin in the middle of a section.
    """
    reader = _Reader(view)
    if part:
        reader.current = _Draft("", template=False, where=Where(main, 0))
    if not reader.load(main, 1):
        return None
    return Config(
        main=main,
        sections=tuple(one.frozen() for one in reader.sections),
        files=frozenset(reader.files),
        reaches=frozenset(reader.reaches),
        faults=tuple(reader.faults),
        execs=tuple(reader.execs),
        outside=tuple(reader.outside),
    )


def relative(name: str) -> str | None:
    """Return an include's path below the configuration folder, or None where it points elsewhere."""
    name = name.removeprefix(_DEFAULT_FOLDER)
    return None if name.startswith("/") or ".." in name.split("/") else name.removeprefix("./")


def expand(names: Iterable[str], pattern: str) -> list[str]:
    """Return the files that a relative include names, in the order Asterisk reads them."""
    if not _MAGIC.search(pattern):
        return [pattern]
    hidden = pattern.rpartition("/")[2].startswith(".")
    match = matcher([pattern])
    found = (name for name in names if match(name.encode("utf-8", "surrogateescape")))
    return sorted(name for name in found if hidden or not name.rpartition("/")[2].startswith("."))


@dataclass(slots=True)
class _Draft:
    name: str
    template: bool
    where: Where
    settings: list[Setting] = field(default_factory=list)

    def frozen(self) -> Section:
        return Section(self.name, self.template, tuple(self.settings), self.where)


class _Cut(Exception):
    """The rest of the file is dropped."""


class _Reader:
    def __init__(self, view: ConfigView) -> None:
        self.view = view
        self.sections: list[_Draft] = []
        self.by_name: dict[str, list[_Draft]] = {}
        self._added: set[int] = set()
        self.files: set[str] = set()
        self.reaches: set[str] = set()
        self.faults: list[Fault] = []
        self.execs: list[tuple[Where, str]] = []
        self.outside: list[str] = []
        self.current: _Draft | None = None
        self._names: tuple[str, ...] | None = None
        self._loads = 0
        self._inherited = 0

    def load(self, name: str, depth: int) -> bool:
        if depth > MAX_DEPTH:
            return False
        if _MAGIC.search(name) and self._names is None:
            self._names = tuple(self.view.names())
        found = False
        for path in expand(self._names or (), name):
            data = self.view.read(path)
            if data is None:
                continue
            found = True
            self.files.add(path)
            self._loads += 1
            try:
                self._read_file(path, data, depth)
            except _Cut:
                break
        return found

    def _read_file(self, path: str, data: bytes, depth: int) -> None:
        draft = self.current
        for number, line in numbered_lines(data):
            name, equals, value = line.partition("=")
            if equals and draft is not None and line[0] not in _SPECIAL and name[-1] != "+" and len(line) < MAX_LINE:
                # What nearly every line is, done here: a call for each costs as much as all the rest.
                value = value.removeprefix(">").strip(BLANK)
                draft.settings.append(Setting(sys.intern(name.strip(BLANK)), value, path, number))
            else:
                draft = self._read_line(draft, line, Where(path, number), depth)

    def _read_line(self, draft: "_Draft | None", line: str, where: Where, depth: int) -> "_Draft | None":
        """Read any line, and return the section that is open behind it."""
        if len(line) > MAX_LINE:
            self._fault(where, "the line is too long and would be skipped", line[:60], cuts=False)
        elif line[0] == "[":
            return self._section(line, where)
        elif line[0] == "#":
            self._directive(line, where, depth)
        elif draft is None:
            self._fault(where, "a setting stands before the first section", line, cuts=True)
        else:
            self._setting(draft, line, where)
        return draft

    def _fault(self, where: Where, sentence: str, text: str, *, cuts: bool) -> None:
        self.faults.append(Fault(where, sentence, text, cuts))
        if cuts:
            raise _Cut

    def _section(self, line: str, where: Where) -> _Draft:
        name, closed, tail = line[1:].partition("]")
        if not closed:
            self._fault(where, "a section header has no closing ']'", line, cuts=True)
        draft = _Draft(name, template=False, where=where)
        if tail.startswith("("):
            options, closed, _ = tail[1:].partition(")")
            if not closed:
                self._fault(where, "a section header has no closing ')'", line, cuts=True)
            for option in options.split(","):
                draft = self._option(draft, option, line)
        self._add(draft)
        self.current = draft
        return draft

    def _add(self, draft: _Draft) -> None:
        if id(draft) not in self._added:
            self._added.add(id(draft))
            self.by_name.setdefault(draft.name, []).append(draft)
            self.sections.append(draft)

    def _option(self, draft: _Draft, option: str, line: str) -> _Draft:
        if option == "!":
            draft.template = True
        elif option.startswith("+"):
            base = self._find(draft.name, option[1:])
            if base is None:
                self._fault(draft.where, f"[{draft.name}] is added to, but does not exist", line, cuts=True)
                return draft
            base.template |= draft.template
            base.settings += draft.settings
            return base
        elif option:
            base = self._find(option, "")
            if base is None:
                self._fault(draft.where, f"the template [{option}] does not exist", line, cuts=True)
                return draft
            self._inherited += len(base.settings)
            if self._inherited > MAX_INHERITED:
                self._fault(draft.where, "templates give more settings than anybody needs", line, cuts=True)
            draft.settings += base.settings
        return draft

    def _find(self, name: str, wanted: str) -> _Draft | None:
        criteria = [part.partition("=") for part in wanted.split("&") if "=" in part and "TEMPLATES=" not in part]
        for draft in self.by_name.get(name, ()):
            have = {(one.name, one.value) for one in draft.settings}
            if all((key, value) in have for key, _, value in criteria):
                return draft
        return None

    def _directive(self, line: str, where: Where, depth: int) -> None:
        word, _, argument = line[1:].partition(" ") if " " in line else line[1:].partition("\t")
        argument = argument.strip(BLANK)
        if argument[:1] in ('"', "<") and argument.endswith({'"': '"', "<": ">"}[argument[0]]):
            argument = argument[1:-1]
        kind = word.lower()
        if kind == "exec":
            self.execs.append((where, argument))
        elif kind not in ("include", "tryinclude") or not argument:
            self._fault(where, "an unknown or incomplete # line would be skipped", line, cuts=False)
        else:
            self._include(argument, where, depth, needed=kind == "include")

    def _include(self, argument: str, where: Where, depth: int, *, needed: bool) -> None:
        name = relative(argument)
        if name is None:
            self.outside.append(argument)
            return
        self.reaches.add(name)
        if self._loads >= MAX_LOADS:
            self._fault(where, f"more than {MAX_LOADS} files are included", argument, cuts=True)
        if not self.load(name, depth + 1) and needed:
            reason = f"the included file {argument} does not exist"
            if depth >= MAX_DEPTH:
                reason = f"{argument} is included more than {MAX_DEPTH} levels deep"
            self._fault(where, reason, argument, cuts=True)

    def _setting(self, draft: _Draft, line: str, where: Where) -> None:
        line = line.removeprefix("\\")
        name, equals, value = line.partition("=")
        if not equals:
            self._fault(where, "the line has no '=' and would be skipped", line, cuts=False)
            return
        value = value.removeprefix(">").strip(BLANK)
        if name.endswith("+"):
            name = name[:-1].strip(BLANK)
            for index in range(len(draft.settings) - 1, -1, -1):
                if draft.settings[index].name == name:
                    draft.settings[index] = Setting(name, draft.settings[index].value + value, *where)
                    return
        draft.settings.append(Setting(name.strip(BLANK), value, *where))
