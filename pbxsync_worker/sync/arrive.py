"""What comes from the source, in the order it is needed: what is judged and told first, then all the rest."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import VOICEMAIL, Place
from pbxsync_worker.core.model.errors import Bug, PeerLied, Unsupported
from pbxsync_worker.core.model.inventory import Inventory, digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.plan import needs_content
from pbxsync_worker.core.model.ports import ConfigView, Content
from pbxsync_worker.core.model.reading import one_of_many
from pbxsync_worker.core.model.run import Mode, Run
from pbxsync_worker.core.model.sent import Way
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.voicemail import is_value, merge
from pbxsync_worker.core.model.words import names_a_thing
from pbxsync_worker.sync.limit import Limit
from pbxsync_worker.sync.parts import Parts

CONFIG = f"{Place.ETC}/".encode()
BOXES = VOICEMAIL + b"/"
MAX_CONFIG = 64 * 2**20
MANY_SMALL = 2000
"""Rows, keys and mailboxes whose contents are told with the plan; of more, only those that name things."""
_LARGE = 2**20
"""Bytes of a content that comes in more than one piece."""


class Arriving:
    """The contents of a run's changes: from this host where they are here already, else from the source, once."""

    def __init__(
        self,
        run: Run,
        parts: Parts,
        ours: Inventory,
        changes: Sequence[Change],
        ready: Mapping[bytes, bytes] = MappingProxyType({}),
    ) -> None:
        """Ask for everything; ready: the contents that are here already, by item name."""
        self._parts = parts
        self._ready = ready
        wanted = [change for change in changes if needs_content(change) and change.name not in ready]
        self._here = {item.content: item for item in ours.items.values() if item.kind is ItemKind.FILE}
        self._config = [change for change in wanted if change.name.startswith(CONFIG)]
        self._small = [change for change in small(changes) if needs_content(change) and change.name not in ready]
        early = {change.name for change in (*self._config, *self._small)}
        # A preview judges the configuration, tells what rows say, and brings nothing else.
        rest = [] if run.mode is Mode.PLAN else [change for change in wanted if change.name not in early]
        far = [change for change in (*self._config, *self._small, *rest) if not self._is_near(_after(change))]
        self._far = {change.name for change in far}
        self._stream = parts.link.fetch(far) if far else iter(())
        self._read: dict[bytes, bytes] = {}
        self._told: dict[bytes, bytes] | None = None
        self._limit = Limit(run, parts)

    def config(self) -> Mapping[bytes, bytes]:
        """Read the configuration files that change, and the mailboxes of voicemail.conf, by item name.

        Raise Unsupported beyond 64 MiB in all.
        """
        size = sum(_after(change).size for change in self._config)
        if size > MAX_CONFIG:
            raise Unsupported(
                what="Checking the configuration",
                reason=say("{size} bytes of it change, over {max_config}", size=size, max_config=MAX_CONFIG),
            )
        for change in self._config:
            content = b"".join(self._content(change))
            if digest_of(content) != _after(change).content:
                raise PeerLied(host="", reason=f"{_after(change).text} does not match its digest")
            self._read[change.name] = content
        config = dict(self._read)
        return config | {name: content for name, content in self.small().items() if name.startswith(BOXES)}

    def small(self) -> Mapping[bytes, bytes]:
        """Read the rows, keys and mailboxes that are told with the plan, by item name; after `config`."""
        if self._told is None:
            self._told = {change.name: b"".join(self._content(change)) for change in self._small}
            self._read |= self._told
        return {**self._ready, **self._told}

    def content(self, change: Change) -> Content:
        """Give the content of one change; to be called in the order of the plan, after `config` and `small`."""
        self._limit.now_and_then()
        for known in (self._read, self._ready):
            if change.name in known:
                return [known[change.name]]
        return self._content(change)

    def _content(self, change: Change) -> Content:
        if change.name not in self._far:
            item = _after(change)
            self._parts.link.ledger.note(item.text, Way.COPY, item.size, 0)
            return self._near(item)
        found, content = next(self._stream, (None, ()))
        if found != change:
            raise Bug(reason=f"the link gave another item than {_after(change).text}")
        return self._limit.watched(content) if _after(change).size > _LARGE else content

    def _is_near(self, item: Item) -> bool:
        """Tell whether a content is on this host: kept from an earlier run, or in an identical file."""
        return self._parts.host.contents.has(item.content) or self._twin(item) is not None

    def _near(self, item: Item) -> Iterator[bytes]:
        twin = self._twin(item)
        return self._parts.host.contents.open(item.content) if twin is None else self._parts.host.data.open(twin)

    def _twin(self, item: Item) -> Item | None:
        same = self._here.get(item.content)
        return same if same is not None and item.kind is ItemKind.FILE and same.size == item.size else None


def small(changes: Sequence[Change]) -> list[Change]:
    """Return the changes of rows, keys and mailboxes whose contents are told with the plan."""
    found = [change for change in changes if one_of_many(change.after or _before(change))]
    if len(found) > MANY_SMALL:
        found = [change for change in found if names_a_thing(change.name)]
    return found[:MANY_SMALL]


def _before(change: Change) -> Item:
    if change.before is None:
        raise Bug(reason=f"{change.name!r} neither was nor will be")
    return change.before


def _after(change: Change) -> Item:
    if change.after is None:
        raise Bug(reason=f"{change.name!r} goes; it has no content")
    return change.after


class ComingConfig:
    """The configuration folder as it would be after the run, before anything is written."""

    def __init__(self, now: ConfigView, changes: Sequence[Change], contents: Mapping[bytes, bytes]) -> None:
        self._now = now
        self._contents = {_path(name): content for name, content in contents.items() if name.startswith(CONFIG)}
        mine = [change for change in changes if change.name.startswith(CONFIG)]
        self._gone = {_path(one.name) for one in mine if one.after is None or one.after.kind is not ItemKind.FILE}
        self._links = {
            _path(one.name): contents[one.name].decode("utf-8", "surrogateescape")
            for one in mine
            if one.after is not None and one.after.kind is ItemKind.SYMLINK and one.name in contents
        }
        boxes = {_text(one.name[len(BOXES) :]): value for one, value in _boxes(changes, contents)}
        if boxes:
            file = self.read("voicemail.conf")
            self._contents["voicemail.conf"] = merge(_text(file or b""), boxes).encode("utf-8", "surrogateescape")

    def read(self, path: str) -> bytes | None:
        """Return a file as it would be, None where there would be none."""
        if path in self._links:
            target = self._links[path]
            return None if target.startswith("/") or target in self._links else self.read(target)
        if path in self._gone:
            return None
        return self._contents[path] if path in self._contents else self._now.read(path)

    def names(self) -> Sequence[str]:
        """Return the paths of all files as they would be."""
        names = (set(self._now.names()) | set(self._contents)) - self._gone
        return sorted(names | set(self._links))


def _boxes(changes: Sequence[Change], contents: Mapping[bytes, bytes]) -> Iterator[tuple[Change, str | None]]:
    for one in changes:
        if one.name.startswith(BOXES) and one.after is None:
            yield one, None
        elif one.name.startswith(BOXES) and is_value(_text(contents.get(one.name, b"\0"))):
            yield one, _text(contents[one.name])


def _path(name: bytes) -> str:
    return _text(name[len(CONFIG) :])


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
