"""What one main file with all it includes comes to: its issues and its counts, without the lines themselves.

The lines of a PBX with a thousand phones are tens of megabytes in memory; this is what the checks ask of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pbxsync_worker.asterisk.applications import NAMES
from pbxsync_worker.asterisk.config import Config, read_config
from pbxsync_worker.asterisk.dialplan import Dialplan, read_dialplan
from pbxsync_worker.asterisk.pjsip import pjsip_issues, pjsip_type
from pbxsync_worker.asterisk.reuse import Reused
from pbxsync_worker.asterisk.trouble import Issue
from pbxsync_worker.core.model.pbx import Level
from pbxsync_worker.core.model.ports import ConfigView

PJSIP_COUNTS = {
    "endpoint": "endpoints",
    "aor": "aors",
    "auth": "auths",
    "identify": "identifies",
    "registration": "registrations",
}
_NOT_MAILBOXES = frozenset({"general", "zonemessages"})


@dataclass(frozen=True, slots=True)
class Summary:
    """One main file, or one part where the main file cannot be read.

    files, reaches: as of Config; objects: sections that are no templates; issues: in the order in which they stand;
    counts: objects that Asterisk should have, by name of the count; valid: Asterisk would accept the file; complete:
    everything it would read was read; exact: the dialplan depends on nothing that only Asterisk knows.
    """

    files: frozenset[str]
    reaches: frozenset[str]
    objects: int
    issues: tuple[Issue, ...]
    counts: Mapping[str, int]
    valid: bool
    complete: bool
    exact: bool


_KNOWN: Reused[Summary | None] = Reused()


def summary_of(view: ConfigView, path: str, main: str) -> Summary | None:
    """Return what a file comes to, None where there is none; main: the file that it is, or is a part of."""
    return _KNOWN.get((path, main), view, lambda traced: _made(traced, path, main))


def _made(view: ConfigView, path: str, main: str) -> Summary | None:
    config = read_config(view, path, part=path != main)
    if config is None:
        return None
    plan = read_dialplan(config) if main == "extensions.conf" else None
    return Summary(
        files=config.files,
        reaches=config.reaches,
        objects=sum(1 for _ in config.objects()),
        issues=tuple(_issues(config, main, plan)),
        counts=_counts(config, main, plan),
        valid=config.valid,
        complete=config.complete,
        exact=plan is None or plan.exact,
    )


def _issues(config: Config, main: str, plan: Dialplan | None) -> Iterator[Issue]:
    for fault in config.faults:
        cut = "; Asterisk would drop the rest of the file" if fault.cuts else ""
        key = (fault.where.file, fault.sentence, fault.text)
        yield Issue(key, Level.FATAL, str(fault.where), fault.sentence + cut)
    for where, command in config.execs:
        yield Issue(("exec", where.file, command), Level.HOLD, str(where), "#exec would run a program of this host")
    if plan is not None:
        yield from _dialplan_issues(plan)
    if main == "pjsip.conf":
        yield from pjsip_issues(config)


def _dialplan_issues(plan: Dialplan) -> Iterator[Issue]:
    for fault in plan.faults:
        key = (fault.where.file, fault.sentence, fault.text)
        yield Issue(key, Level.FATAL, str(fault.where), f"{fault.sentence}; Asterisk would skip the line")
    for name, where in plan.applications.items():
        # A module from elsewhere may bring its own: what the host used before is not questioned (see lint.py).
        if name not in NAMES:
            yield Issue(("application", name), Level.HOLD, str(where), f"no Asterisk has the application '{name}'")


def _counts(config: Config, main: str, plan: Dialplan | None) -> Mapping[str, int]:
    if plan is not None:
        return {"contexts": len(plan.contexts), "priorities": len(plan.priorities)}
    count = _COUNTED.get(main)
    return {} if count is None else count(config)


def _pjsip(config: Config) -> dict[str, int]:
    names: dict[str, set[str]] = {kind: set() for kind in PJSIP_COUNTS}
    for section in config.objects():
        names.get(pjsip_type(section), set()).add(section.name)
    return {PJSIP_COUNTS[kind]: len(found) for kind, found in names.items()}


def _queues(config: Config) -> dict[str, int]:
    return {"queues": len({one.name.lower() for one in config.objects()} - {"general"})}


def _mailboxes(config: Config) -> dict[str, int]:
    aliases = {one.get("aliasescontext").lower() for one in config.sections if one.name.lower() == "general"}
    boxes = {
        (section.name, setting.name)
        for section in config.objects()
        if section.name.lower() not in _NOT_MAILBOXES | aliases
        for setting in section.settings
    }
    return {"mailboxes": len(boxes)}


def _music(config: Config) -> dict[str, int]:
    return {"moh_classes": len({one.name.lower() for one in config.objects()} - {"general"})}


_COUNTED = {
    "pjsip.conf": _pjsip,
    "queues.conf": _queues,
    "voicemail.conf": _mailboxes,
    "musiconhold.conf": _music,
}
COUNTED = ("pjsip.conf", "extensions.conf", "queues.conf", "voicemail.conf", "musiconhold.conf")
"""The main files of which objects are counted."""
