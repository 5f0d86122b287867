"""What one host asks another one to do, beside giving its state: be there, take a catalogue, execute and tell."""

from dataclasses import dataclass

from pbxsync_worker.core.model.errors import Invalid, PeerLied
from pbxsync_worker.core.model.run import Move, Run
from pbxsync_worker.core.store.catalogues import Signed
from pbxsync_worker.core.store.runs import Result, SavedPlan
from pbxsync_worker.core.wire import unpack
from pbxsync_worker.peer.exchange import Exchange, following
from pbxsync_worker.peer.messages import Ask, Cancel, Done, Follow, Give, Message, Ping, Pong, Status

MAX_STATUS = 2**26
MAX_WAIT = 25.0
_TEXT = 8000
"""Letters of a sentence; what a plan does is one."""


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A run as the host that executes it tells; plan: None where it was not asked for or does not exist yet."""

    run: Run
    moves: tuple[Move, ...]
    result: Result
    plan: SavedPlan | None = None


class PeerControl:
    """Requests to one host; each may be repeated."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def ping(self) -> Pong:
        """Return who is there; raise HostUnreachable."""
        answer = self._exchange.one("/v1/ping", Ping())
        if not isinstance(answer, Pong):
            raise PeerLied(host=self._exchange.host, reason="its answer to a ping is something else")
        return answer

    def give_catalogue(self, signed: Signed) -> None:
        """Give a catalogue; raise PeerRefused where the other host knows a newer one."""
        self._done("/v1/catalogue", Give(signed.document, signed.signer, signed.signature))

    def ask_run(self, run: Run, signed: Signed) -> None:
        """Ask the run's target to execute it, together with the catalogue that has its job."""
        self._done("/v1/run", Give(signed.document, signed.signer, signed.signature), Ask(run))

    def follow(
        self, run_id: str, after_move: int = 0, wait_seconds: float = MAX_WAIT, *, plan: bool = False
    ) -> RunStatus:
        """Return how a run is as soon as it has moves later than `after_move`, at the latest after `wait_seconds`."""
        message = Follow(run_id, after_move, min(wait_seconds, MAX_WAIT), plan, self._exchange.streams.accepted)
        with self._exchange.blamed():
            answer = self._exchange.ask("/v1/follow", [message], MAX_STATUS)
            status = following(answer)
            if not isinstance(status, Status) or status.run.id != run_id:
                raise Invalid(what="answer", problems="it is not the status of the run")
            rest = list(answer)
            packed = b"".join(piece for piece in rest if isinstance(piece, bytes))
            if len(packed) != sum(len(piece) if isinstance(piece, bytes) else -1 for piece in rest):
                raise Invalid(what="answer", problems="something else than a plan follows the status")
            _check_texts(status)
            saved = unpack(packed, SavedPlan) if packed else None
        return RunStatus(status.run, status.moves, status.result, saved)

    def cancel(self, run_id: str, who: str) -> None:
        """Ask a run to take itself back."""
        self._done("/v1/cancel", Cancel(run_id, who))

    def close(self) -> None:
        """Close the connection."""
        self._exchange.close()

    def _done(self, path: str, *messages: Message) -> None:
        with self._exchange.blamed():
            if list(self._exchange.ask(path, messages, 2**16)) != [Done()]:
                raise Invalid(what="answer", problems="it does not say that it is done")


def _check_texts(status: Status) -> None:
    texts = [status.run.sentence, status.run.error, *(move.sentence + move.error for move in status.moves)]
    if any(len(text) > _TEXT for text in texts):
        raise Invalid(what="answer", problems=f"a sentence has more than {_TEXT} letters")
