"""The one-time code that a person carries from one host to another: where, who, and a secret."""

import base64
import hashlib
import secrets
from dataclasses import dataclass

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.sentence import say

LIFETIME = 900.0
"""Seconds in which a code can be used, once."""

SECRET = 16
_PREFIX = "PBX"
_VERSION = 1
_CHECK = 4
_FINGERPRINT = 32
_GROUP = 6
_LONGEST = 600


@dataclass(frozen=True, slots=True)
class Code:
    """What a code carries; host: identity (hex) of the host that made it; address: "name-or-ip:port" of it."""

    secret: bytes
    host: str
    address: str

    @property
    def key(self) -> bytes:
        """Return what proofs are made with; the host that made the code keeps only this hash of the secret."""
        return hashlib.sha256(b"pbxsync offer 1" + self.secret).digest()

    @property
    def text(self) -> str:
        """Return the code as people see it."""
        body = bytes((_VERSION,)) + self.secret + bytes.fromhex(self.host) + self.address.encode()
        letters = base64.b32encode(body + _check(body)).decode().rstrip("=")
        return "-".join((_PREFIX, *(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))))


def new_code(host: str, address: str) -> Code:
    """Return a code with a fresh secret of 128 bits."""
    return Code(secrets.token_bytes(SECRET), host, address)


def read_code(text: str) -> Code:
    """Return what a code carries, whatever its case, spaces and dashes; raise Invalid for a typo."""
    letters = "".join(text.split()).replace("-", "").upper()
    if not letters.startswith(_PREFIX) or len(letters) > _LONGEST:
        raise Invalid(what="Pairing code", problems=say("it begins with {prefix}", prefix=_PREFIX))
    letters = letters.removeprefix(_PREFIX)
    try:
        raw = base64.b32decode(letters + "=" * (-len(letters) % 8))
        body, check = raw[:-_CHECK], raw[-_CHECK:]
        rest = body[1 + SECRET + _FINGERPRINT :].decode()
    except ValueError as error:
        raise Invalid(what="Pairing code", problems=say("it has a typo")) from error
    if check != _check(body) or len(body) <= 1 + SECRET + _FINGERPRINT:
        raise Invalid(what="Pairing code", problems=say("it has a typo"))
    if body[0] != _VERSION:
        raise Invalid(what="Pairing code", problems=say("it was made by a version that is not known here"))
    return Code(body[1 : 1 + SECRET], body[1 + SECRET : 1 + SECRET + _FINGERPRINT].hex(), rest)


def _check(body: bytes) -> bytes:
    return hashlib.sha256(b"pbxsync code 1" + body).digest()[:_CHECK]
