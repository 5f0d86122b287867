"""Sentences about what was done: a template with named values, kept apart so that every reader gets their language."""

import json
import re
from collections.abc import Callable, Sequence

_MARK = '{"say": '
_DEEPEST = 20
"""Sentences within sentences; a peer could send any number."""

_LONGEST = 4000
"""Letters of a sentence within another: a template may name it again and again."""

_PROPER = frozenset(
    (
        "column",
        "host",
        "keyword",
        "module",
        "name",
        "names",
        "new",
        "old",
        "path",
        "place",
        "run",
        "table",
        "value",
        "who",
    )
)
"""Fields that hold what somebody called something: never translated, although a word of ours may look the same."""

_Said = tuple[str, dict[str, object]]
_FIELD = re.compile(r"\{(\w+)\}")


def say(template: str, **values: object) -> str:
    """Return the stored form of a sentence; values: texts, numbers and other sentences."""
    plain = {name: value if isinstance(value, int | float) else _held(str(value)) for name, value in values.items()}
    return json.dumps({"say": template, "with": plain}, ensure_ascii=False)


def join(sentences: Sequence[str]) -> str:
    """Return several sentences, or words, as one, with commas; each is said in the reader's language."""
    if len(sentences) < 2:
        return sentences[0] if sentences else ""
    places = {f"part{at}": one for at, one in enumerate(sentences)}
    template = ", ".join(f"{{{place}}}" for place in places)
    return say(template, **places)


def as_text(stored: str, translate: Callable[[str], str] = str) -> str:
    """Return a stored sentence for reading; translate: template to template of another language.

    Values may come from a peer or a file name, so a text that only looks like a sentence is shown as it is, and a
    template can do no more than name its values.
    """
    whole = _parts(stored)
    if whole is None:
        return translate(stored) if stored else ""
    template, values = whole
    return _read(template, values, translate, _DEEPEST)


def _read(template: str, values: dict[str, object], translate: Callable[[str], str], depth: int) -> str:
    if not depth:
        return "..."
    shown = {name: _shown(value, translate, depth, proper=name in _PROPER) for name, value in values.items()}
    return _FIELD.sub(lambda field: shown.get(field[1], field[0]), translate(template))


def _shown(value: object, translate: Callable[[str], str], depth: int, *, proper: bool) -> str:
    whole = _pair(value) if isinstance(value, dict) else _parts(value) if isinstance(value, str) else None
    if whole is not None:
        return _read(*whole, translate, depth - 1)[:_LONGEST]
    return translate(value) if isinstance(value, str) and value and not proper else str(value)


def _held(text: str) -> str | dict[str, object]:
    """Return a value as it is kept: a sentence within, not as a text, or each level would double its quotes."""
    whole = _parts(text)
    return text if whole is None else {"say": whole[0], "with": whole[1]}


def _parts(stored: str) -> _Said | None:
    if not stored.startswith(_MARK):
        return None
    try:
        whole = json.loads(stored)
    except (ValueError, RecursionError):
        return None
    return _pair(whole)


def _pair(whole: dict[str, object]) -> _Said | None:
    template, values = whole.get("say"), whole.get("with")
    return (template, values) if isinstance(template, str) and isinstance(values, dict) else None
