"""Values to MessagePack and back, checked against their types; used by journal, store and peer link alike."""

from typing import TypeVar

import msgspec

from pbxsync_worker.core.model.errors import Invalid

T = TypeVar("T")

_ENCODER = msgspec.msgpack.Encoder()
_DECODERS: dict[object, "msgspec.msgpack.Decoder[object]"] = {}


def pack(value: object) -> bytes:
    """Return the MessagePack of a model value."""
    return _ENCODER.encode(value)


def unpack(data: bytes, kind: type[T]) -> T:
    """Return the value of this type; raise Invalid for anything else, however it is malformed."""
    decoder = _DECODERS.get(kind)
    if decoder is None:
        decoder = _DECODERS[kind] = msgspec.msgpack.Decoder(kind)
    try:
        return decoder.decode(data)  # type: ignore[return-value]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise Invalid(what="message", problems=str(error)) from error
