"""A database on another machine is reached by TLS only, and only where its certificate is the right one."""

import datetime as dt
import ipaddress
import socket

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pbxsync_worker.core.model.errors import DatabaseRefused, DatabaseSilent
from pbxsync_worker.datasets.mysql import Link, Login
from scripts.lab.mariadb import MariaDb, NoMariaDb

pytestmark = pytest.mark.integration


def certificate(folder, name):
    """Write a certificate for 127.0.0.1 that signs itself, and its key; return the certificate's path."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(1)).not_valid_after(now + dt.timedelta(1))
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = builder.add_extension(address, critical=False).sign(key, hashes.SHA256())
    path = folder / f"{name}.pem"
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / f"{name}.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    return path


@pytest.fixture
def remote(tmp_path):
    """Give a login by TCP and TLS, with a password."""
    ours = certificate(tmp_path, "ours")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ("--skip-networking=0", "--bind-address=127.0.0.1", f"--port={port}")
    server = MariaDb(tmp_path / "db", (*options, f"--ssl-cert={ours}", f"--ssl-key={tmp_path}/ours.key"))
    try:
        server.start()
    except NoMariaDb as error:
        pytest.skip(str(error))
    server.client("CREATE DATABASE a; CREATE USER u@'%' IDENTIFIED BY 'secret' REQUIRE SSL; GRANT ALL ON a.* TO u@'%'")
    yield Login("u", lambda: "secret", "a", host="127.0.0.1", port=port, ca=str(ours))
    server.close()


def again(login, **other):
    names = ("user", "password", "database", "host", "port", "ca")
    return Login(**{name: getattr(login, name) for name in names} | other)


def test_it_speaks_tls_to_the_right_server(remote):
    link = Link(remote)
    assert link.all(b"SHOW STATUS LIKE 'Ssl_version'") == [(b"Ssl_version", b"TLSv1.3")]
    link.close()


def test_it_refuses_a_server_with_another_certificate(remote, tmp_path):
    with pytest.raises((DatabaseSilent, DatabaseRefused), match=r"(?i)certificate"):
        Link(again(remote, ca=str(certificate(tmp_path, "other"))))


def test_a_wrong_password_is_refused_and_not_told(remote):
    with pytest.raises(DatabaseRefused, match="Access denied") as caught:
        Link(again(remote, password=lambda: "wrong-one"))
    assert "wrong-one" not in str(caught.value)
