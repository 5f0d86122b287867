"""How many objects of each kind the configuration says there should be; pure, used by health.py and lint.py."""

from collections.abc import Mapping
from dataclasses import dataclass

from pbxsync_worker.asterisk.config import Config, Section, read_config
from pbxsync_worker.asterisk.dialplan import read_dialplan
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
class Expected:
    """counts: objects by name of the count; at_least: counts that other sources (realtime, wizard) may exceed."""

    counts: Mapping[str, int]
    at_least: frozenset[str] = frozenset()


def expected_counts(view: ConfigView) -> Expected:
    """Count what the files say; a main file that is missing, or that Asterisk would refuse, gives no counts."""
    counts: dict[str, int] = {}
    at_least: set[str] = set()
    realtime = _mapped(view, "extconfig.conf") or _mapped(view, "sorcery.conf")
    for main, count in _COUNTED.items():
        config = read_config(view, main)
        if config is None or not config.valid:
            continue
        found = count(config)
        counts |= found
        if realtime or not config.complete:
            at_least |= found.keys()
    if _mapped(view, "pjsip_wizard.conf"):
        at_least |= set(PJSIP_COUNTS.values())
    dialplan = read_config(view, "extensions.conf")
    if dialplan is not None and not read_dialplan(dialplan).exact:
        at_least.add("priorities")
    return Expected(counts, frozenset(at_least))


def pjsip_type(section: Section) -> str:
    """Return what a section of pjsip.conf is, or an empty text."""
    return section.get("type").lower()


def _mapped(view: ConfigView, main: str) -> bool:
    config = read_config(view, main)
    return config is not None and any(one.settings for one in config.objects() if one.name.lower() != "general")


def _pjsip(config: Config) -> dict[str, int]:
    names: dict[str, set[str]] = {kind: set() for kind in PJSIP_COUNTS}
    for section in config.objects():
        names.get(pjsip_type(section), set()).add(section.name)
    return {PJSIP_COUNTS[kind]: len(found) for kind, found in names.items()}


def _dialplan(config: Config) -> dict[str, int]:
    plan = read_dialplan(config)
    return {"contexts": len(plan.contexts), "priorities": len(plan.priorities)}


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
    "extensions.conf": _dialplan,
    "queues.conf": _queues,
    "voicemail.conf": _mailboxes,
    "musiconhold.conf": _music,
}
