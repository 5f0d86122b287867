"""The two secrets of the web admin: the key that signs sessions, and the one-time token of the first set-up."""

import hmac
import os
import secrets

from pbxsync_web.parts import Parts
from pbxsync_worker.core.durable import open_folder, put_file

SESSION_KEY = "web.key"
SETUP_TOKEN = "setup.token"  # noqa: S105 - the name of a file


def session_key(parts: Parts) -> str:
    """Return the key that signs session cookies, made on first use (0600)."""
    path = parts.settings.keys / SESSION_KEY
    if not path.exists():
        put_file(parts.disk, path, secrets.token_hex(32).encode())
    return path.read_text(encoding="ascii").strip()


def offer_setup(parts: Parts) -> None:
    """Make the set-up token (0600) while nobody can log in; whoever can read it on the host is its administrator."""
    path = parts.settings.keys / SETUP_TOKEN
    if parts.store.people.count() == 0 and not path.exists():
        put_file(parts.disk, path, (secrets.token_urlsafe(24) + "\n").encode())


def is_setup_token(parts: Parts, given: str) -> bool:
    """Tell whether this is the set-up token."""
    try:
        expected = (parts.settings.keys / SETUP_TOKEN).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return False
    return bool(expected) and hmac.compare_digest(expected.encode(), given.strip().encode())


def end_setup(parts: Parts) -> None:
    """Remove the set-up token once the first administrator exists."""
    folder = open_folder(parts.settings.keys)
    try:
        parts.disk.remove(folder, SETUP_TOKEN.encode())
        parts.disk.sync(folder)
    finally:
        os.close(folder)
