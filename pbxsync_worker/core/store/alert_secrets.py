"""What only this host knows of its ways out: the mail server's password and the secrets of webhooks, in 0600 files."""

import secrets
from pathlib import Path

from pbxsync_worker.core.durable import Disk, put_file
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.sentence import say

MAIL_SECRET = "mail.secret"  # noqa: S105 - the name of a file


def mail_password(keys: Path) -> str:
    """Return the password of the mail server, "" where none was given; raise Invalid where it cannot be read."""
    return _read(keys / MAIL_SECRET)


def set_mail_password(disk: Disk, keys: Path, password: str) -> None:
    """Keep the password of the mail server; raise Invalid for one that no login can carry."""
    if len(password) > 1000 or not password.isprintable():
        raise Invalid(what="password", problems=say("it is one line of printable letters"))
    put_file(disk, keys / MAIL_SECRET, password.encode())


def webhook_secret(keys: Path, number: int) -> str:
    """Return the secret of a subscription's webhook, "" where none was made."""
    return _read(keys / f"webhook-{number}.secret")


def new_webhook_secret(disk: Disk, keys: Path, number: int) -> str:
    """Make a secret for a subscription's webhook, in place of an older one, and return it."""
    made = secrets.token_urlsafe(32)
    put_file(disk, keys / f"webhook-{number}.secret", made.encode())
    return made


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(what=path.name, problems=say("cannot be read: {error}", error=error)) from error
