"""Patterns against a table, and against a matcher that is slow and plain."""

import itertools
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.pattern import matcher

TABLE = [
    ("*.conf", b"sip.conf", True),
    ("*.conf", b"sub/sip.conf", False),
    ("*.conf", b".conf", True),
    ("*.conf", b"new\nline.conf", True),
    ("**", b"any/thing", True),
    ("**", b"", True),
    ("**/x", b"x", True),
    ("**/x", b"a/b/x", True),
    ("**/x", b"ax", False),
    ("a/**", b"a/b/c", True),
    ("a/**", b"a", False),
    ("a/**/b", b"a/b", True),
    ("a/**/b", b"a/x/y/b", True),
    ("a/**/b", b"ab", False),
    ("?", b"a", True),
    ("?", b"/", False),
    ("?", "é".encode(), True),
    ("?", b"\xff", True),
    ("??", "é".encode(), False),
    ("{a,b}.conf", b"b.conf", True),
    ("{a,b}.conf", b"c.conf", False),
    ("a{,b}", b"a", True),
    ("{a,{b,c}d}", b"cd", True),
    ("{a,{b,c}d}", b"c", False),
    ("a,b", b"a,b", True),
    ("[0-9]", b"7", True),
    ("[!0-9]", b"7", False),
    ("[!0-9]", b"x", True),
    ("[!0-9]", b"/", False),
    ("[+-9]", b"/", False),
    ("[]]", b"]", True),
    ("[é]", "é".encode(), True),
    ("[[]", b"[", True),
    ("[a&&b]", b"&", True),
    ("[a--z]", b"-", True),
    ("[\\w]", b"\\", True),
    ("[^a]", b"^", True),
    ("[^a]", b"b", False),
    ("[", b"[", True),
    ("a.b", b"axb", False),
    ("a+(b)|c$^", b"a+(b)|c$^", True),
    ("\\d", b"\\d", True),
    ("señal", "señal".encode(), True),
    ("\udcff*", b"\xffx", True),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), TABLE)
def test_it_matches_as_documented(pattern, path, expected):
    assert matcher([pattern])(path) is expected


@pytest.mark.parametrize("pattern", ["{a", "a}", "[z-a]", "{a,{b}", "[!]"])
def test_it_refuses_a_pattern_that_says_nothing(pattern):
    with pytest.raises(Invalid, match="Pattern"):
        matcher([pattern])


def test_it_matches_where_any_pattern_does():
    either = matcher(["a", "b"])
    assert (either(b"a"), either(b"b"), either(b"c")) == (True, True, False)


def test_no_pattern_matches_nothing():
    assert not matcher([])(b"")


TOKENS = ["*", "?", "**", "**/", "a", "b", "/", ".", "\n"]


def plainly(tokens: list[str], path: str) -> bool:
    """Return the answer by trying every possibility."""
    if not tokens:
        return not path
    first, rest = tokens[0], tokens[1:]
    if first == "**/":
        ends = [0, *(at + 1 for at, char in enumerate(path) if char == "/")]
        return any(plainly(rest, path[end:]) for end in ends)
    if first == "**":
        return any(plainly(rest, path[at:]) for at in range(len(path) + 1))
    if first == "*":
        lengths = range(len(path.split("/", 1)[0]) + 1)
        return any(plainly(rest, path[at:]) for at in lengths)
    if first == "?":
        return bool(path) and path[0] != "/" and plainly(rest, path[1:])
    return path.startswith(first) and plainly(rest, path[len(first) :])


def unambiguous(tokens: list[str]) -> bool:
    stars = {"*", "**", "**/"}
    pairs = list(itertools.pairwise(tokens))
    return not any(one in stars - {"**/"} and other in {*stars, "/"} for one, other in pairs)


@given(
    st.lists(st.sampled_from(TOKENS), max_size=6).filter(unambiguous),
    st.text(alphabet="ab/.\n", max_size=8),
)
def test_it_agrees_with_the_plain_matcher(tokens, path):
    assert matcher(["".join(tokens)])(path.encode()) == plainly(tokens, path)


@given(st.text(max_size=12), st.binary(max_size=8))
def test_any_text_is_a_pattern_or_is_refused(pattern, path):
    with suppress(Invalid):
        assert matcher([pattern])(path) in (True, False)
