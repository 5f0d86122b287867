"""What a coordinating host may ask of this one: take a catalogue, execute, follow and cancel runs."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from msgspec import structs

from pbxsync_worker.core.model.coherence import check_jobs
from pbxsync_worker.core.model.errors import Invalid, NotAllowed, NotFound
from pbxsync_worker.core.model.host import Catalogue, Job, Peer, PeerState, Right
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.run import ENDED, Move, Run, State
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.store.catalogues import Signed
from pbxsync_worker.core.store.runs import Result
from pbxsync_worker.peer.checks import check_dataset
from pbxsync_worker.peer.digests import catalogue_digest
from pbxsync_worker.peer.identity import Identity, verify
from pbxsync_worker.peer.messages import (
    Ask,
    Cancel,
    Contents,
    Done,
    Follow,
    Give,
    Message,
    SourceChanged,
    Undefined,
    Wait,
)
from pbxsync_worker.peer.status import packed_plan, shortened, status_of
from pbxsync_worker.peer.wire import SENT, cut

M = TypeVar("M")

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LOOK = 0.1
_SOON = 1.0
"""Seconds within which several moves are told together."""
_SIGN_OF_LIFE = 10.0
"""Seconds after which it is told that a run is still at what it does."""
PATIENCE = 25.0
"""Seconds after which a question how a run is has its last answer, although the run goes on."""
_MOVES = 1000


class Orders:
    """Answers `catalogue`, `run`, `follow` and `cancel`."""

    def __init__(
        self,
        identity: Identity,
        store: Store,
        enqueue: Callable[[str], None],
        clock: Clock,
        patience: float = PATIENCE,
    ) -> None:
        """Put the parts together; patience: seconds of a run that one answer tells of, at most."""
        self._identity = identity
        self._store = store
        self._enqueue = enqueue
        self._clock = clock
        self._patience = patience

    def give(self, peer: Peer, messages: Sequence[Message | bytes]) -> Iterator[Message]:
        """Take a catalogue that a member of the group has signed."""
        self._take(peer, _only(messages, Give))
        yield Done()

    def ask(self, peer: Peer, messages: Sequence[Message | bytes]) -> Iterator[Message | bytes]:
        """Take a run of a job, store it, wake a worker and tell how it is; the same run twice is fine.

        The catalogue of the job comes along, or is the one that is known here.
        """
        *given, order, following = messages if len(messages) > 1 else (None, None)
        asked = _only([order], Ask)
        if given:
            self._take(peer, _only(given, Give))
        signed = self._catalogue(asked)
        if signed is None:
            if given:
                raise NotAllowed(reason=say("the catalogue is not the one that the run names"))
            yield Undefined()
            return
        run = self._run_of(peer, asked, signed.catalogue)
        self._store.runs.request((run,))
        self._enqueue(run.id)
        self._store.audit.add(
            f"host {peer.host.name}",
            "asked for a run",
            say("run {run} of {name}", run=run.id, name=f"{run.group}/{run.job}"),
        )
        yield Done()
        yield Wait()  # leaves at once: who asked must know that the run is taken, whatever becomes of the rest
        yield from self.follow(peer, [following])

    def follow(self, _: Peer, messages: Sequence[Message | bytes | None]) -> Iterator[Message | bytes]:
        """Tell how a run is, again and again as it moves: until it ends, waits for its rules, or the time is over."""
        asked = _only(messages, Follow)
        run, runs = self._run(asked.run), self._store.runs
        until = self._clock.monotonic() + min(asked.wait, self._patience)
        told, plan_wanted = Result(), asked.plan
        while True:
            moves = self._moves(run, asked.after, until)
            result = runs.result(run.id)
            plan = runs.plan(run.id) if plan_wanted else None
            if result.sent.ways and result.sent != told.sent and SENT in asked.accept:
                yield Contents(shortened(result.sent))
            if plan is not None:
                yield from cut([packed_plan(plan)])
                plan_wanted = False
            waits = run.state is State.WAITING and not moves  # its rules may want hours
            over = run.ended or waits or _is_over(moves) or self._clock.monotonic() >= until
            yield status_of(moves, result if result != told else Result(), more=not over)
            if over:
                return
            told = result
            yield Wait()  # what was told leaves at once
            if moves:
                run = replace(run, state=moves[-1].after)
                asked = structs.replace(asked, after=moves[-1].number)

    def _moves(self, run: Run, after: int, until: float) -> tuple[Move, ...]:
        """Wait for moves of a run: what moves now most likely moves again soon, and both are told at once."""
        clock, runs = self._clock, self._store.runs
        until = min(until, clock.monotonic() + (_SOON if run.state is State.WAITING else _SIGN_OF_LIFE))
        moves: tuple[Move, ...] = ()
        while not (run.ended or _is_over(moves)) and clock.monotonic() < until:
            found = runs.moves(run.id, after)
            if found and not moves:
                until = min(until, clock.monotonic() + _SOON)
            moves = found
            if not _is_over(moves):
                clock.sleep(_LOOK)
        return runs.moves(run.id, after)[:_MOVES]

    def cancel(self, peer: Peer, messages: Sequence[Message | bytes]) -> Iterator[Message]:
        """Ask a run to take itself back."""
        asked = _only(messages, Cancel)
        who = f"{asked.who[:80]} at {peer.host.name}"
        run = self._store.runs.cancel(self._run(asked.run).id, who)
        self._store.audit.add(who, "cancel", say("run {run}", run=run.id))
        self._enqueue(run.id)
        yield Done()

    def changed(self, peer: Peer, messages: Sequence[Message | bytes]) -> Iterator[Message]:
        """Write down that a job's source has changed, which only that source can say."""
        told = _only(messages, SourceChanged)
        if self._store.catalogues.current(told.group).job(told.job).source != peer.host.id:
            raise NotAllowed(
                reason=say("host {name} is not the source of job {job}", name=peer.host.name, job=told.job)
            )
        self._store.occurrences.tell_change([(told.group, told.job)])
        yield Done()

    def _run(self, identity: str) -> Run:
        run = self._store.runs.get(identity)
        if run.id != identity or not run.here:
            raise NotFound(what="run", name=identity)
        return run

    def _take(self, peer: Peer, given: Give) -> None:
        signed = Signed(given.document, given.signer, given.signature)
        if not verify(self._signer(given.signer), given.document, given.signature):
            raise NotAllowed(reason=say("the signature of the catalogue is wrong"))
        new = signed.catalogue
        known = _known(self._store, new.group)
        if known is not None and self._store.catalogues.signed(new.group) == signed:
            return
        if given.signer not in [host.id for host in (known or new).hosts]:
            raise NotAllowed(reason=say("the signer is not a member of the group {group}", group=new.group))
        check_jobs(new)
        for dataset in new.datasets:
            check_dataset(dataset, dataset.places)  # what is open to whom is asked when a run reads or writes
        self._store.catalogues.save(signed)
        about = say("{name} version {version}", name=new.group, version=new.version)
        self._store.audit.add(f"host {peer.host.name}", "gave a catalogue", about)

    def _signer(self, identity: str) -> bytes:
        if identity == self._identity.id:
            return self._identity.certificate
        return self._trusted(identity, Right.COORDINATE).certificate

    def _trusted(self, identity: str, right: Right) -> Peer:
        for peer in self._store.hosts.peers(PeerState.PAIRED):
            if peer.host.id == identity and right in peer.policy.rights:
                return peer
        raise NotAllowed(
            reason=say(
                "host {identity} does not have the right to {value} here", identity=identity[:12], value=right.value
            )
        )

    def _catalogue(self, asked: Ask) -> Signed | None:
        """Return the catalogue that a run names, None where another one is known here."""
        try:
            known = self._store.catalogues.signed(asked.group)
        except NotFound:
            return None
        if catalogue_digest(known.document) != asked.catalogue:
            return None
        self._signer(known.signer)  # its right may have been taken back since
        return known

    def _run_of(self, peer: Peer, asked: Ask, catalogue: Catalogue) -> Run:
        """Return the run as it begins here.

        Its turn is the coordinator's affair, and only this host's own people release its brake.
        """
        if not _ID.fullmatch(asked.id):
            raise Invalid(what="Run", problems=say("its id is not usable"))
        by = f"{asked.by[:80]} at {peer.host.name}"
        source = self._identity.id if asked.goal else self._source(catalogue.job(asked.job))
        return Run(
            id=asked.id, group=asked.group, job=asked.job, source=source, target=self._identity.id, mode=asked.mode,
            state=State.REQUESTED, goal=asked.goal, expect_plan=asked.plan, requested_by=by,
        )  # fmt: skip

    def _source(self, job: Job) -> str:
        if self._identity.id not in job.targets:
            raise NotAllowed(reason=say("job {name} does not bring this host in step with anybody", name=job.name))
        self._trusted(job.source, Right.WRITE)
        return job.source


def _is_over(moves: Sequence[Move]) -> bool:
    return bool(moves) and moves[-1].after in ENDED


def _known(store: Store, group: str) -> Catalogue | None:
    try:
        return store.catalogues.current(group)
    except NotFound:
        return None


def _only(messages: Sequence[Message | bytes | None], kind: type[M]) -> M:
    first = messages[0] if len(messages) == 1 else None
    if not isinstance(first, kind):
        raise Invalid(what="request", problems=f"one {kind.__name__} was expected")
    return first
