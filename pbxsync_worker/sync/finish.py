"""The two ends of a run that has begun to change its host: kept, or taken back. Both can be cut off and repeated."""

from collections.abc import Sequence

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import AsteriskDown, AsteriskRefused, HookFailed, PbxSyncError, Retry
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.core.model.ports import Written
from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.step import Step, Undone, stayed_of
from pbxsync_worker.sync.around import as_it_was, steady
from pbxsync_worker.sync.parts import Host

_NAMES = 5
"""Of what stays as it is: so many names are told."""


def keep(run: Run, host: Host, steps: Sequence[Step], sentence: str) -> Run:
    """Keep what a committed run replaced, remember the new baseline, and forget the journal."""
    host.data.settle(run.id, steps, host.contents)
    host.memory.remember(run)
    run = host.memory.move(run, State.COMMITTED, sentence)
    host.journal.close(run.id)
    return run


def take_back(run: Run, host: Host, written: Written, why: PbxSyncError | None) -> Run:
    """Undo a run that did not commit; repeatable, also after a crash within. Returns it ROLLED_BACK.

    why: None where the run was found cut off.
    """
    live = run.state is State.VERIFYING or run.state is State.ROLLING_BACK
    if run.state is not State.ROLLING_BACK:
        sentence = why.told if why else say("the run was cut off")
        run = host.memory.move(run, State.ROLLING_BACK, sentence, why.code if why else "interrupted")
    steady(run, host, written)
    steps = written.steps
    kept = _undo_all(host, steps)
    host.data.settle(run.id, steps, None)
    trouble = as_it_was(host, written, live=live) if steps else None
    host.lamps([Change(step.change.after, step.change.before) for step in steps])
    host.data.discard(run.id)
    host.journal.close(run.id)
    down = trouble.code if isinstance(trouble, AsteriskDown) else ""
    return host.memory.move(run, State.ROLLED_BACK, _saying(run, kept, trouble), down)


def _undo_all(host: Host, steps: Sequence[Step]) -> list[bytes]:
    """Undo every step that can be undone now, and return the names of what stays.

    Raise Retry afterwards where one must wait, such as for Asterisk.
    """
    kept: list[bytes] = []
    waits: Retry | None = None
    for step in reversed(steps):
        try:
            if host.data.undo(step) is Undone.KEPT:
                kept += stayed_of(host.data, step)
        except Retry as error:
            waits = waits or error
    if waits is not None:
        raise waits
    return kept


def _saying(run: Run, kept: Sequence[bytes], trouble: PbxSyncError | None) -> str:
    if isinstance(trouble, AsteriskDown):
        template = "{why} - files undone, but Asterisk must be started by hand: {trouble}"
        return say(template, why=run.sentence, trouble=trouble.told)
    if kept:
        names, more = ", ".join(map(show_name, kept[:_NAMES])), len(kept) - _NAMES
        if more > 0:
            return say(
                "{why} - undone, but kept what was changed since: {names} and {count} more",
                why=run.sentence,
                names=names,
                count=more,
            )
        return say("{why} - undone, but kept what was changed since: {names}", why=run.sentence, names=names)
    if isinstance(trouble, HookFailed | AsteriskRefused):
        return say("{why} - undone, the host is as it was; but: {trouble}", why=run.sentence, trouble=trouble.told)
    if trouble:
        template = "{why} - files undone, but Asterisk must be restarted, it still holds the change: {trouble}"
        return say(template, why=run.sentence, trouble=trouble.told)
    return say("{why} - undone, the host is as it was", why=run.sentence)
