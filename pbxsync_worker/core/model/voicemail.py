"""voicemail.conf by mailbox: which value belongs to which box, and a merge that leaves everything else byte for byte.

Asterisk rewrites this file when somebody changes a PIN by phone, and FreePBX when somebody saves a mailbox, so a file
is never taken over whole: only the values of boxes that the source changed are. A value is what stands behind `=` or
`=>`, such as `1234,Name,mail@example.com,,attach=yes`, without comments: who wrote the line makes no difference.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.core.model.lines import BLANK, numbered_lines
from pbxsync_worker.core.model.sentence import say

_NOT_CONTEXTS = frozenset({"general", "zonemessages"})
_PARTS = re.compile(r"([^=]*=>?[\0-\x20]*)((?:\\;|[^;])*?)([\0-\x20]*(?:(?<!\\);.*)?[\r\n]*)", re.DOTALL)
_CONTEXT = re.compile(r"[^\[\]/;\0-\x20](?:[^\[\]/;\0-\x1f]*[^\[\]/;\0-\x20])?")
_BOX = re.compile(r"[^=\[#!/;\0-\x20](?:[^=/;\0-\x1f]*[^=/;\0-\x20])?")
_BREAKS = frozenset("\r\n\0")
_WHAT = "Merging voicemail.conf"


@dataclass(frozen=True, slots=True)
class _Line:
    """One line as it stands in the file.

    said: what is left without comments; context: "" where no boxes can be; box: "" where it names none.
    """

    raw: str
    said: str
    context: str = ""
    box: str = ""

    @property
    def name(self) -> str:
        return f"{self.context}/{self.box}" if self.box else ""

    @property
    def value(self) -> str:
        return self.said.partition("=")[2].removeprefix(">").strip(BLANK)

    @property
    def blocks(self) -> bool:
        """Tell whether it may begin or end a comment of several lines."""
        return ";--" in self.raw or "--;" in self.raw

    def saying(self, value: str) -> "_Line":
        """Return the line with another value, its spelling and its comment kept."""
        parts = _PARTS.fullmatch(self.raw)
        if self.blocks or parts is None:
            raise Unsupported(what=_WHAT, reason=say("mailbox {name} stands in a longer comment", name=self.name))
        return replace(self, raw=parts[1] + _escaped(value) + parts[3], said=f"{self.box}={value}")


def mailboxes(text: str) -> dict[str, str]:
    """Return the value of every mailbox by `context/box`; the last of one name counts.

    text: a whole file, decoded as UTF-8 with surrogateescape.
    """
    return {line.name: line.value for line in _lines(text) if line.name}


def is_box(context: str, box: str) -> bool:
    """Tell whether a line of voicemail.conf can name this box, and name nothing else."""
    named = _CONTEXT.fullmatch(context) is not None and _BOX.fullmatch(box) is not None
    return named and context.lower() not in _NOT_CONTEXTS


def is_value(value: str) -> bool:
    """Tell whether a line of voicemail.conf can give a box exactly this value, and say nothing else."""
    return not _BREAKS & set(value) and value == value.strip(BLANK) and not value.startswith(">")


def merge(ours: str, wanted: Mapping[str, str | None]) -> str:
    """Return our file with these boxes as they are wanted, by `context/box`; None: the box goes.

    Every other line, and every comment, stays as it is and where it is. Raises Unsupported where a line that has to
    change shares a comment of several lines with others, or would be lost in one.
    """
    lines = list(_lines(ours))
    last = {line.name: at for at, line in enumerate(lines) if line.name}
    kept: list[_Line] = []
    for at, line in enumerate(lines):
        if line.name not in wanted:
            kept.append(line)
            continue
        if line.blocks:
            raise Unsupported(what=_WHAT, reason=say("mailbox {name} stands in a longer comment", name=line.name))
        value = wanted[line.name]
        if value is not None and last[line.name] == at:
            kept.append(line if line.value == value else line.saying(value))
    for name, value in sorted(wanted.items()):
        if value is not None and name not in last:
            kept = _added(kept, name, value)
    merged = "".join(line.raw for line in kept)
    have = mailboxes(merged)
    if any(have.get(name) != value for name, value in wanted.items()):
        raise Unsupported(what=_WHAT, reason=say("a comment in it is never closed"))
    return merged


def _added(lines: list[_Line], name: str, value: str) -> list[_Line]:
    """Put a new box behind the last line of its context, or with a new header at the end of the file."""
    context, _, box = name.partition("/")
    end = "\r\n" if any(line.raw.endswith("\r\n") for line in lines) else "\n"
    new = [_Line(f"{box}={_escaped(value)}{end}", f"{box}={value}", context, box)]
    at = max((index for index, line in enumerate(lines) if line.context == context and line.said), default=-1)
    if at < 0:
        at = len(lines) - 1
        blank = end if lines else ""
        new.insert(0, _Line(f"{blank}[{context}]{end}", f"[{context}]", context))
    before = lines[: at + 1]
    if before and not before[-1].raw.endswith("\n"):
        before[-1] = replace(before[-1], raw=before[-1].raw + end)
    return [*before, *new, *lines[at + 1 :]]


def _escaped(value: str) -> str:
    return value.replace(";", r"\;")


def _lines(text: str) -> Iterator[_Line]:
    """Yield every line as it stands, with what Asterisk reads in it."""
    read = dict(numbered_lines(text.encode("utf-8", "surrogateescape")))
    context = ""
    for number, raw in enumerate(_split(text), 1):
        said = read.get(number, "")
        if said.startswith("["):
            name = said[1:].partition("]")[0]
            context = "" if name.lower() in _NOT_CONTEXTS else name
            yield _Line(raw, said, context)
            continue
        box, equals, _ = said.partition("=")
        is_box = bool(context and equals) and not said.startswith("#")
        yield _Line(raw, said, context, box.strip(BLANK) if is_box else "")


def _split(text: str) -> list[str]:
    r"""Split after every \n and nowhere else."""
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
