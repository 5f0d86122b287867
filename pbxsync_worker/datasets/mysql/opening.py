"""The contents of rows that an inventory named, found again by key and known by their digest."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from threading import Lock
from typing import TypeVar

from pbxsync_worker.core.model.errors import DatabaseRefused, DatabaseSilent, NotAllowed, SourceChanged
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.pattern import Matcher
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.mysql.link import Link
from pbxsync_worker.datasets.mysql.links import Links
from pbxsync_worker.datasets.mysql.memory import Memory
from pbxsync_worker.datasets.mysql.names import split_name, split_number
from pbxsync_worker.datasets.mysql.reading import read_keys
from pbxsync_worker.datasets.mysql.resolve import resolve
from pbxsync_worker.datasets.mysql.selected import Selected

T = TypeVar("T")

_AT_ONCE = 500
_PIECE = 2**20


class Opening:
    """Opens rows through one connection per database, kept until `close`; one question at a time."""

    def __init__(self, links: Links, memory: Memory, protected: Matcher) -> None:
        self._links = links
        self._memory = memory
        self._protected = protected
        self._listed: dict[bytes, tuple[Selected, ...]] = {}
        self._last: dict[bytes, Selected] = {}
        self._lock = Lock()

    def listed(self, last: Sequence[Selected]) -> None:
        """Take how the rows of some tables were listed just now: so most of them will be found."""
        for one in last:
            self._listed.pop(one.spec.base, None)
            self._last[one.spec.base] = one

    def open(self, item: Item) -> Iterator[bytes]:
        """Give the content of exactly this version; raise SourceChanged where the row is another by now."""
        content = next(self.open_many([item]))
        if content is None:
            raise SourceChanged(name=item.text)
        for start in range(0, len(content), _PIECE):
            yield content[start : start + _PIECE]

    def open_many(self, items: Sequence[Item]) -> Iterator[bytes | None]:
        """Give the whole content of each row in this order, None for one that is another by now."""
        for base, same in groupby(items, key=lambda one: one.name[: one.name.rfind(b"/") + 1]):
            ours = list(same)
            for start in range(0, len(ours), _AT_ONCE):
                some = ours[start : start + _AT_ONCE]
                found = self._versions(base, some)
                yield from (found.get((one.size, one.content)) for one in some)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            self._links.close()

    def _versions(self, base: bytes, items: Sequence[Item]) -> dict[tuple[int, bytes], bytes]:
        for item in items:
            if self._protected(item.name):
                raise NotAllowed(reason=say("{text} is protected on this host", text=item.text))
        database = split_name(items[0].name)[0]
        parts = {split_number(split_name(one.name)[2])[0]: None for one in items}
        wanted = {(one.size, one.content) for one in items}
        with self._lock:
            return self._again(
                database,
                base,
                lambda ways: _find(self._links.link(database), ways, list(parts), wanted),
                lambda found: len(found) == len(wanted),
            )

    def _again(
        self, database: str, base: bytes, look: Callable[[Sequence[Selected]], T], is_all: Callable[[T], bool]
    ) -> T:
        try:
            last = self._last.get(base)
            if last is not None and is_all(found := look([last])):
                return found
            return look(self._listed.get(base) or self._ways(database, base))
        except (DatabaseSilent, DatabaseRefused):
            # The server closes a connection that was idle for long, and a table may have been altered.
            self._links.forget(database)
            self._last.pop(base, None)
            return look(self._ways(database, base))

    def _ways(self, database: str, base: bytes) -> tuple[Selected, ...]:
        name, narrowed = self._links.server(database).login.database, self._memory.common()
        specs = self._memory.selections(base)
        ways = [one for some in specs for one in resolve(self._links.link(database), name, some, narrowed)]
        self._listed[base] = tuple(ways)
        return tuple(ways)


def _find(
    link: Link, ways: Sequence[Selected], parts: Sequence[bytes], wanted: set[tuple[int, bytes]]
) -> dict[tuple[int, bytes], bytes]:
    """Return contents by size and digest, looked for in every way in which their table was listed."""
    found: dict[tuple[int, bytes], bytes] = {}
    for selected in ways:
        if len(found) == len(wanted):
            break
        rows, _ = read_keys(link, selected, parts)
        for content in (one for several in rows.values() for one in several):
            if (known := (len(content), digest_of(content))) in wanted:
                found[known] = content
    return found
