"""Who this host is: its own key and certificate, what they sign, and the words two people compare.

A host is the SHA-256 of its public key (SPKI, DER). Certificates are self-signed and never expire in practice: trust
comes from pairing alone, and a PBX with a wrong clock must still reach its peers.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pbxsync_worker.core.durable import Disk, put_file
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.sentence import say

CERTIFICATE = "host.crt"
KEY = "host.key"
MAX_CERTIFICATE = 4096
_FROM = datetime(2000, 1, 1, tzinfo=UTC)
_UNTIL = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280 4.1.2.5: no well-defined expiration
_WORDS = 6
_CONSONANTS, _VOWELS = "bdfghjklmnprstvz", "aiou"


@dataclass(frozen=True, slots=True)
class Identity:
    """This host's own key; id: hex SHA-256 of the public key; certificate: DER."""

    id: str
    certificate: bytes
    certificate_file: Path
    key_file: Path
    _key: ec.EllipticCurvePrivateKey

    def sign(self, data: bytes) -> bytes:
        """Return an ECDSA signature (P-256, SHA-256, DER)."""
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))


def own_identity(keys: Path, disk: Disk) -> Identity:
    """Return this host's identity, making it (0600) where there is none; raise Invalid where it is damaged."""
    key_file, certificate_file = keys / KEY, keys / CERTIFICATE
    if not key_file.exists():
        fresh = ec.generate_private_key(ec.SECP256R1())
        put_file(disk, key_file, _key_pem(fresh))
    key = _read_key(key_file)
    # Key first: where only the certificate is missing, after a crash, it is made again for the same key.
    if not certificate_file.exists():
        put_file(disk, certificate_file, _self_signed(key).public_bytes(serialization.Encoding.PEM))
    certificate = _read_certificate(certificate_file)
    if fingerprint(certificate) != _fingerprint_of(key.public_key()):
        raise Invalid(what=str(certificate_file), problems=say("it does not belong to {key_file}", key_file=key_file))
    return Identity(fingerprint(certificate), certificate, certificate_file, key_file, key)


def fingerprint(certificate: bytes) -> str:
    """Return the identity (hex) that a certificate (DER) stands for; raise Invalid for anything but P-256."""
    return _fingerprint_of(_public_key(certificate))


def verify(certificate: bytes, data: bytes, signature: bytes) -> bool:
    """Tell whether the owner of the certificate (DER) signed these bytes; raise Invalid for a bad certificate."""
    try:
        _public_key(certificate).verify(signature, data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def words(one: bytes, other: bytes, salt: bytes = b"") -> str:
    """Return six words (72 bits) bound to both certificates (DER), the same on both hosts.

    scrypt makes it costly to search for a pair of keys with the same words.
    """
    both = b"".join(sorted(bytes.fromhex(fingerprint(certificate)) for certificate in (one, other)))
    digest = hashlib.scrypt(both, salt=b"pbxsync words 1" + salt, n=2**14, r=8, p=1, dklen=9)
    number = int.from_bytes(digest, "big")
    return " ".join(_word(number >> 12 * place & 0xFFF) for place in reversed(range(_WORDS)))


def pem(certificate: bytes) -> str:
    """Return a DER certificate as PEM text; raise Invalid for a bad one."""
    return _parsed(certificate).public_bytes(serialization.Encoding.PEM).decode()


def _word(number: int) -> str:
    """Return a word of two syllables for 12 bits: consonant (4 bits) and vowel (2 bits), twice."""
    syllables = (number >> 6, number & 0x3F)
    return "".join(_CONSONANTS[syllable >> 2] + _VOWELS[syllable & 3] for syllable in syllables)


def _public_key(certificate: bytes) -> ec.EllipticCurvePublicKey:
    key = _parsed(certificate).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Invalid(what="certificate", problems=say("its key is not ECDSA P-256"))
    return key


def _parsed(certificate: bytes) -> x509.Certificate:
    if len(certificate) > MAX_CERTIFICATE:
        raise Invalid(what="certificate", problems=say("it is too long"))
    try:
        return x509.load_der_x509_certificate(certificate)
    except ValueError as error:
        raise Invalid(what="certificate", problems=str(error)) from error


def _fingerprint_of(key: ec.EllipticCurvePublicKey) -> str:
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    identity = _fingerprint_of(key.public_key())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"pbxsync {identity[:16]}")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(_FROM).not_valid_after(_UNTIL)
    # Not an authority: a peer's certificate must not vouch for another one.
    return builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True).sign(
        key, hashes.SHA256()
    )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    if path.stat().st_mode & 0o077:
        raise Invalid(what=str(path), problems=say("others than its owner can read it"))
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError) as error:
        raise Invalid(what=str(path), problems=str(error)) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Invalid(what=str(path), problems=say("it is not an ECDSA P-256 key"))
    return key


def _read_certificate(path: Path) -> bytes:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(serialization.Encoding.DER)
    except ValueError as error:
        raise Invalid(what=str(path), problems=str(error)) from error
