"""Sentences about what was done: a template with named values, kept apart so that every reader gets their language."""

import json
from collections.abc import Callable

_MARK = '{"say": '


def say(template: str, **values: object) -> str:
    """Return the stored form of a sentence; values: texts and numbers."""
    plain = {name: value if isinstance(value, int | float) else str(value) for name, value in values.items()}
    return json.dumps({"say": template, "with": plain}, ensure_ascii=False)


def as_text(stored: str, translate: Callable[[str], str] = str) -> str:
    """Return a stored sentence for reading; translate: template to template of another language."""
    if not stored.startswith(_MARK):
        return translate(stored) if stored else ""
    whole = json.loads(stored)
    values = {
        name: as_text(value, translate) if isinstance(value, str) else value for name, value in whole["with"].items()
    }
    return translate(whole["say"]).format(**values)
