"""When Python looks for lost objects: rarely, so that no page waits for a look at everything there is."""

import gc

NEW_OBJECTS = 20_000
"""New objects after which the youngest are looked at; at Python's 700 one page of twelve waits for a look at all."""

_LOOKS = (20, 50)
"""Looks at the youngest before one at the next generation, and of those before one at everything."""


def look_rarely() -> None:
    """Leave out what is there now, for it stays as long as the process, and look at the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *_LOOKS)
