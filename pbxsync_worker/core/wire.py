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


def to_text(value: object) -> str:
    """Return the JSON of a model value, for columns that hold text; `from_text` gives it back."""
    return msgspec.json.encode(value).decode()


def from_text(text: str, kind: type[T]) -> T:
    """Return the value of this type; raise Invalid for anything else."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Invalid(what="text", problems=str(error)) from error


def unpack(data: bytes, kind: type[T]) -> T:
    """Return the value of this type; raise Invalid for anything else, however it is malformed."""
    decoder = _DECODERS.get(kind)
    if decoder is None:
        decoder = _DECODERS[kind] = msgspec.msgpack.Decoder(kind)
    try:
        return decoder.decode(data)  # type: ignore[return-value]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise Invalid(what="message", problems=str(error)) from error
