"""The port through which letters leave this host; `alerts/email.py` and `alerts/webhook.py` are its real parts."""

from typing import Protocol

from pbxsync_worker.core.model.letter import Letter


class Way(Protocol):
    """A way out. Every call ends by its deadline."""

    def send(self, letter: Letter) -> str:
        """Send one letter and return the server's answer.

        After an error nobody knows whether it arrived: send it again, its id stays the same. Raise AlertServerSilent
        where the server takes nothing at all, LetterPutOff where it does not take this letter now, LetterRefused where
        it never will.
        """
        ...

    def close(self) -> None:
        """Let the server go. Repeatable."""
        ...
