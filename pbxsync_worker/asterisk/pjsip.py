"""What is wrong inside pjsip.conf by itself: missing types, duplicates, references to nothing; pure.

Asterisk accepts each of these without a word, or drops objects for it (ast22 res/res_sorcery_config.c).
"""

from collections.abc import Iterator

from pbxsync_worker.asterisk.config import Config, Section
from pbxsync_worker.asterisk.trouble import Issue
from pbxsync_worker.core.model.pbx import Level

_REFERENCES = (
    ("endpoint", "transport", "transport"),
    ("endpoint", "aors", "aor"),
    ("endpoint", "auth", "auth"),
    ("endpoint", "outbound_auth", "auth"),
    ("registration", "transport", "transport"),
    ("registration", "outbound_auth", "auth"),
    ("aor", "outbound_auth", "auth"),
    ("identify", "endpoint", "endpoint"),
)
"""(type, option, type of what it names)."""


def pjsip_type(section: Section) -> str:
    """Return what a section of pjsip.conf is, or an empty text."""
    return section.get("type").lower()


def pjsip_issues(config: Config) -> Iterator[Issue]:
    """Give every issue of a whole pjsip configuration."""
    seen: set[tuple[str, str]] = set()
    for section in config.objects():
        kind = pjsip_type(section)
        if not kind:
            # FreePBX opens its files with an empty [0]; nothing is lost where nothing is said.
            if section.settings and section.name.lower() != "general":
                yield _issue(section, f"[{section.name}] has no type=: Asterisk would ignore it without a word")
            continue
        if (kind, section.name) in seen:
            yield _issue(section, f"[{section.name}] is a second {kind}: Asterisk would keep every old {kind}")
        seen.add((kind, section.name))
    # Where a file is cut, everything behind the cut would seem missing: the cut itself is told.
    if not any(fault.cuts for fault in config.faults):
        for section in config.objects():
            yield from _references(config, section, seen)


def _references(config: Config, section: Section, known: set[tuple[str, str]]) -> Iterator[Issue]:
    # Objects may come from where we cannot look: then a missing one is told, not fatal.
    level = Level.FATAL if config.complete else Level.WARNING
    kind = pjsip_type(section)
    for owner, option, target in _REFERENCES:
        if owner != kind:
            continue
        for name in filter(None, map(str.strip, section.get(option).split(","))):
            if (target, name) not in known:
                yield _issue(
                    section, f"{kind} [{section.name}] names the {target} [{name}], which does not exist", level
                )


def _issue(section: Section, sentence: str, level: Level = Level.FATAL) -> Issue:
    return Issue((section.where.file, sentence), level, str(section.where), sentence)
