"""Hosts tell each other how they are, and a host that nobody can call takes what waits for it: the asking side."""

import secrets
from dataclasses import dataclass

from pbxsync_worker.core.model.errors import Invalid, PeerLied, PeerRefused, WrongVersion
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.report import Report
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.peer.exchange import Exchange
from pbxsync_worker.peer.messages import Answered, Collect, Done, End, Message, Tell, Waiting
from pbxsync_worker.peer.reports import check, known_here
from pbxsync_worker.peer.wire import OtherVersion

MAX_REPORT = 2**21
MAX_ERRANDS = 2**25
PADDING = 2**17
"""Bytes that are sent along to measure the way."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the other host answered; seconds: until it came, without its own work; at: our clock when it came."""

    report: Report
    seconds: float
    at: float


class PeerReports:
    """Reports to one host over an exchange of messages."""

    def __init__(self, exchange: Exchange, clock: Clock) -> None:
        self._exchange = exchange
        self._clock = clock

    def tell(self, report: Report, padding: int = 0) -> Heard:
        """Tell how this host is and return how the other one is; raise WrongVersion where it cannot understand.

        padding: bytes that are sent along.
        """
        began = self._clock.monotonic()
        answer = self._one("/v1/report", Tell(report, secrets.token_bytes(padding)))
        seconds, at = self._clock.monotonic() - began, self._clock.now()
        with self._exchange.blamed():
            if not isinstance(answer, Tell):
                raise Invalid(what="answer", problems="it is no report")
            check(answer.report)
        return Heard(known_here(answer.report), max(0.0, seconds - answer.report.took_s), at)

    def collect(self, seconds: float) -> tuple[Waiting, ...]:
        """Return what waits for this host there, after `seconds` at the latest."""
        with self._exchange.blamed():
            *found, end = self._exchange.ask("/v1/errands", [Collect(seconds)], MAX_ERRANDS)
            waiting = tuple(one for one in found if isinstance(one, Waiting))
            if not isinstance(end, End) or not end.count == len(waiting) == len(found):
                raise Invalid(what="answer", problems="what waits was expected")
            return waiting

    def answer(self, number: int, body: bytes) -> None:
        """Give the answer to something that waited."""
        if not isinstance(self._one("/v1/errand", Answered(number, body)), Done):
            raise PeerLied(host=self._exchange.host, reason="it does not say that it is done")

    def close(self) -> None:
        """Close the connection."""
        self._exchange.close()

    def _one(self, path: str, message: Message) -> Message:
        try:
            return self._exchange.one(path, message, MAX_REPORT)
        except PeerLied as error:
            if isinstance(error.__cause__, OtherVersion):
                raise WrongVersion(host=self._exchange.host, reason=error.__cause__.fields["problems"]) from error
            raise
        except PeerRefused as error:
            # Flask's answer for a path that it does not serve.
            if str(error.fields["reason"]).endswith("HTTP 404"):
                raise WrongVersion(host=self._exchange.host, reason=say("it does not know of reports")) from error
            raise
