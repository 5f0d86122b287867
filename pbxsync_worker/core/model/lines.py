"""The lines of an Asterisk configuration file that say something."""

from collections.abc import Iterable

BLANK = "".join(map(chr, range(33)))
"""What Asterisk strips from both ends."""


def numbered_lines(data: bytes) -> Iterable[tuple[int, str]]:
    r"""Return (number, text) of every line that says something: comments, `\;` and blanks resolved."""
    depth = 0
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    ended = "\0" in text
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.partition("\0")[0] if ended else raw
        if ";" in line or depth:
            line, depth = _without_comments(line, depth)
        line = line.strip(BLANK)
        if line:
            yield number, line


def _without_comments(line: str, depth: int) -> tuple[str, int]:
    kept: list[str] = []
    at = 0
    while (found := line.find(";", at)) >= 0:
        piece = line[at:found]
        if found > at and line[found - 1] == "\\":
            _keep(kept, piece[:-1] + ";", depth)
        elif line.startswith(";--", found) and not line.startswith(";---", found):
            _keep(kept, piece, depth)
            depth += 1
            found += 2
        elif depth and piece.endswith("--"):
            depth -= 1
        elif not depth:
            kept.append(piece)
            return "".join(kept), depth
        at = found + 1
    _keep(kept, line[at:], depth)
    return "".join(kept), depth


def _keep(kept: list[str], piece: str, depth: int) -> None:
    if not depth:
        kept.append(piece)
