"""What extensions.conf says, as pbx_config reads it (ast22 pbx/pbx_config.c); pure, used by lint.py and expected.py."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pbxsync_worker.asterisk.config import Config, Fault, Section, Setting, Where
from pbxsync_worker.core.model.lines import BLANK

_NOT_CONTEXTS = frozenset({"general", "globals"})
_NUMBER = re.compile(r"\s*([+-]?\d+)")


@dataclass(frozen=True, slots=True)
class Dialplan:
    """contexts: those that hold anything; priorities: (context, extension, caller, priority), "hint" among them.

    exact: nothing in it depends on values that only Asterisk knows; faults: lines that Asterisk would skip;
    applications: (name in small letters, where it is first used), in the order of the files.
    """

    contexts: frozenset[str]
    priorities: frozenset[tuple[str, str, str, str]]
    exact: bool
    faults: tuple[Fault, ...]
    applications: Mapping[str, Where]


def read_dialplan(config: Config) -> Dialplan:
    """Read the dialplan of extensions.conf."""
    reader = _Reader()
    for section in config.objects():
        if section.name.lower() not in _NOT_CONTEXTS:
            reader.context(section)
    contexts = {one[0] for one in reader.priorities} | reader.others
    return Dialplan(frozenset(contexts), frozenset(reader.priorities), reader.exact, tuple(reader.faults), reader.uses)


@dataclass(slots=True)
class _Reader:
    priorities: set[tuple[str, str, str, str]] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    labels: dict[tuple[str, str, str], int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    uses: dict[str, Where] = field(default_factory=dict)
    exact: bool = True
    extension: str = ""
    last: int | None = None

    def context(self, section: Section) -> None:
        self.extension, self.last = "", None
        for setting in section.settings:
            name = setting.name.lower()
            if name.startswith("same"):
                self._same(section.name, setting)
            elif name == "exten":
                self.extension, _, rest = setting.value.partition(",")
                self._line(section.name, setting, rest)
            elif name in ("include", "switch", "lswitch", "eswitch", "ignorepat"):
                self.others.add(section.name)

    def _same(self, context: str, setting: Setting) -> None:
        if self.extension:
            self._line(context, setting, setting.value)
        else:
            self._fault(setting, "'same' stands before the first extension of its context")

    def _line(self, context: str, setting: Setting, rest: str) -> None:
        if "$" in self.extension:
            self.exact = False
        extension, _, caller = self.extension.partition("/")
        priority, _, application = rest.partition(",")
        priority, paren, label = priority.strip(BLANK).partition("(")
        if paren and ")" not in label:
            self._fault(setting, "a label has no closing ')'")
            return
        priority, _, plus = priority.partition("+")
        number = self._number(setting, (context, extension, caller), priority)
        if number is None or number == 0:
            return
        if isinstance(number, int):
            number += int(found[1]) if (found := _NUMBER.match(plus)) else 0
            self.last = number
            if paren:
                self.labels[context, extension, label.partition(")")[0]] = number
        if _open_ended(application):
            self._fault(setting, "an application has no closing ')'")
        self.priorities.add((context, extension, caller, str(number)))
        name = application.partition("(")[0].strip(BLANK).lower()
        if isinstance(number, int) and number > 0 and name and "$" not in name and name not in self.uses:
            self.uses[name] = setting.where

    def _number(self, setting: Setting, where: tuple[str, str, str], text: str) -> int | str | None:
        if text == "hint":
            # Asterisk counts on from -1: an `n` after a hint is priority 0, which it drops without a word.
            self.last = -1
            return text
        if text in ("n", "next", "s", "same"):
            if self.last is None:
                self._fault(setting, f"priority '{text}' stands before any number")
                return None
            return self.last + (text in ("n", "next"))
        if found := _NUMBER.match(text):
            if int(found[1]) < 1:
                self._fault(setting, f"the priority '{text}' is not usable")
                return None
            return int(found[1])
        return self._labelled(setting, where, text)

    def _labelled(self, setting: Setting, where: tuple[str, str, str], text: str) -> int | None:
        context, extension, _ = where
        known = self.labels.get((context, extension, text))
        if known is not None:
            return known
        # Asterisk also looks through patterns and included contexts: only what nobody ever named is surely wrong.
        self.exact = False
        if "$" not in text and not any(label == text for _, _, label in self.labels):
            self._fault(setting, f"the priority '{text}' is neither a number nor a known label")
        return None

    def _fault(self, setting: Setting, sentence: str) -> None:
        self.faults.append(Fault(setting.where, sentence, setting.value, cuts=False))


def _open_ended(application: str) -> bool:
    name, paren, arguments = application.partition("(")
    return bool(paren) and "${" not in name and "$[" not in name and ")" not in arguments
