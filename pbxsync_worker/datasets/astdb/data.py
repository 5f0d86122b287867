"""The AstDB of this host as a HostData: over AMI while Asterisk runs, in its file while it is proven down."""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import ASTDB, Dataset
from pbxsync_worker.core.model.errors import Invalid, NotAllowed, PeerLied, SourceChanged, TargetChanged, Unsupported
from pbxsync_worker.core.model.inventory import Inventory, digest_of
from pbxsync_worker.core.model.item import Item, show_name
from pbxsync_worker.core.model.pattern import Matcher, matcher
from pbxsync_worker.core.model.ports import Content, Contents
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.datasets.astdb.file import AstdbFile
from pbxsync_worker.datasets.astdb.keys import AsteriskDatabase, Keys, check_item, has_name, item_of, key_of, same
from pbxsync_worker.datasets.astdb.seen import Look
from pbxsync_worker.datasets.staging import Staging, Values

_log = logging.getLogger(__name__)


_FEW = 50
"""Keys that are asked for one by one: a family may have thousands of them."""


def _none_stays() -> Matcher:
    return matcher(())


class AstdbData:
    """HostData over the keys of one Asterisk.

    Two limits of Asterisk's own: AMI has no compare-and-set, so a write of Asterisk's between our reading a key and our
    writing it (well under a millisecond, on one connection) is overwritten; and a key that somebody set to exactly what
    a run would set is taken for the run's work. A journal without its staging file was wholly undone.
    """

    def __init__(
        self,
        asterisk: AsteriskDatabase,
        file: AstdbFile,
        protected: Matcher,
        home: Path,
        disk: Disk,
        stays: Callable[[], Matcher] = _none_stays,
    ) -> None:
        """Put the parts together.

        protected: names (`ASTDB/family/key`) never read nor touched; home: our folder; stays: those that are as
        protected for now, asked once at each look.
        """
        self._stays = stays
        self._asterisk = asterisk
        self._file = file
        self._always = protected
        self._staging = Staging(home / "staging", disk, "astdb")
        self._seen: dict[bytes, dict[bytes, bytes]] = {}
        self._written: dict[bytes, tuple[bytes | None, bytes | None]] = {}

    def inventory(self, dataset: Dataset) -> Inventory:
        """Read names and digests; keys that no item can name are left alone, and logged."""
        if not dataset.families:
            return Inventory({})
        found = self._trees({_family(one.family) for one in dataset.families})
        seen, stays = self._file.seen, self._stays()
        known = seen.look
        if known is None or (known.families, known.stays) != (dataset.families, stays):
            known = Look(dataset.families, stays)
        look = known.then(found, lambda key, value: self._item(dataset, stays, key, value))
        seen.look = look
        return look.inventory

    def _item(self, dataset: Dataset, stays: Matcher, key: bytes, value: bytes) -> Item | None:
        """Return what of a key travels, None for nothing."""
        name = ASTDB + b"/" + key
        if not any(one.selects(name) for one in dataset.families) or self._always(name) or stays(name):
            return None
        if not has_name(key):
            _log.warning("an AstDB key stays on this host: its name cannot travel", extra={"key": show_name(key)})
            return None
        return item_of(key, value)

    def _protected(self, name: bytes) -> bool:
        return self._always(name) or self._stays()(name)

    def open(self, item: Item) -> Iterator[bytes]:
        """Give the value that an inventory named; raise SourceChanged where there is no such value any more."""
        if self._protected(item.name):
            raise NotAllowed(reason=say("{text} is protected on this host", text=item.text))
        key = key_of(item.name)
        family = _family_of(key)
        if not same(item, key, self._seen.get(family, {}).get(key)):
            # One question for the whole family: thousands of its keys may be asked for next.
            self._trees({family})
        value = self._seen[family].get(key)
        if value is None or not same(item, key, value):
            raise SourceChanged(name=item.text)
        yield value

    def why_not(self, dataset: Dataset, item: Item) -> str:
        """Return why a source's key has no place here, "" where it may come; raise PeerLied for what is no key.

        What AMI cannot carry is refused by `prepare`: left out here it would look as if the source had no such key.
        """
        check_item(item)
        if self._protected(item.name):
            return "protected on this host"
        return "" if any(one.selects(item.name) for one in dataset.families) else "not in the dataset"

    def settable(self, item: Item, here: Item | None) -> Item:  # noqa: ARG002 - a key can always be taken over
        """Return the item as it is: keys have no attributes."""
        return item

    def prepare(self, run: str, changes: Sequence[Change], content: Callable[[Change], Content]) -> tuple[Step, ...]:
        """Write down every value before and after, durably; raise Unsupported for what Asterisk cannot take.

        Raise TargetChanged where a key is not what the plan saw, PeerLied for what no honest host sends, NotAllowed
        for a protected key; then nothing stays staged.
        """
        self.discard(run)
        for change in changes:
            self._check(change)
        if not changes:
            return ()
        try:
            now = self._values({key_of(change.name) for change in changes})
        finally:
            self._asterisk.close()
        values: Values = {}
        for change in changes:
            key = key_of(change.name)
            before = now[key]
            after = None if change.after is None else _announced(change.after, content(change))
            if not same(change.before, key, before):
                raise TargetChanged(name=show_name(change.name))
            values[change.name] = before, after
        self._refuse(values)
        staged = self._staging.write(run, values)
        return tuple(Step(number, change, staged) for number, change in enumerate(changes))

    def act(self, step: Step) -> None:
        """Set or remove one key; raise TargetChanged, having changed nothing, where it is another by now."""
        key, keys = key_of(step.change.name), self._keys()
        before, after = self._staging.read(step.staged).get(step.change.name, (None, None))
        now = keys.get(key)
        if not same(step.change.after, key, now):
            if not same(step.change.before, key, now) or not same(step.change.after, key, after):
                raise TargetChanged(name=show_name(step.change.name))
            _set(keys, key, after)
        self._written[key] = before, after

    def undo(self, step: Step) -> Undone:
        """Take one act back; a key that is neither what was nor what the run wrote stays as it is."""
        key, keys = key_of(step.change.name), self._keys()
        now = keys.get(key)
        self._written.pop(key, None)
        if same(step.change.before, key, now):
            return Undone.NOT_DONE
        values = self._staging.read(step.staged).get(step.change.name)
        if values is None or not same(step.change.after, key, now):
            return Undone.KEPT
        before, after = values
        _set(keys, key, before)
        self._written[key] = after, before
        return Undone.RESTORED

    def settle(self, run: str, steps: Sequence[Step], contents: Contents | None) -> None:
        """Make acts or undos durable and read them back; with `contents` also hand over what the run replaced.

        Raise TargetChanged where a key fell back: Asterisk loses its last writes when it cannot commit them.
        """
        try:
            self._make_durable({key_of(step.change.name) for step in steps})
        finally:
            self._asterisk.close()
        if contents is not None:
            values = self._staging.of_run(run)
            both = (value for pair in values.values() for value in pair if value is not None)
            contents.put_many((digest_of(value), value) for value in both)
            self._staging.remove(run)

    def discard(self, run: str) -> None:
        """Remove everything staged for a run whose acts never began or were all undone."""
        self._staging.remove(run)
        self._written.clear()
        self._asterisk.close()

    def _keys(self) -> Keys:
        return self._asterisk if self._asterisk.running() else self._file

    def _trees(self, families: set[bytes]) -> dict[bytes, dict[bytes, bytes]]:
        try:
            keys = self._keys()
            found = keys.trees(sorted(families))
        finally:
            self._asterisk.close()
        self._seen.update(found)
        return found

    def _values(self, wanted: Collection[bytes]) -> dict[bytes, bytes | None]:
        """Return what some keys are now."""
        keys = self._keys()
        if len(wanted) <= _FEW:
            return {key: keys.get(key) for key in wanted}
        found = keys.trees({_family_of(key) for key in wanted})
        return {key: found[_family_of(key)].get(key) for key in wanted}

    def _check(self, change: Change) -> None:
        key_of(change.name)
        if self._protected(change.name):
            raise NotAllowed(reason=say("{name} is protected on this host", name=show_name(change.name)))
        if change.after is not None:
            check_item(change.after)

    def _refuse(self, values: Values) -> None:
        """Refuse what could not be set, and what could not be set back."""
        problems = [
            f"{show_name(name)}: {reason}"
            for name, pair in values.items()
            for value in pair
            if value is not None and (reason := self._asterisk.refusal(key_of(name), value))
        ]
        if problems:
            more = f" (+{len(problems) - 3})" if len(problems) > 3 else ""
            raise Unsupported(what="Changing the AstDB", reason="; ".join(problems[:3]) + more)

    def _make_durable(self, settled: set[bytes]) -> None:
        written = {key: self._written[key] for key in settled & self._written.keys()}
        if not written:
            return
        keys = self._keys()
        if keys is self._asterisk:
            self._file.settled()
        now = self._values(written.keys())
        for key, (lost, kept) in written.items():
            if now[key] == lost != kept:
                raise TargetChanged(name=show_name(ASTDB + b"/" + key))
        self._written.clear()


def _set(keys: Keys, key: bytes, value: bytes | None) -> None:
    if value is None:
        keys.remove(key)
    else:
        keys.put(key, value)


def _announced(item: Item, content: Content) -> bytes:
    data = bytearray()
    for piece in content:
        data += piece
        if len(data) > item.size:
            break
    if len(data) != item.size or digest_of(bytes(data)) != item.content:
        raise PeerLied(host="", reason=f"{item.text} is not what was announced")
    return bytes(data)


def _family(name: str) -> bytes:
    family = name.encode("utf-8", "surrogateescape")
    if not family or b"/" in family:
        raise Invalid(what="AstDB family", problems=say("{name} is not the first part of a key", name=repr(name)))
    return family


def _family_of(key: bytes) -> bytes:
    return key.partition(b"/")[0]
