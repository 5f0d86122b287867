"""What one host asks another one to do, beside giving its state: be there, take a catalogue, execute and tell."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pbxsync_worker.core.model.errors import HostUnreachable, Invalid, NotAllowed, PeerLied
from pbxsync_worker.core.model.run import Move, Run, State
from pbxsync_worker.core.model.sent import Sent
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store.catalogues import Signed
from pbxsync_worker.core.store.runs import Result, SavedPlan
from pbxsync_worker.peer.digests import catalogue_digest
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
from pbxsync_worker.peer.status import moves_of, result_of, unpacked_plan

MAX_STATUS = 2**26
MAX_STATUSES = 100
MAX_WAIT = 25.0


@dataclass(frozen=True, slots=True)
class RunStatus:
    """What the host that executes a run tells of it since.

    result: None before anything was measured; plan: None where it was not asked for or does not exist yet.
    """

    moves: tuple[Move, ...]
    result: Result | None = None
    plan: SavedPlan | None = None


Heard = Callable[[RunStatus], None]


def not_heard(_: RunStatus) -> None:
    """Leave out what a run does before its last status."""


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

    def ask_run(self, run: Run, signed: Signed, wait_seconds: float = 0.0, heard: Heard = not_heard) -> RunStatus:
        """Ask the run's target to execute it, and follow it; the catalogue travels where it does not know it.

        heard: as for `follow`. Raise NotAllowed where the job of the catalogue has another source than the run.
        """
        if not run.goal and signed.catalogue.job(run.job).source != run.source:
            raise NotAllowed(reason=say("job {job} has another source by now", job=run.job))
        catalogue = catalogue_digest(signed.document)
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
                return self._taken(answer, heard)
        raise AssertionError  # the loop ends by its second turn at the latest

    def _taken(self, answer: Iterator[Message | bytes], heard: Heard) -> RunStatus:
        """Return how a run goes that is at its target, whether or not the link lasts so long."""
        try:
            return _last(answer, State.REQUESTED.value, heard)
        except HostUnreachable:
            return RunStatus(())

    def follow(
        self,
        run_id: str,
        after_move: int = 0,
        wait_seconds: float = MAX_WAIT,
        heard: Heard = not_heard,
        *,
        plan: bool = False,
        before: str = "",
    ) -> RunStatus:
        """Return how a run is at its end, while its rules let it wait, or after `wait_seconds`.

        heard: is told what the run does meanwhile, soon after it did it; each says what is new since the one before,
        and so does what is returned. before: the state after the move `after_move`.
        """
        with self._exchange.blamed():
            asked = self._following(run_id, after_move, wait_seconds, plan=plan)
            return _last(self._exchange.ask("/v1/follow", [asked], MAX_STATUS), before, heard)

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


def _last(answer: Iterator[Message | bytes], before: str, heard: Heard) -> RunStatus:
    """Return the last status that an answer tells, when all others were heard; before: as for `follow`."""
    for number, (status, more) in enumerate(_statuses(answer, before)):
        if number == MAX_STATUSES:
            raise Invalid(what="answer", problems="it tells of the run again and again")
        if not more:
            nothing_more(answer)
            return status
        heard(status)
    raise Invalid(what="answer", problems="it is not the status of the run")


def _statuses(answer: Iterator[Message | bytes], before: str) -> Iterator[tuple[RunStatus, bool]]:
    """Yield each status with what was told before it, and whether another follows."""
    sent, pieces = Sent(), list[bytes]()
    for message in answer:
        if isinstance(message, bytes):
            pieces.append(message)
        elif isinstance(message, Contents):
            sent = message.sent
        elif isinstance(message, Status):
            moves = tuple(moves_of(message, before))
            before = moves[-1].after.value if moves else before
            plan = unpacked_plan(b"".join(pieces)) if pieces else None
            yield RunStatus(moves, result_of(message, sent), plan), message.more
            sent, pieces = Sent(), []
        else:
            raise Invalid(what="answer", problems=f"{type(message).__name__} was not to be expected")
