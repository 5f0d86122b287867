"""Sentences about what was done: a template with named values, kept apart so that every reader gets their language."""

import json
import re
from collections.abc import Callable, Sequence

_MARK = '{"say": '
_FIELD = re.compile(r"\{(\w+)\}")


def say(template: str, **values: object) -> str:
    """Return the stored form of a sentence; values: texts and numbers."""
    plain = {name: value if isinstance(value, int | float) else str(value) for name, value in values.items()}
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
    shown = {
        name: as_text(value, translate) if isinstance(value, str) else str(value) for name, value in values.items()
    }
    return _FIELD.sub(lambda field: shown.get(field[1], field[0]), translate(template))


def _parts(stored: str) -> tuple[str, dict[str, object]] | None:
    if not stored.startswith(_MARK):
        return None
    try:
        whole = json.loads(stored)
    except (ValueError, RecursionError):
        return None
    template, values = whole.get("say"), whole.get("with")
    return (template, values) if isinstance(template, str) and isinstance(values, dict) else None
