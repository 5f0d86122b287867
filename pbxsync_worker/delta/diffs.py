"""What changed inside text files, for people: unified diffs without secrets, bounded."""

import difflib
import re
import secrets
from hashlib import blake2b

_KEY = secrets.token_bytes(16)

MAX_FILE = 256 * 1024
MAX_DIFF = 64 * 1024

_SECRET = re.compile(
    rb"(?im)^([ \t]*(?:[\w-]*(?:secret|password|passwd|md5_cred|token|api_?key)[\w-]*)[ \t]*=>?[ \t]*)"
    rb"([^\r\n]*)"
)
# A mailbox line starts with its PIN: `2001 => 1234,Name,...`.
_PIN = re.compile(rb"(?m)^([ \t]*[\w*#+-]+[ \t]*=>?[ \t]*-?)(\d+|\*)(?=,)")


def diff(before: bytes | None, after: bytes | None) -> str | None:
    """Return the unified diff of two contents, None where one of them is not text or too large.

    None for `before` or `after` is a file that is not there. A secret's value is shown as *** with a sign whether it
    changed.
    """
    sides = [side for side in (before, after) if side is not None]
    if any(len(side) > MAX_FILE or b"\0" in side for side in sides):
        return None
    try:
        old, new = (_lines(side) for side in (before, after))
    except UnicodeDecodeError:
        return None
    text = "\n".join(list(difflib.unified_diff(old, new, lineterm="", n=3))[2:])
    return text if len(text) <= MAX_DIFF else text[:MAX_DIFF] + "\n…"


def _lines(content: bytes | None) -> list[str]:
    return [] if content is None else _hidden(content).decode("utf-8").splitlines()


def _hidden(content: bytes) -> bytes:
    hidden = _SECRET.sub(_starred, content)
    return _PIN.sub(_starred, hidden)


def _starred(found: "re.Match[bytes]") -> bytes:
    # Two values can be told apart, and neither be found by trying: the key is made anew in each process.
    return found[1] + b"*** (" + blake2b(found[2], digest_size=2, key=_KEY).hexdigest().encode() + b")"
