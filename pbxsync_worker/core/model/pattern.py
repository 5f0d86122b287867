"""File patterns: `*` and `?` stay within one name, `**` crosses folders, `{a,b}` and `[0-9]` offer a choice."""

import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.sentence import say

Matcher = Callable[[bytes], bool]


def matcher(patterns: Iterable[str]) -> Matcher:
    """Return a function that tells whether a path matches any of the patterns; raise Invalid for a bad pattern."""
    return _matcher(tuple(patterns))


@lru_cache(maxsize=1000)
def _matcher(patterns: tuple[str, ...]) -> Matcher:
    """Return the one function of these patterns: what was judged with it before can be known by it."""
    whole = _any_of(patterns)

    def matches(path: bytes) -> bool:
        # As text, so that `?` is one letter and not one byte of it; a byte that is no UTF-8 is one letter too.
        return whole.fullmatch(path.decode("utf-8", "surrogateescape")) is not None

    return matches


@cache
def _any_of(patterns: tuple[str, ...]) -> "re.Pattern[str]":
    """Join all patterns into one expression: a name is looked at once, not once a pattern."""
    if not patterns:
        return re.compile(r"(?!)")
    return re.compile("|".join(f"(?:{_compiled(pattern).pattern})" for pattern in patterns), re.DOTALL)


@cache
def _compiled(pattern: str) -> "re.Pattern[str]":
    try:
        return re.compile(_translated(pattern), re.DOTALL)
    except re.error as error:
        raise Invalid(what=say("Pattern {pattern}", pattern=pattern), problems=str(error)) from error


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
            out.append(_choice(pattern[at + 1 : end]))
            at = end
        else:
            depth += (char == "{") - (char == "}" and depth > 0)
            out.append(_single(char, inside=depth > 0, closing=char == "}"))
        at += 1
    if depth:
        raise Invalid(what=say("Pattern {pattern}", pattern=pattern), problems=say("a { is never closed"))
    return "".join(out)


def _choice(body: str) -> str:
    """Translate what stands between [ and ]; like every single letter it stays within one name."""
    negated = body.startswith("!")
    inside = re.sub(r"([\\\[\]^&|~]|-(?=-))", r"\\\1", body[negated:])
    return f"(?!/)[{'^' if negated else ''}{inside}]"


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
