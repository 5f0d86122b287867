"""How many objects of each kind the configuration says there should be; pure, used by health.py."""

from collections.abc import Mapping
from dataclasses import dataclass

from pbxsync_worker.asterisk.config import read_config
from pbxsync_worker.asterisk.summary import COUNTED, PJSIP_COUNTS, summary_of
from pbxsync_worker.core.model.ports import ConfigView


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
    for main in COUNTED:
        found = summary_of(view, main, main)
        if found is None:
            continue
        if not found.exact:
            at_least.add("priorities")
        if found.valid:
            counts |= found.counts
            at_least |= found.counts.keys() if realtime or not found.complete else set()
    if _mapped(view, "pjsip_wizard.conf"):
        at_least |= set(PJSIP_COUNTS.values())
    return Expected(counts, frozenset(at_least))


def _mapped(view: ConfigView, main: str) -> bool:
    config = read_config(view, main)
    return config is not None and any(one.settings for one in config.objects() if one.name.lower() != "general")
