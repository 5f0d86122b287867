"""voicemail.conf by mailbox: which line belongs to which box, and a merge that leaves everything else byte for byte.

Asterisk rewrites this file when somebody changes a PIN by phone, and FreePBX when somebody saves a mailbox, so a file
is never taken over whole: only the lines of boxes that the source changed are.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pbxsync_worker.asterisk.lines import BLANK, numbered_lines
from pbxsync_worker.core.model.errors import Unsupported

_NOT_CONTEXTS = frozenset({"general", "zonemessages"})


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
    def blocks(self) -> bool:
        """Tell whether it may begin or end a comment of several lines."""
        return ";--" in self.raw or "--;" in self.raw


def mailboxes(text: str) -> dict[str, str]:
    """Return the line of every mailbox by `context/box`, without its line end; the last of one name counts.

    text: a whole file, decoded as UTF-8 with surrogateescape.
    """
    return {line.name: _alone(line) for line in _lines(text) if line.name}


def _alone(line: _Line) -> str:
    """Return a line that means the same in another file: it must not begin a comment of several lines there."""
    return line.said.replace(";", r"\;") if line.blocks else line.raw.rstrip("\r\n")


def changed_boxes(before: Mapping[str, str], now: Mapping[str, str]) -> frozenset[str]:
    """Return the boxes that came, went or have another line, as `mailboxes` tells them at two moments."""
    return frozenset(name for name in {*before, *now} if before.get(name) != now.get(name))


def merge(ours: str, theirs: Mapping[str, str], changed: Iterable[str]) -> str:
    """Return our file with the changed boxes as the source has them.

    theirs: `mailboxes` of the source; changed: names of boxes to take over; one that the source does not have goes.
    Every other line, and every comment, stays as it is and where it is. Raises Unsupported where a line that has to
    change shares a comment of several lines with others, or would be lost in one.
    """
    wanted = {name: theirs.get(name) for name in changed}
    lines = list(_lines(ours))
    last = {line.name: at for at, line in enumerate(lines) if line.name}
    kept: list[_Line] = []
    for at, line in enumerate(lines):
        if line.name not in wanted:
            kept.append(line)
            continue
        if line.blocks:
            raise Unsupported(what="Merging voicemail.conf", reason=f"mailbox {line.name} stands in a longer comment")
        text = wanted[line.name]
        if text is not None and last[line.name] == at:
            end = line.raw[len(line.raw.rstrip("\r\n")) :]
            kept.append(_Line(text + end, text, line.context, line.box))
    for name, text in sorted(wanted.items()):
        if text is not None and name not in last:
            kept = _added(kept, name, text)
    merged = "".join(line.raw for line in kept)
    have = mailboxes(merged)
    if any(have.get(name) != text for name, text in wanted.items()):
        raise Unsupported(what="Merging voicemail.conf", reason="a comment in it is never closed")
    return merged


def _added(lines: list[_Line], name: str, text: str) -> list[_Line]:
    """Put a new box behind the last line of its context, or with a new header at the end of the file."""
    context, _, box = name.partition("/")
    end = "\r\n" if any(line.raw.endswith("\r\n") for line in lines) else "\n"
    new = [_Line(text + end, text, context, box)]
    at = max((index for index, line in enumerate(lines) if line.context == context and line.said), default=-1)
    if at < 0:
        at = len(lines) - 1
        blank = end if lines else ""
        new.insert(0, _Line(f"{blank}[{context}]{end}", f"[{context}]", context))
    before = lines[: at + 1]
    if before and not before[-1].raw.endswith("\n"):
        before[-1] = replace(before[-1], raw=before[-1].raw + end)
    return [*before, *new, *lines[at + 1 :]]


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
