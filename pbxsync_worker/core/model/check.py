"""What was looked at on a host, whether it is well, and the remedy where it is not."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; name, saw: stored sentences or words; remedy: what to do where it is not well."""

    name: str
    well: bool
    saw: str
    remedy: str = ""


def stored(checks: Iterable[Check]) -> str:
    """Return checks as a text to keep."""
    return json.dumps([asdict(one) for one in checks], ensure_ascii=False)


def restored(text: str) -> tuple[Check, ...]:
    """Return checks that were kept; nothing where the text is something else."""
    try:
        return tuple(Check(**one) for one in json.loads(text))
    except (ValueError, TypeError):
        return ()
