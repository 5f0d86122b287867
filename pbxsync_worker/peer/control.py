"""What one host asks another one to do, beside giving its state: be there, take a catalogue, execute and tell."""

from collections.abc import Iterator
from dataclasses import dataclass

from pbxsync_worker.core.model.errors import HostUnreachable, Invalid, NotAllowed, PeerLied
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.run import Move, Run, State
from pbxsync_worker.core.model.sent import Sent
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store.catalogues import Signed
from pbxsync_worker.core.store.runs import Result, SavedPlan
from pbxsync_worker.core.wire import unpack
from pbxsync_worker.peer.exchange import Exchange, following, nothing_more
from pbxsync_worker.peer.messages import (
    Ask,
    Cancel,
    Contents,
    Done,
    Follow,
    Give,
    Message,
    Ping,
    Pong,
    SourceChanged,
    Status,
    Undefined,
)
from pbxsync_worker.peer.status import moves_of, result_of

MAX_STATUS = 2**26
MAX_WAIT = 25.0


@dataclass(frozen=True, slots=True)
class RunStatus:
    """What the host that executes a run tells of it since.

    result: None before anything was measured; plan: None where it was not asked for or does not exist yet.
    """

    moves: tuple[Move, ...]
    result: Result | None = None
    plan: SavedPlan | None = None


class PeerControl:
    """Requests to one host; each may be repeated."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    @property
    def requests(self) -> int:
        """Return how many requests were sent so far, answered or not."""
        return self._exchange.requests

    def ping(self) -> Pong:
        """Return who is there; raise HostUnreachable."""
        answer = self._exchange.one("/v1/ping", Ping())
        if not isinstance(answer, Pong):
            raise PeerLied(host=self._exchange.host, reason="its answer to a ping is something else")
        return answer

    def give_catalogue(self, signed: Signed) -> None:
        """Give a catalogue; raise PeerRefused where the other host knows a newer one."""
        self._done("/v1/catalogue", Give(signed.document, signed.signer, signed.signature))

    def ask_run(self, run: Run, signed: Signed, wait_seconds: float = 0.0) -> RunStatus:
        """Ask the run's target to execute it, and follow it; the catalogue travels where it does not know it.

        Raise NotAllowed where the job of the catalogue has another source than the run.
        """
        if not run.goal and signed.catalogue.job(run.job).source != run.source:
            raise NotAllowed(reason=say("job {job} has another source by now", job=run.job))
        catalogue = digest_of(signed.document)
        asked = Ask(run.id, run.group, run.job, catalogue, run.mode, run.requested_by, run.goal, run.expect_plan)
        follow = self._following(run.id, 1, wait_seconds, plan=True)
        given = Give(signed.document, signed.signer, signed.signature)
        turns: tuple[tuple[Message, ...], ...] = ((asked, follow), (given, asked, follow))
        for messages in turns:
            with self._exchange.blamed():
                answer = self._exchange.ask("/v1/run", messages, MAX_STATUS)
                first = following(answer)
                if isinstance(first, Undefined) and messages[0] is asked:
                    nothing_more(answer)
                    continue
                if not isinstance(first, Done):
                    raise Invalid(what="answer", problems="it does not say that the run is taken")
                return self._taken(answer)
        raise AssertionError  # the loop ends by its second turn at the latest

    def _taken(self, answer: Iterator[Message | bytes]) -> RunStatus:
        """Return how a run goes that is at its target, whether or not the link lasts so long."""
        try:
            return _status(answer, State.REQUESTED.value)
        except HostUnreachable:
            return RunStatus(())

    def follow(
        self, run_id: str, after_move: int = 0, wait_seconds: float = MAX_WAIT, *, plan: bool = False, before: str = ""
    ) -> RunStatus:
        """Return how a run is: at its end, soon after moves later than `after_move`, or after `wait_seconds`.

        before: its state after that move.
        """
        with self._exchange.blamed():
            asked = self._following(run_id, after_move, wait_seconds, plan=plan)
            return _status(self._exchange.ask("/v1/follow", [asked], MAX_STATUS), before)

    def _following(self, run_id: str, after: int, wait: float, *, plan: bool) -> Follow:
        return Follow(run_id, after, min(wait, MAX_WAIT), plan, self._exchange.streams.accepted)

    def cancel(self, run_id: str, who: str) -> None:
        """Ask a run to take itself back."""
        self._done("/v1/cancel", Cancel(run_id, who))

    def changed(self, group: str, job: str) -> None:
        """Tell the host that coordinates a job that something changed here, at its source."""
        self._done("/v1/changed", SourceChanged(group, job))

    def _done(self, path: str, *messages: Message) -> None:
        with self._exchange.blamed():
            if list(self._exchange.ask(path, messages, 2**16)) != [Done()]:
                raise Invalid(what="answer", problems="it does not say that it is done")


def _status(answer: Iterator[Message | bytes], before: str) -> RunStatus:
    """Return the status that an answer tells to its end; before: the state before its first move."""
    status = following(answer)
    if not isinstance(status, Status):
        raise Invalid(what="answer", problems="it is not the status of the run")
    rest = list(answer)
    sent = Sent()
    if rest and isinstance(rest[0], Contents):
        sent, rest = rest[0].sent, rest[1:]
    packed = b"".join(piece for piece in rest if isinstance(piece, bytes))
    if len(packed) != sum(len(piece) if isinstance(piece, bytes) else -1 for piece in rest):
        raise Invalid(what="answer", problems="something else than a plan follows the status")
    saved = unpack(packed, SavedPlan) if packed else None
    return RunStatus(tuple(moves_of(status, before)), result_of(status, sent), saved)
