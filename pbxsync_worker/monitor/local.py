"""The Local Host Monitor: asks each source in its own time, and tells what it measured or why it is not known."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pbxsync_worker.core.model.errors import Retry, Stop
from pbxsync_worker.core.model.fact import Value
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.report import Told
from pbxsync_worker.core.model.sentence import say

log = logging.getLogger(__name__)

UNTOLD = say("it does not tell")
KEEP = 5.0
"""Seconds after which facts are written again although they say the same."""
PASSING = "_s"
"""How the names of facts end that count seconds."""


class Source(Protocol):
    """One place where facts of this host come from."""

    @property
    def name(self) -> str:
        """Return who measures, such as `ami`; stored with each fact."""
        ...

    @property
    def facts(self) -> tuple[str, ...]:
        """Return the names of everything it may tell."""
        ...

    def measure(self) -> Mapping[str, Value | None]:
        """Return what was measured just now; None is a fact that cannot be known, one that is left out stays as it was.

        Raise Retry or Stop where nothing can be known: then all of its facts are unknown.
        """
        ...


class Book(Protocol):
    """Where facts of a host are kept."""

    def record(self, host: str, told: Sequence[Told], pace: float = ...) -> tuple[str, ...]:
        """Keep facts; return the names of those whose value changed."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A source that is a function; see Source."""

    name: str
    facts: tuple[str, ...]
    ask: Callable[[], Mapping[str, Value | None]]

    def measure(self) -> Mapping[str, Value | None]:
        """Return what was measured just now."""
        return self.ask()


class LocalMonitor:
    """Keeps the facts of one host; changed: called where one has another value now. Each source is one thread's."""

    def __init__(self, host: str, book: Book, changed: Callable[[], None], clock: Clock) -> None:
        self._host = host
        self._book = book
        self._changed = changed
        self._clock = clock
        self._trouble: dict[str, str] = {}
        self._kept: dict[str, tuple[float, Mapping[str, Value | None]]] = {}

    def look(self, source: Source) -> None:
        """Ask one source and keep what it tells; what says the same as a moment ago is not written again."""
        told = self._told(source)
        at, before = self._kept.get(source.name, (-KEEP, {}))
        now = self._clock.monotonic()
        values = {**before, **{one.name: one.value for one in told if not one.name.endswith(PASSING)}}
        if values == before and now - at < KEEP:
            return
        self._kept[source.name] = now, values
        if self._book.record(self._host, told):
            self._changed()

    def _told(self, source: Source) -> list[Told]:
        try:
            measured = source.measure()
        except (Retry, Stop) as error:
            self._tell(source.name, error.told)
            return [Told(name, None, 0.0, error.told) for name in source.facts]
        self._tell(source.name, "")
        return [Told(name, value, 0.0, UNTOLD if value is None else source.name) for name, value in measured.items()]

    def _tell(self, source: str, trouble: str) -> None:
        """Log the beginning and the end of trouble, not its length."""
        if trouble and not self._trouble.get(source):
            log.warning("facts cannot be measured", extra={"source": source, "why": trouble})
        elif self._trouble.get(source) and not trouble:
            log.info("facts are measured again", extra={"source": source})
        self._trouble[source] = trouble
