"""Passwords and secrets of the ways out lie in files that only we read."""

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.store.alert_secrets import mail_password, new_webhook_secret, set_mail_password, webhook_secret


def test_a_password_is_kept_for_us_alone(tmp_path):
    set_mail_password(Disk(), tmp_path / "keys", "geheim ñ")
    assert mail_password(tmp_path / "keys") == "geheim ñ"
    assert (tmp_path / "keys" / "mail.secret").stat().st_mode & 0o777 == 0o600


def test_what_was_never_given_is_empty(tmp_path):
    assert mail_password(tmp_path) == webhook_secret(tmp_path, 1) == ""


@pytest.mark.parametrize("password", ["one\ntwo", "one\r", "x" * 1001])
def test_a_password_that_no_login_can_carry_is_refused(tmp_path, password):
    with pytest.raises(Invalid):
        set_mail_password(Disk(), tmp_path, password)


def test_each_webhook_has_a_secret_of_its_own_and_a_new_one_when_asked(tmp_path):
    first = new_webhook_secret(Disk(), tmp_path, 1)
    assert first != new_webhook_secret(Disk(), tmp_path, 2)
    assert webhook_secret(tmp_path, 1) == first
    assert new_webhook_secret(Disk(), tmp_path, 1) != first
    assert (tmp_path / "webhook-1.secret").stat().st_mode & 0o777 == 0o600


def test_a_secret_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "mail.secret").write_bytes(b"\xff\xfe")
    with pytest.raises(Invalid, match=r"mail\.secret"):
        mail_password(tmp_path)
