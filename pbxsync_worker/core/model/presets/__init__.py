"""Datasets that ship with the product, as reviewed data; `docs/presets.md` says the same for people."""

from collections.abc import Iterable, Iterator, Mapping

from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.presets import host_specific
from pbxsync_worker.core.model.presets.media import (
    CALL_RECORDINGS,
    CALL_RECORDS,
    GREETINGS_RECORDINGS,
    MUSIC_ON_HOLD,
)
from pbxsync_worker.core.model.presets.merge import merged
from pbxsync_worker.core.model.presets.people import (
    EXTENSIONS_USERS,
    FEATURE_STATE,
    VOICEMAIL_BOXES,
    VOICEMAIL_GREETINGS,
    VOICEMAIL_MESSAGES,
)
from pbxsync_worker.core.model.presets.routing import CALL_FLOW, TRUNKS_ROUTES
from pbxsync_worker.core.model.presets.settings import (
    ADMIN_ACCOUNTS,
    ADVANCED_SETTINGS_PORTABLE,
    ASTERISK_CONFIGURATION,
    CUSTOM_DIALPLAN,
    SIP_SETTINGS_PORTABLE,
    WHOLE_CONFIGURATION,
)
from pbxsync_worker.core.model.presets.types import Fits, LeftOut, Option, Parts, Preset

__all__ = [
    "PRESETS",
    "Fits",
    "LeftOut",
    "Option",
    "Parts",
    "Preset",
    "as_dataset",
    "expanded",
    "modules_of",
    "offered",
    "preset",
    "reloads_of",
    "texts",
]

PRESETS: tuple[Preset, ...] = (
    ASTERISK_CONFIGURATION,
    WHOLE_CONFIGURATION,
    EXTENSIONS_USERS,
    TRUNKS_ROUTES,
    CALL_FLOW,
    VOICEMAIL_BOXES,
    VOICEMAIL_MESSAGES,
    VOICEMAIL_GREETINGS,
    GREETINGS_RECORDINGS,
    MUSIC_ON_HOLD,
    CALL_RECORDS,
    CALL_RECORDINGS,
    CUSTOM_DIALPLAN,
    FEATURE_STATE,
    SIP_SETTINGS_PORTABLE,
    ADVANCED_SETTINGS_PORTABLE,
    ADMIN_ACCOUNTS,
)


def preset(name: str) -> Preset:
    """Return a preset by its name; raise NotFound."""
    found = next((one for one in PRESETS if one.name == name), None)
    if found is None:
        raise NotFound(what="preset", name=name)
    return found


def offered(*, freepbx: bool) -> tuple[Preset, ...]:
    """Return what people can choose on a host with or without FreePBX; what does not work yet is not among it."""
    working = tuple(one for one in PRESETS if one.works)
    if freepbx:
        return tuple(one for one in working if one.fits is not Fits.PLAIN)
    plain = (one.without_rows for one in working if one.fits is not Fits.FREEPBX)
    return tuple(one for one in plain if one.works)


def expanded(presets: Iterable[Preset]) -> tuple[Preset, ...]:
    """Return the presets with everything they include in place of those that only include."""
    whole: dict[str, Preset] = {}
    for one in presets:
        for part in (*map(preset, one.includes), one):
            if part.parts or part.options:
                whole.setdefault(part.name, part)
    return tuple(whole.values())


def as_dataset(
    presets: Iterable[Preset], name: str, title: str, options: Mapping[str, frozenset[str]] | None = None
) -> Dataset:
    """Return one dataset of several presets; options: by preset, where not those that are on by themselves."""
    taken = options or {}
    whole = merged(one.chosen(taken.get(one.name)) for one in expanded(presets))
    return Dataset(name, title, whole.file_sets, whole.families, whole.tables, whole.boxes, messages=whole.messages)


def modules_of(presets: Iterable[Preset]) -> tuple[str, ...]:
    """Return the FreePBX modules whose data the presets hold, each once."""
    return tuple(dict.fromkeys(module for one in expanded(presets) for module in one.modules))


def reloads_of(presets: Iterable[Preset]) -> frozenset[str]:
    """Return the names of all reload actions of the presets."""
    return frozenset(name for one in expanded(presets) for name in one.reloads)


def texts() -> Iterator[str]:
    """Yield every text of the presets that people read, for translation."""
    for one in PRESETS:
        yield from one.texts()
    groups = (*host_specific.SETTINGS, *host_specific.TABLES, *host_specific.FAMILIES, *host_specific.KEYS)
    yield from (group.why for group in groups)
