"""What becomes of runs that were cut off; done before any new work, and itself safe to cut off anywhere."""

from collections.abc import Sequence

from pbxsync_worker.core.model.errors import PbxSyncError
from pbxsync_worker.core.model.ports import Written
from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.sync.finish import keep, take_back
from pbxsync_worker.sync.parts import Host

_NOTHING_LIVE = frozenset({State.SCANNING, State.PLANNED, State.STAGED})


def recover(host: Host, unended: Sequence[Run], why: PbxSyncError | None = None) -> tuple[Run, ...]:
    """End every run of this host that was started and not ended; return them as they ended.

    why: what broke them off, None where the worker was simply gone.

    unended: runs executed here that were taken and have not ended; the caller holds the host's lock and has taken
    them, so nobody else can move them.
    """
    written = {one.run: one for one in host.journal.unfinished()}
    ended = [_resolve(host, run, written.pop(run.id, None), why) for run in unended]
    for left in written.values():
        # The run had moved to its end; only the journal was not yet forgotten.
        _forget(host, left)
    return tuple(ended)


def _resolve(host: Host, run: Run, written: Written | None, why: PbxSyncError | None) -> Run:
    if written is not None and written.committed:
        # Again, because the record that was read may not have been on disk yet.
        host.journal.commit(run.id)
        return keep(run, host, written.steps, say("committed; its end was completed after a cut"))
    if run.state in _NOTHING_LIVE:
        host.data.discard(run.id)
        sentence = why.told if why else say("the run was cut off; nothing was changed")
        return host.memory.move(run, State.FAILED, sentence, why.code if why else "interrupted")
    return take_back(run, host, written or Written(run.id, (), ()), why)


def _forget(host: Host, left: Written) -> None:
    if left.committed:
        host.data.settle(left.run, left.steps, host.contents)
    else:
        host.data.discard(left.run)
    host.journal.close(left.run)
