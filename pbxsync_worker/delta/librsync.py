"""Our own binding of librsync.so.2: signature, delta and patch as streams, with every foreign value bounded.

The formats have no checksum of their own: whoever patches must compare the full digest of the result. Everything
malformed raises Invalid; the peer link says which host it came from.
"""

import ctypes
import struct
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import BinaryIO

from pbxsync_worker.core.model.errors import Invalid, Unsupported
from pbxsync_worker.core.model.sentence import say

PIECE = 2**20
"""Bytes read at once; the library is about four times slower beside other threads with smaller pieces."""

MAGIC = 0x72730147  # RabinKarp rolling sum and BLAKE2 (librsync 2.2 and newer)
_MAGICS = {MAGIC, 0x72730137}  # and the older rolling sum with BLAKE2; the MD4 formats are refused
_HEADER = struct.Struct(">III")
_BLOCKS = range(64, 2**20 + 1)
_STRONG_SUMS = range(4, 33)

_DONE, _BLOCKED, _IO_ERROR, _INPUT_ENDED, _CORRUPT = 0, 1, 100, 103, 106
_REASONS = {
    101: "a command that does not exist",
    102: "out of memory",
    103: "it ends too early",
    104: "it is not what it says it is",
    105: "a form that is not supported",
    106: "it is corrupt",
    108: "impossible sizes",
}


class _Buffers(ctypes.Structure):
    """rs_buffers_t of librsync.h."""

    _fields_ = (
        ("next_in", ctypes.c_void_p),
        ("avail_in", ctypes.c_size_t),
        ("eof_in", ctypes.c_int),
        ("next_out", ctypes.c_void_p),
        ("avail_out", ctypes.c_size_t),
    )


_CopyCallback = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_longlong,
    ctypes.POINTER(ctypes.c_size_t),
    ctypes.POINTER(ctypes.c_void_p),
)


def signature(base: BinaryIO, size: int) -> bytes:
    """Return the signature of a file, about 12 bytes for each block of about sqrt(size) bytes."""
    lib = _library()
    magic, block, strong = ctypes.c_int(MAGIC), ctypes.c_size_t(0), ctypes.c_size_t(-1)
    if lib.rs_sig_args(size, ctypes.byref(magic), ctypes.byref(block), ctypes.byref(strong)) != _DONE:
        raise Invalid(what="signature", problems="impossible sizes")
    # Four bytes more than the proposed minimum: a chance collision costs a whole transfer.
    strong_size = min(strong.value + 4, _STRONG_SUMS[-1])
    job = lib.rs_sig_begin(min(block.value, _BLOCKS[-1]), strong_size, MAGIC)
    return b"".join(_drive(job, _pieces(base), "signature"))


def delta(sums: bytes, content: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the delta that makes `content` out of the file of this signature; raise Invalid for a bad signature."""
    _check_signature(sums)
    lib = _library()
    loaded = ctypes.c_void_p()
    try:
        for _ in _drive(lib.rs_loadsig_begin(ctypes.byref(loaded)), [sums], "signature"):
            pass
        if lib.rs_build_hash_table(loaded) != _DONE:
            raise Invalid(what="signature", problems="no table can be built of it")
        yield from _drive(lib.rs_delta_begin(loaded), content, "delta")
    finally:
        if loaded.value:
            lib.rs_free_sumset(loaded)


def patch(base: BinaryIO, changes: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """Yield what the delta makes of a seekable base; raise Invalid for a bad delta, or before more than `limit`."""
    trouble: list[OSError] = []
    # The name must live as long as the job: the library keeps only the address of the callback.
    callback = _copier(base, trouble)
    made = 0
    for piece in _drive(_library().rs_patch_begin(callback, None), changes, "delta", trouble):
        made += len(piece)
        if made > limit:
            raise Invalid(what="delta", problems=f"it makes more than the announced {limit} bytes")
        yield piece


def _check_signature(sums: bytes) -> None:
    if len(sums) < _HEADER.size:
        raise Invalid(what="signature", problems="it ends too early")
    magic, block, strong = _HEADER.unpack_from(sums)
    if magic not in _MAGICS:
        raise Invalid(what="signature", problems="only the BLAKE2 forms are accepted")
    # The library reserves memory for whole blocks before it has seen any data.
    if block not in _BLOCKS or strong not in _STRONG_SUMS or (len(sums) - _HEADER.size) % (4 + strong):
        raise Invalid(what="signature", problems="impossible sizes")


def _copier(base: BinaryIO, trouble: list[OSError]) -> Callable[..., int]:
    def copy(
        _: int | None,
        position: int,
        length: "ctypes._Pointer[ctypes.c_size_t]",
        target: "ctypes._Pointer[ctypes.c_void_p]",
    ) -> int:
        if position < 0:
            return _CORRUPT
        try:
            base.seek(position)
            data = base.read(length[0])
        except (OSError, OverflowError, ValueError) as error:
            # An exception cannot cross the library: it is kept and raised when the job returns.
            trouble.append(error if isinstance(error, OSError) else OSError(str(error)))
            return _IO_ERROR
        if not data:
            return _INPUT_ENDED
        ctypes.memmove(target.contents, data, len(data))
        length[0] = len(data)
        return _DONE

    return _CopyCallback(copy)


def _drive(
    job: int | None, pieces: Iterable[bytes], what: str, trouble: list[OSError] | None = None
) -> Iterator[bytes]:
    """Feed a job until it is done, yielding what it makes in pieces of at most 256 KiB."""
    lib = _library()
    if not job:
        raise Invalid(what=what, problems=say("impossible sizes"))
    room = ctypes.create_string_buffer(2**18)
    buffers = _Buffers()
    source = iter(pieces)
    piece = b""
    try:
        result = _BLOCKED
        while result == _BLOCKED:
            if not buffers.avail_in and not buffers.eof_in:
                piece = bytes(next(source, b""))
                buffers.next_in = ctypes.cast(ctypes.c_char_p(piece), ctypes.c_void_p)
                buffers.avail_in = len(piece)
                buffers.eof_in = not piece
            buffers.next_out, buffers.avail_out = ctypes.addressof(room), len(room)
            ended = bool(buffers.eof_in) and not buffers.avail_in
            result = lib.rs_job_iter(job, ctypes.byref(buffers))
            made = len(room) - buffers.avail_out
            if made:
                yield room.raw[:made]
            elif ended and result == _BLOCKED:
                result = _INPUT_ENDED
        if trouble:
            raise trouble[0]
        if result == _DONE and (buffers.avail_in or next(source, b"")):
            raise Invalid(what=what, problems=say("something follows its end"))
        if result != _DONE:
            raise Invalid(what=what, problems=_REASONS.get(result, f"librsync error {result}"))
    finally:
        lib.rs_job_free(job)


def _pieces(base: BinaryIO) -> Iterator[bytes]:
    base.seek(0)
    while piece := base.read(PIECE):
        yield piece


@cache
def _library() -> ctypes.CDLL:
    """Load the library with the types of librsync.h."""
    try:
        lib = ctypes.CDLL("librsync.so.2")
    except OSError as error:
        raise Unsupported(what="Sending deltas", reason=say("librsync.so.2 is missing (package librsync2)")) from error
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    signatures: dict[str, tuple[object, list[object]]] = {
        "rs_sig_args": (ctypes.c_int, [ctypes.c_longlong, pointer, pointer, pointer]),
        "rs_sig_begin": (pointer, [size, size, ctypes.c_int]),
        "rs_loadsig_begin": (pointer, [pointer]),
        "rs_build_hash_table": (ctypes.c_int, [pointer]),
        "rs_delta_begin": (pointer, [pointer]),
        "rs_patch_begin": (pointer, [_CopyCallback, pointer]),
        "rs_job_iter": (ctypes.c_int, [pointer, pointer]),
        "rs_job_free": (ctypes.c_int, [pointer]),
        "rs_free_sumset": (None, [pointer]),
        "rs_trace_to": (None, [pointer]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    lib.rs_trace_to(None)  # it would write what a peer sent to our standard error
    return lib
