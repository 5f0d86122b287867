"""A host's identity: made once, private, bound to its key; and the words people compare."""

import hashlib
import ssl
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.peer.identity import fingerprint, own_identity, pem, verify, words


@pytest.fixture
def host(tmp_path):
    return own_identity(tmp_path / "keys", Disk())


@pytest.fixture
def other(tmp_path):
    return own_identity(tmp_path / "other", Disk())


def test_it_is_made_once_and_stays(host, tmp_path):
    again = own_identity(tmp_path / "keys", Disk())
    assert again.id == host.id
    assert again.certificate == host.certificate


def test_two_hosts_are_two_identities(host, other):
    assert host.id != other.id


def test_only_its_owner_can_read_the_key(host):
    assert host.key_file.stat().st_mode & 0o777 == 0o600


def test_it_refuses_a_key_that_others_can_read(host, tmp_path):
    host.key_file.chmod(0o640)
    with pytest.raises(Invalid, match="can read it"):
        own_identity(tmp_path / "keys", Disk())


def test_it_refuses_a_certificate_of_another_key(host, other, tmp_path):
    host.certificate_file.write_bytes(other.certificate_file.read_bytes())
    with pytest.raises(Invalid, match="does not belong"):
        own_identity(tmp_path / "keys", Disk())


def test_it_makes_a_lost_certificate_again_for_the_same_key(host, tmp_path):
    host.certificate_file.unlink()
    assert own_identity(tmp_path / "keys", Disk()).id == host.id


def test_the_identity_is_the_hash_of_the_public_key(host):

    key = x509.load_der_x509_certificate(host.certificate).public_key()
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert host.id == hashlib.sha256(spki).hexdigest() == fingerprint(host.certificate)


def test_openssl_accepts_the_pair(host):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(host.certificate_file, host.key_file)
    context.load_verify_locations(cadata=pem(host.certificate))


def test_a_signature_holds_for_its_bytes_and_its_key_only(host, other):
    signature = host.sign(b"the catalogue")
    assert verify(host.certificate, b"the catalogue", signature)
    assert not verify(host.certificate, b"another catalogue", signature)
    assert not verify(other.certificate, b"the catalogue", signature)
    assert not verify(host.certificate, b"the catalogue", b"no signature")


@pytest.mark.parametrize("bad", [b"", b"nonsense", b"\x30\x82" + b"\xff" * 100, b"x" * 5000])
def test_it_refuses_what_is_no_certificate(bad):
    with pytest.raises(Invalid):
        fingerprint(bad)


def test_it_refuses_another_kind_of_key():

    key = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
    made = builder.not_valid_after(datetime(2030, 1, 1, tzinfo=UTC)).sign(key, None)
    with pytest.raises(Invalid, match="P-256"):
        fingerprint(made.public_bytes(serialization.Encoding.DER))


def test_both_hosts_show_the_same_six_words(host, other):
    ours = words(host.certificate, other.certificate, b"salt")
    assert ours == words(other.certificate, host.certificate, b"salt")
    assert len(ours.split()) == 6
    assert all(len(word) == 4 and word.isalpha() for word in ours.split())


def test_another_certificate_or_another_code_gives_other_words(host, other, tmp_path):
    third = own_identity(tmp_path / "third", Disk())
    ours = words(host.certificate, other.certificate, b"salt")
    assert ours != words(host.certificate, third.certificate, b"salt")
    assert ours != words(host.certificate, other.certificate, b"other salt")
