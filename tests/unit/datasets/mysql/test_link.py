import mysql.connector
import pytest

from pbxsync_worker.core.model.errors import DatabaseRefused, DatabaseSilent, NoSpace
from pbxsync_worker.datasets.mysql.link import Link, Login, _arguments, _meaning


@pytest.mark.parametrize(
    ("number", "meaning"),
    [
        *((number, DatabaseSilent) for number in (2002, 2003, 2006, 2013, 2055, -1, 1053, 1927)),
        *((number, DatabaseRefused) for number in (1045, 1062, 1205, 1213, 1406, 1698)),
        *((number, NoSpace) for number in (1021, 1114)),
    ],
)
def test_every_error_of_the_driver_has_one_meaning(number, meaning):
    found = _meaning(mysql.connector.Error("text", errno=number), "asterisk")
    assert type(found) is meaning


def test_a_server_that_is_not_there_is_silent(tmp_path):
    with pytest.raises(DatabaseSilent):
        Link(Login("root", str, "asterisk", socket=str(tmp_path / "none.sock")))


def test_tls_is_checked_where_an_authority_is_named():
    arguments = _arguments(Login("u", str, "d", host="db.example", ca="/ca.pem"))
    assert arguments["ssl_verify_cert"] is True
    assert arguments["ssl_verify_identity"] is True


def test_the_password_is_asked_for_and_never_shown():
    login = Login("u", lambda: "secret", "d")
    assert _arguments(login)["password"] == "secret"
    assert "secret" not in repr(login)
