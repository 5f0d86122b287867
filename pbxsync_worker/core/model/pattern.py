"""File patterns: `*` and `?` stay within one name, `**` crosses folders, `{a,b}` and `[0-9]` offer a choice."""

import re
from collections.abc import Callable, Iterable
from functools import cache

from pbxsync_worker.core.model.errors import Invalid

Matcher = Callable[[bytes], bool]


def matcher(patterns: Iterable[str]) -> Matcher:
    """Return a function that tells whether a path matches any of the patterns; raise Invalid for a bad pattern."""
    compiled = [_compiled(pattern) for pattern in patterns]
    return lambda path: any(one.fullmatch(path) for one in compiled)


@cache
def _compiled(pattern: str) -> "re.Pattern[bytes]":
    try:
        return re.compile(_translated(pattern).encode("utf-8", "surrogateescape"), re.DOTALL)
    except re.error as error:
        raise Invalid(what=f"Pattern {pattern}", problems=str(error)) from error


def _translated(pattern: str) -> str:
    out: list[str] = []
    at = 0
    depth = 0
    while at < len(pattern):
        char = pattern[at]
        if pattern.startswith("**/", at):
            out.append("(?:.*/)?")
            at += 2
        elif pattern.startswith("**", at):
            out.append(".*")
            at += 1
        elif char == "[" and (end := pattern.find("]", at + 2)) > 0:
            body = pattern[at + 1 : end].replace("\\", "\\\\")
            out.append(f"[{'^' + body[1:] if body.startswith('!') else body}]")
            at = end
        else:
            depth += (char == "{") - (char == "}" and depth > 0)
            out.append(_single(char, inside=depth > 0, closing=char == "}"))
        at += 1
    if depth:
        raise Invalid(what=f"Pattern {pattern}", problems="a { is never closed")
    return "".join(out)


def _single(char: str, *, inside: bool, closing: bool) -> str:
    if char == "*":
        return "[^/]*"
    if char == "?":
        return "[^/]"
    if char == "{":
        return "(?:"
    if closing:
        return ")"
    if char == "," and inside:
        return "|"
    return re.escape(char)
