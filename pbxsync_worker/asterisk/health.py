"""Is the PBX what its files say, and what it was? Compares values only; used by controller.py."""

from collections.abc import Iterator, Sequence

from pbxsync_worker.asterisk.expected import Expected
from pbxsync_worker.core.model.pbx import Finding, Level, PbxState
from pbxsync_worker.core.model.plan import EVERYTHING, Reload

COUNTED = {
    "res_pjsip.so": ("endpoints", "aors", "auths", "registrations"),
    "pbx_config.so": ("contexts", "priorities"),
    "app_queue.so": ("queues",),
    "app_voicemail.so": ("mailboxes",),
}
"""The counts that a reload of a module must bring in line with the files."""
MANY = 3
"""From this many on, all of a kind gone at once is no coincidence."""


def compare(before: PbxState, now: PbxState, expected: Expected, reloads: Sequence[Reload]) -> Iterator[Finding]:
    """Give what does not fit; `before` is the look taken before the change."""
    if before.running and not now.running:
        yield Finding(Level.FATAL, "AMI", "Asterisk ran before the change and is down now")
        return
    modules = {reload.module for reload in reloads}
    if EVERYTHING.module in modules:
        modules |= set(COUNTED)
    for module, names in COUNTED.items():
        for name in names:
            if module in modules:
                yield from _against_files(name, now.count(name), expected)
                yield from _wiped(name, before.count(name), now.count(name))
            else:
                yield from _against_before(name, before.count(name), now.count(name))
    yield from _alive(before, now)


def _against_files(name: str, has: int | None, expected: Expected) -> Iterator[Finding]:
    says = expected.counts.get(name)
    if has is None or says is None or has == says or (has > says and name in expected.at_least):
        return
    yield Finding(Level.FATAL, f"count of {name}", f"Asterisk has {has} {name}, its files say {says}")


def _wiped(name: str, had: int | None, has: int | None) -> Iterator[Finding]:
    """Tell of all objects of a kind gone at once, even where the files now say so: an empty file says nothing else."""
    if had is not None and had >= MANY and has == 0:
        yield Finding(Level.FATAL, f"count of {name}", f"all {had} {name} are gone")


def _against_before(name: str, had: int | None, has: int | None) -> Iterator[Finding]:
    if had is None:
        return
    if has is None:
        yield Finding(Level.FATAL, f"count of {name}", f"Asterisk no longer tells its {name}; before, it had {had}")
    elif has < had:
        sentence = f"Asterisk has {has} {name} and had {had}, though nothing of them was reloaded"
        yield Finding(Level.FATAL if not has else Level.WARNING, f"count of {name}", sentence)


def _alive(before: PbxState, now: PbxState) -> Iterator[Finding]:
    if before.contacts and not now.contacts:
        level = Level.FATAL if before.contacts >= MANY else Level.WARNING
        yield Finding(level, "phones", f"all {before.contacts} registered phones are gone")
    if before.calls and not now.calls:
        yield Finding(Level.WARNING, "calls", f"all {before.calls} calls that were in progress have ended")
