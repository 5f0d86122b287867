"""What a coordinating host may ask of this one: take a catalogue, execute, follow and cancel runs."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from pbxsync_worker.core.model.errors import Invalid, NotAllowed, NotFound
from pbxsync_worker.core.model.host import Catalogue, Peer, PeerState, Right
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.store.catalogues import Signed
from pbxsync_worker.core.wire import pack
from pbxsync_worker.peer.checks import check_dataset
from pbxsync_worker.peer.identity import Identity, verify
from pbxsync_worker.peer.messages import Ask, Cancel, Done, Follow, Give, Message, Status
from pbxsync_worker.peer.wire import cut

M = TypeVar("M")

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LOOK = 0.25
_MOVES = 1000


class Orders:
    """Answers `catalogue`, `run`, `follow` and `cancel`."""

    def __init__(self, identity: Identity, store: Store, enqueue: Callable[[str], None], clock: Clock) -> None:
        self._identity = identity
        self._store = store
        self._enqueue = enqueue
        self._clock = clock

    def give(self, peer: Peer, messages: Sequence[Message | bytes]) -> Iterator[Message]:
        """Take a catalogue that a member of the group has signed."""
        self._take(peer, _only(messages, Give))
        yield Done()

    def ask(self, peer: Peer, messages: Sequence[Message | bytes]) -> Iterator[Message]:
        """Take a catalogue and a run of one of its jobs, store it and wake a worker; the same run twice is fine."""
        self._take(peer, _only(messages[:1], Give))
        asked = _only(messages[1:], Ask).run
        self._check_run(asked)
        by = f"{asked.requested_by[:80]} at {peer.host.name}"
        run = replace(asked, state=State.REQUESTED, token=0, here=True, cancel_by="", requested_by=by, requested_at=0.0)
        # Its turn is the coordinator's affair; and only this host's own people release its brake.
        run = replace(run, sentence="", error="", moved_at=0.0, rollout="", position=0, approved=False, not_before=0.0)
        self._store.runs.request((run,))
        self._store.audit.add(f"host {peer.host.name}", "asked for a run", f"run {run.id} of {run.group}/{run.job}")
        self._enqueue(run.id)
        yield Done()

    def follow(self, _: Peer, messages: Sequence[Message | bytes]) -> Iterator[Message | bytes]:
        """Tell how a run is, as soon as it has moved or the asked time is over."""
        asked = _only(messages, Follow)
        until = self._clock.monotonic() + asked.wait
        run = self._run(asked.run)
        moves = self._store.runs.moves(run.id, asked.after)
        while not moves and not run.ended and self._clock.monotonic() < until:
            self._clock.sleep(_LOOK)
            moves = self._store.runs.moves(run.id, asked.after)
        yield Status(self._run(run.id), moves[:_MOVES], self._store.runs.result(run.id))
        plan = self._store.runs.plan(run.id) if asked.plan else None
        if plan is not None:
            yield from cut([pack(plan)])

    def cancel(self, peer: Peer, messages: Sequence[Message | bytes]) -> Iterator[Message]:
        """Ask a run to take itself back."""
        asked = _only(messages, Cancel)
        who = f"{asked.who[:80]} at {peer.host.name}"
        run = self._store.runs.cancel(self._run(asked.run).id, who)
        self._store.audit.add(who, "cancel", f"run {run.id}")
        self._enqueue(run.id)
        yield Done()

    def _run(self, identity: str) -> Run:
        run = self._store.runs.get(identity)
        if run.id != identity or not run.here:
            raise NotFound(what="run", name=identity)
        return run

    def _take(self, peer: Peer, given: Give) -> None:
        signed = Signed(given.document, given.signer, given.signature)
        if not verify(self._signer(given.signer), given.document, given.signature):
            raise NotAllowed(reason="the signature of the catalogue is wrong")
        new = signed.catalogue
        known = _known(self._store, new.group)
        if known is not None and self._store.catalogues.signed(new.group) == signed:
            return
        if given.signer not in [host.id for host in (known or new).hosts]:
            raise NotAllowed(reason=f"the signer is not a member of the group {new.group}")
        for dataset in new.datasets:
            check_dataset(dataset, dataset.places)  # what is open to whom is asked when a run reads or writes
        self._store.catalogues.save(signed)
        about = f"{new.group} version {new.version}"
        self._store.audit.add(f"host {peer.host.name}", "gave a catalogue", about)

    def _signer(self, identity: str) -> bytes:
        if identity == self._identity.id:
            return self._identity.certificate
        return self._trusted(identity, Right.COORDINATE).certificate

    def _trusted(self, identity: str, right: Right) -> Peer:
        for peer in self._store.hosts.peers(PeerState.PAIRED):
            if peer.host.id == identity and right in peer.policy.rights:
                return peer
        raise NotAllowed(reason=f"host {identity[:12]} does not have the right to {right.value} here")

    def _check_run(self, run: Run) -> None:
        if not _ID.fullmatch(run.id):
            raise Invalid(what="Run", problems="its id is not usable")
        if run.target != self._identity.id:
            raise NotAllowed(reason="the run is for another host")
        if run.source == self._identity.id:
            if not run.goal:
                raise Invalid(what="Run", problems="a rollback names the state to return to")
            return
        job = self._store.catalogues.current(run.group).job(run.job)
        if run.source != job.source or run.target not in job.targets:
            raise NotAllowed(reason=f"job {job.name} does not bring this host in step with that source")
        self._trusted(run.source, Right.WRITE)


def _known(store: Store, group: str) -> Catalogue | None:
    try:
        return store.catalogues.current(group)
    except NotFound:
        return None


def _only(messages: Sequence[Message | bytes], kind: type[M]) -> M:
    first = messages[0] if len(messages) == 1 else None
    if not isinstance(first, kind):
        raise Invalid(what="request", problems=f"one {kind.__name__} was expected")
    return first
