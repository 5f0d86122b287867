"""Asterisk's own database over AMI: the only way in while Asterisk runs; wiring.py gives it to datasets/astdb.

Facts of Asterisk 22, tried: DBGetTree matches its family with SQL's LIKE (capitals, `_` and `%` alike), so its answer
is filtered; leading blanks of a value are dropped, an empty value stays; a write is in its memory at once and in its
file up to a second later (docs/ami.md).
"""

import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from asterisk.ami import SimpleAction

from pbxsync_worker.asterisk.down import proven_down
from pbxsync_worker.asterisk.session import AmiAddress, PortClosed, Session
from pbxsync_worker.asterisk.wire import MAX_SENT_LINE, Message
from pbxsync_worker.core.model.errors import AsteriskRefused, AsteriskSilent, Unsupported
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import say

T = TypeVar("T")

MAX_KEY = 256
"""Bytes of `/family/key`; older versions of Asterisk take no longer one."""
_OLD_CUT = 255
"""Bytes that a value read with DBGet may have been cut to: buffers of older versions held no more."""
_LINE_COST = len("Family: \r\n")
_ABSENT = "database entry not found"
_NOT_DELETED = "could not be deleted"
_UNKNOWN = "invalid/unknown command"
_HEADERS = {"event", "actionid", "key", "val"}


class AstdbOverAmi:
    """The keys of one running Asterisk; a key is bytes `family/rest`, without the slash in front.

    control: Asterisk's control socket, None where it cannot be reached: then Asterisk is never called down. One
    connection is kept for each thread from its first question to `close`, and never used by a forked child. Raises
    AsteriskSilent and AsteriskRefused as Session does, Unsupported for what AMI cannot carry.
    """

    def __init__(self, ami: AmiAddress, clock: Clock, deadline: float = 15.0, control: Path | None = None) -> None:
        self._ami = ami
        self._clock = clock
        self._deadline = deadline
        self._control = control
        self._kept = threading.local()

    def __enter__(self) -> Self:
        """Begin a batch; the connection is made with the first question."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End a batch."""
        self.close()

    def close(self) -> None:
        """Let this thread's connection go; the next question makes a new one."""
        session = getattr(self._kept, "session", None)
        self._kept.session = None
        if session is not None:
            session.close()

    def running(self) -> bool:
        """Tell whether Asterisk answers; False only where it is proven down, else AsteriskSilent is raised."""
        try:
            self._session()
        except PortClosed:
            if self._control is None or not proven_down(self._control, self._deadline):
                raise
            return False
        return True

    def tree(self, family: bytes) -> dict[bytes, bytes]:
        """Return every key of a family (its first part) with its value; empty where there is none."""
        return self._walk_tree(SimpleAction("DBGetTree", Family=_text(family)), family + b"/")

    def trees(self, families: Iterable[bytes]) -> dict[bytes, dict[bytes, bytes]]:
        """Return `tree` of each of some families."""
        return {family: self.tree(family) for family in families}

    def families(self) -> frozenset[bytes]:
        """Return the families that have keys, whatever their values are."""
        found: set[bytes] = set()

        def each(message: Message) -> None:
            found.add(_bytes(message.get("Key")).removeprefix(b"/").partition(b"/")[0])

        self._ask(lambda session: session.walk(SimpleAction("DBGetTree"), each))
        return frozenset(found)

    def get(self, key: bytes) -> bytes | None:
        """Return one value, None where there is no such key."""
        found: list[Message] = []
        family, rest = _parts(key)
        try:
            self._ask(lambda session: session.walk(SimpleAction("DBGet", Family=family, Key=rest), found.append))
        except AsteriskRefused as refusal:
            if _ABSENT in str(refusal.fields["reason"]).lower():
                return None
            raise
        value = _bytes(_whole(found[0], key).get("Val"))
        if len(value) < _OLD_CUT:
            return value
        return self._walk_tree(SimpleAction("DBGetTree", Family=family, Key=rest), key).get(key)

    def put(self, key: bytes, value: bytes) -> None:
        """Set one value."""
        reason = self.refusal(key, value)
        if reason:
            raise Unsupported(what=say("Setting the AstDB key {name}", name=show_name(key)), reason=reason)
        family, rest = _parts(key)
        action = SimpleAction("DBPut", Family=family, Key=rest, Val=_text(value))
        self._ask(lambda session: session.ask(action))

    def remove(self, key: bytes) -> None:
        """Remove one key; nothing happens where there is none."""
        family, rest = _parts(key)
        try:
            self._ask(lambda session: session.ask(SimpleAction("DBDel", Family=family, Key=rest)))
        except AsteriskRefused as refusal:
            if _NOT_DELETED not in str(refusal.fields["reason"]).lower() or self.get(key) is not None:
                raise

    def refusal(self, key: bytes, value: bytes) -> str:
        """Return why AMI cannot carry this key with this value, "" where it can; asks nobody."""
        family, slash, rest = key.partition(b"/")
        if not family or not slash or not rest:
            return "it has no family or no key"
        if len(key) + 1 > MAX_KEY:
            return f"its name is longer than {MAX_KEY} bytes"
        for what, text in (("family", family), ("key", rest), ("value", value)):
            if any(byte in text for byte in (b"\r", b"\n", b"\0")):
                return f"its {what} has a line break or a NUL, which AMI cannot carry"
            if text[:1] and text[0] <= 0x20:
                return f"its {what} begins with a blank, which Asterisk would drop"
            if len(text) + _LINE_COST > MAX_SENT_LINE:
                return f"its {what} is longer than AMI can carry"
        return ""

    def light(self, lamps: Iterable[tuple[str, str]]) -> tuple[Finding, ...]:
        """Set device states (device, state), such as ("Custom:DND1001", "BUSY"); return those that were refused.

        The AMI user needs the class `call` for it; without it lamps stay as they are until somebody presses a button.
        """
        refused: list[str] = []
        reason = ""
        for device, state in lamps:
            action = SimpleAction("Setvar", Variable=f"DEVICE_STATE({device})", Value=state)
            try:
                self._ask(lambda session, asked=action: session.ask(asked))  # type: ignore[misc]
            except AsteriskRefused as refusal:
                refused.append(device)
                reason = str(refusal.fields["reason"])
        if not refused:
            return ()
        some = ", ".join(refused[:5]) + (f" (+{len(refused) - 5})" if len(refused) > 5 else "")
        return (Finding(Level.WARNING, "lamps", f"the lamps {some} were not set: {reason}"),)

    def _walk_tree(self, action: SimpleAction, begins: bytes) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        seen = 0

        def each(message: Message) -> None:
            nonlocal seen
            seen += 1
            key = _bytes(message.get("Key")).removeprefix(b"/")
            if key.startswith(begins):
                found[key] = _bytes(_whole(message, key).get("Val"))

        try:
            end = self._ask(lambda session: session.walk(action, each))
        except AsteriskRefused as refusal:
            if str(refusal.fields["reason"]).lower().startswith(_UNKNOWN):
                reason = "this Asterisk has no DBGetTree; it came with 16.28, 18.14 and 19.6"
                raise Unsupported(what="Reading the AstDB", reason=reason) from refusal
            raise
        if end.get("ListItems", str(seen)) != str(seen):
            # A value with line breaks can even look like a key of its own.
            raise Unsupported(
                what="Reading the AstDB",
                reason=say("{seen} keys came where Asterisk sent {get}", seen=seen, get=end.get("ListItems")),
            )
        return found

    def _ask(self, question: Callable[[Session], T]) -> T:
        session = self._session()
        try:
            return question(session)
        except AsteriskSilent:
            self.close()
            raise

    def _session(self) -> Session:
        kept: Session | None = getattr(self._kept, "session", None)
        if kept is not None and self._kept.owner == os.getpid():
            return kept
        session = Session(self._ami, self._clock, self._deadline, undecodable="surrogateescape").__enter__()
        try:
            # Events of a busy PBX would pile up while nothing is asked.
            session.ask(SimpleAction("Events", EventMask="off"))
        except (AsteriskSilent, AsteriskRefused):
            session.close()
            raise
        self._kept.session, self._kept.owner = session, os.getpid()
        return session


def _whole(message: Message, key: bytes) -> Message:
    """Return a message with one value; raise Unsupported where a line break in the value tore it apart."""
    if any(name.lower() not in _HEADERS | {"family"} for name, _ in message.headers) or len(message.all("Val")) != 1:
        what = f"Reading the AstDB key {show_name(key)}"
        raise Unsupported(what=what, reason=say("its value has a line break, which AMI cannot carry"))
    return message


def _parts(key: bytes) -> tuple[str, str]:
    family, _, rest = key.partition(b"/")
    return _text(family), _text(rest)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
