"""What changed inside text files, for people: unified diffs without secrets, bounded."""

import re
import secrets
from collections.abc import Iterator
from difflib import SequenceMatcher
from hashlib import blake2b

_KEY = secrets.token_bytes(16)

MAX_FILE = 256 * 1024
MAX_DIFF = 64 * 1024
_AROUND = 3
"""Lines shown around a change."""

# Every repetition is bounded: the files come from another host, and no line of them may keep us searching.
_NAME = rb"(?:[\w-]{0,64}(?:secret|passw|passphrase|md5_cred|token|api_?key)[\w-]{0,64}|[\w-]{0,64}(?:pass|pins?))"
_SIGN = rb"[ \t]{0,64}=>?[ \t]{0,64}"
_START = rb"[ \t;]{0,64}"  # also where it is commented out
_WHOLE = tuple(
    re.compile(rb"(?i)(" + _START + one)
    for one in (
        _NAME + _SIGN + rb")([^\r\n]+)",
        # A conference room has its PINs behind its number: `conf => 600,1234,5678`.
        rb"conf" + _SIGN + rb"[^,\r\n]{0,64},)([^\r\n]+)",
        # `register => user:secret:authuser@host`
        rb"(?:register|auth)" + _SIGN + rb"[^:@\r\n]{0,200}:)([^\r\n]{1,400})(?=@)",
        # A mailbox begins with its PIN: `2001 => 1234,Name,...`; these others begin with a number that is none.
        rb"(?!(?:exten|same|penaltychange|member)[ \t]*=)[\w*#+-]{1,64}" + _SIGN + rb"-?)(\d+|\*)(?=,)",
        rb"\d{1,64}" + _SIGN + rb"-?)(\d+)(?=\s*$)",
    )
)
"""Lines that hold a secret: what stands before it, and the secret."""
_INSIDE = tuple(
    re.compile(rb"(?i)" + one)
    for one in (
        rb"((?<![\w-])" + _NAME + _SIGN + rb")(\"[^\"\r\n]*\"|'[^'\r\n]*'|[^;)&\r\n]+)",
        rb"(authenticate\()([^)\r\n]+)",
        rb"((?://|sips?:)[^:@/\s]{0,200}:)([^@\s]{1,200})(?=@)",
    )
)
"""Secrets that may stand anywhere in a line: what stands before them, and the secret."""


def diff(before: bytes | None, after: bytes | None) -> str | None:
    """Return the unified diff of two contents, None where one of them is not text or too large.

    None for `before` or `after` is a file that is not there. A secret's value is shown as *** with a sign whether it
    changed. Known are the forms of Asterisk's own files; a secret in a form of somebody's own cannot be.
    """
    sides = [side for side in (before, after) if side is not None]
    if any(len(side) > MAX_FILE or b"\0" in side for side in sides):
        return None
    try:
        for side in sides:
            side.decode("utf-8")
    except UnicodeDecodeError:
        return None
    text = "\n".join(_unified((before or b"").splitlines(keepends=True), (after or b"").splitlines(keepends=True)))
    return text if len(text) <= MAX_DIFF else text[:MAX_DIFF] + "\n…"


def _unified(old: list[bytes], new: list[bytes]) -> Iterator[str]:
    """Yield the lines of a diff; what is equal at both ends is not looked at, which is nearly all of a large file."""
    most = min(len(old), len(new))
    start = next((at for at in range(most) if old[at] != new[at]), most)
    end = next((at for at in range(most - start) if old[-1 - at] != new[-1 - at]), most - start)
    first, last = max(0, start - _AROUND), max(0, end - _AROUND)
    mine, other = (side[first : len(side) - last] for side in (old, new))
    for hunk in SequenceMatcher(None, mine, other).get_grouped_opcodes(_AROUND):
        (_, old_from, _, new_from, _), (_, _, old_to, _, new_to) = hunk[0], hunk[-1]
        yield f"@@ -{_numbers(first + old_from, old_to - old_from)} +{_numbers(first + new_from, new_to - new_from)} @@"
        for kind, at, to, new_at, to_new in hunk:
            # Secrets are looked for in what is shown alone: two changes may lie thousands of lines apart.
            yield from (f"{' ' if kind == 'equal' else '-'}{_shown(line)}" for line in mine[at:to])
            if kind != "equal":
                yield from (f"+{_shown(line)}" for line in other[new_at:to_new])


def _numbers(start: int, count: int) -> str:
    """Return the lines of one side as the head of a hunk tells them."""
    return str(start + 1) if count == 1 else f"{start + bool(count)},{count}"


def _shown(line: bytes) -> str:
    """Return a line without its end and without secrets; what else ends a line for some is a blank here."""
    return " ".join(_hidden_line(line).decode("utf-8").splitlines())


def _hidden_line(line: bytes) -> bytes:
    whole = next((found for one in _WHOLE if (found := one.match(line))), None)
    if whole is not None:
        return _starred(whole) + line[whole.end() :]
    for one in _INSIDE:
        line = one.sub(_starred, line)
    return line


def _starred(found: "re.Match[bytes]") -> bytes:
    # Two values can be told apart, and neither be found by trying: the key is made anew in each process.
    return found[1] + b"*** (" + blake2b(found[2], digest_size=2, key=_KEY).hexdigest().encode() + b")"
