"""A content that only grew: what is new stands before or after all that was there, which nobody has to describe.

It is told in librsync's delta format (its `command.h` and `prototab.c`): a magic number, one literal and one copy with
lengths of 64 bits, an end.
"""

import struct
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from pbxsync_worker.core.model.inventory import new_digest

_MAGIC = struct.pack(">I", 0x72730236)
_LITERAL = struct.Struct(">BQ")  # RS_OP_LITERAL_N8: length
_COPY = struct.Struct(">BQQ")  # RS_OP_COPY_N8_N8: offset, length
_LITERAL_N8, _COPY_N8_N8, _END = 0x44, 0x54, b"\x00"


def grown(content: Iterable[bytes], size: int, before: int, digest: bytes) -> bytes:
    """Return the delta that makes a content of what it was before, b"" where anything else is new than one end.

    size, before: bytes now and then; digest: of what it was. What is new is held in memory.
    """
    new = size - before
    if new <= 0 or before <= 0:
        return b""
    first, last = new_digest(), new_digest()
    head, tail, at = bytearray(), bytearray(), 0
    with ThreadPoolExecutor(1, "digest") as beside:
        for piece in content:
            digested = beside.submit(first.update, memoryview(piece)[: max(0, before - at)])
            last.update(memoryview(piece)[max(0, new - at) :])
            head += piece[: max(0, new - at)]
            tail += piece[max(0, before - at) :]
            at += len(piece)
            digested.result()
    if at != size:
        return b""
    if first.digest() == digest:
        return b"".join((_MAGIC, _COPY.pack(_COPY_N8_N8, 0, before), _LITERAL.pack(_LITERAL_N8, new), tail, _END))
    if last.digest() == digest:
        return b"".join((_MAGIC, _LITERAL.pack(_LITERAL_N8, new), head, _COPY.pack(_COPY_N8_N8, 0, before), _END))
    return b""
