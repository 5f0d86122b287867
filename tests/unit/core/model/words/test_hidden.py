"""What is a secret, and what only looks like one."""

import pytest

from pbxsync_worker.core.model.words.hidden import hides, is_secret, tells_secret


@pytest.mark.parametrize(
    "name",
    ["secret", "password", "AMPDBPASS", "adminpin", "vmpwd", "password_sha1", "api_key", "FPBX_ARI_PASSWORD", "token"],
)
def test_it_is_a_secret_by_its_name(name):
    assert is_secret(name)


@pytest.mark.parametrize("name", ["callerid", "ringtimer", "pinless", "context", "dtmfmode", "accountcode", "aors"])
def test_it_is_none(name):
    assert not is_secret(name)


@pytest.mark.parametrize(
    "value",
    [
        '{"password": "x"}',
        's:6:"secret";s:1:"x";',
        "-----BEGIN PRIVATE KEY-----",
        "https://user:pw@host/",
        "user:pw@host",
        "SIP/user:pw@host",
        "sip:user:pw@host",
    ],
)
def test_a_value_tells_a_secret(value):
    assert tells_secret(value)


@pytest.mark.parametrize("value", ["sip:2001@host", "Local/2001@from-queue/n,0", "a@example.com", "", None])
def test_a_value_tells_none(value):
    assert not tells_secret(value)


def test_the_value_under_a_keyword_is_hidden_with_it_and_nothing_else_of_its_row():
    assert hides("data", ("2001", "secret"), ("x",))
    assert not hides("flags", ("2001", "secret"), ("1",))
