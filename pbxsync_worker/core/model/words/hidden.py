"""Which values are secrets and are never shown: by the name of their column or keyword, and by what they say."""

import re
from collections.abc import Iterable

HIDDEN = "***"

_SECRET = re.compile(
    r"secret|passw|pwd|passphrase|md5|sha1|credential|token|api_?-?key|private_?key|license|register|pass$|pins?$|pin_|^salt$",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"""["'][\w-]{0,64}(?:secret|passw|pwd|token|api_?key|private_?key|pin)[\w-]{0,64}["']\s*[:;,]"""
    r"|-----BEGIN |://[^:@/\s]{1,200}:[^@\s]{1,200}@|sips?:[^:@/\s]{1,200}:[^@\s]{1,200}@"
    r"|(?:^|/)(?!sips?:|tel:|mailto:)[^:@/\s]{1,200}:[^@\s]{1,200}@",
    re.IGNORECASE,
)
VALUES = frozenset({"data", "value", "val", "@content"})
"""Columns whose values are what the key of their row names."""


def is_secret(name: str) -> bool:
    """Tell whether what stands under this name of a column, keyword or key is a secret."""
    return _SECRET.search(name) is not None


def tells_secret(value: str | None) -> bool:
    """Tell whether a value holds a secret inside: a field of JSON or PHP, a key, an address with its password."""
    return value is not None and _TELLS.search(value) is not None


def hides(column: str, names: Iterable[str | None], values: Iterable[str | None]) -> bool:
    """Tell whether the values of a column are to be hidden; names: the key of its row, such as (2001, secret)."""
    if is_secret(column):
        return True
    if column in VALUES and any(one is not None and is_secret(one) for one in names):
        return True
    return any(tells_secret(one) for one in values)
