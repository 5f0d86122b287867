"""How datasets begin: with presets that are chosen together, or with the default of the command line."""

from collections.abc import Callable, Iterable, Iterator

from pbxsync_worker.core.model import presets
from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy
from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.presets import Preset

_FILES = ("asterisk-configuration", "voicemail-greetings", "music-on-hold", "greetings-recordings")
_TITLE_LENGTH = 64


def offer(name: str, *, freepbx: bool) -> Preset:
    """Return a preset that is offered on a host with or without FreePBX; raise NotFound."""
    found = next((one for one in presets.offered(freepbx=freepbx) if one.name == name), None)
    if found is None:
        raise NotFound(what="preset", name=name)
    return found


def everything() -> Dataset:
    """Return all files of a plain Asterisk: a warm replica that removes only what earlier runs brought."""
    plain = {one.name: one for one in presets.offered(freepbx=False)}
    whole = presets.as_dataset([plain[name] for name in _FILES], "pbx-files", "All files of the PBX")
    return whole.with_deletes(DeletePolicy.KNOWN)


def title_of(wanted: Iterable[Preset], translate: Callable[[str], str] = str) -> str:
    """Return how a dataset of these presets is called unless somebody says otherwise; 1 to 64 characters."""
    titles = [translate(one.title) for one in wanted]
    whole = ", ".join(titles)
    return whole if len(whole) <= _TITLE_LENGTH else f"{titles[0]} + {len(titles) - 1}"


def missing(wanted: Iterable[Preset], here: Iterable[Dataset] = ()) -> tuple[Preset, ...]:
    """Return what must travel as well, because a chosen preset refers to it; here: the other datasets of the farm."""
    whole = presets.expanded(wanted)
    names = {one.name for one in whole}
    needed = dict.fromkeys(name for one in whole for name in one.requires if name not in names)
    others = tuple(here)
    return tuple(one for one in map(presets.preset, needed) if not any(_holds(dataset, one) for dataset in others))


def texts() -> Iterator[str]:
    """Yield every text of it that people read, for translation."""
    yield everything().title
    yield from presets.texts()


def _holds(dataset: Dataset, preset: Preset) -> bool:
    tables = {(one.database, one.table) for one in dataset.tables}
    bases = {one.base for one in dataset.file_sets}
    rows = all((one.database, one.table) in tables for one in preset.parts.tables)
    boxes = set(preset.parts.boxes) <= set(dataset.boxes)
    messages = set(preset.parts.messages) <= set(dataset.messages)
    return rows and boxes and messages and all(one.base in bases for one in preset.parts.file_sets)
