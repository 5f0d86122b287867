"""An AsteriskDatabase of a dictionary, with the limits of the real one, and ways to make it fail."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from pbxsync_worker.core.model.errors import AsteriskSilent, Unsupported


@dataclass
class MemoryAstdb:
    """held: the keys; down: proven down; silent: it does not answer; around: what each write happens within."""

    held: dict[bytes, bytes] = field(default_factory=dict)
    down: bool = False
    silent: bool = False
    around: Callable[[str], AbstractContextManager[object]] = nullcontext
    asked: list[str] = field(default_factory=list)
    open: bool = False

    def running(self) -> bool:
        if self.down:
            return False
        self._question("running")
        return True

    def tree(self, family: bytes) -> dict[bytes, bytes]:
        self._question("tree")
        return {key: value for key, value in self.held.items() if key.startswith(family + b"/")}

    def trees(self, families: Iterable[bytes]) -> dict[bytes, dict[bytes, bytes]]:
        return {family: self.tree(family) for family in families}

    def get(self, key: bytes) -> bytes | None:
        self._question("get")
        return self.held.get(key)

    def put(self, key: bytes, value: bytes) -> None:
        self._question("put")
        if reason := self.refusal(key, value):
            raise Unsupported(what="Setting an AstDB key", reason=reason)
        with self.around("key"):
            self.held[key] = value

    def remove(self, key: bytes) -> None:
        self._question("remove")
        with self.around("key"):
            self.held.pop(key, None)

    def refusal(self, key: bytes, value: bytes) -> str:
        if len(key) > 255 or len(value) > 900:
            return "it is longer than AMI can carry"
        if b"/" not in key or value[:1] == b" " or any(byte in key + value for byte in (b"\r", b"\n", b"\0")):
            return "AMI cannot carry it"
        return ""

    def close(self) -> None:
        self.open = False

    def _question(self, what: str) -> None:
        self.asked.append(what)
        if self.silent or self.down:
            raise AsteriskSilent(reason="it is silent")
        self.open = True
