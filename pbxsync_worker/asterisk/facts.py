"""What another host needs to know of the Asterisk of this one, in one connection."""

from collections.abc import Iterable

from asterisk.ami import SimpleAction

from pbxsync_worker.asterisk.config import read_config
from pbxsync_worker.asterisk.probes import module_runs
from pbxsync_worker.asterisk.session import AmiAddress, Session
from pbxsync_worker.core.model.errors import AsteriskRefused, AsteriskSilent
from pbxsync_worker.core.model.ports import Clock, ConfigView

SECONDS = 5.0


def running(ami: AmiAddress, clock: Clock, modules: Iterable[str]) -> tuple[str, frozenset[str] | None]:
    """Return Asterisk's version, and which of some modules (`name.so`) it runs; ("", None) where it does not tell."""
    try:
        with Session(ami, clock, SECONDS) as session:
            version = session.ask(SimpleAction("CoreSettings")).get("AsteriskVersion")
            return version, frozenset(one for one in modules if module_runs(session, one))
    except (AsteriskSilent, AsteriskRefused):
        return "", None


def voicemail_format(config: ConfigView) -> str:
    """Return how voicemail is recorded, such as `wav49|wav`, "" where that is not set."""
    found = read_config(config, "voicemail.conf")
    sections = found.sections if found is not None else ()
    return next((one.get("format") for one in reversed(sections) if one.name == "general" and one.get("format")), "")
