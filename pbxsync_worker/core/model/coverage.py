"""What of a PBX is in no job, and what is left out on purpose and why; pure, for the coverage page.

Nothing is silent: every table, AstDB family and file that was found is covered, left out with a reason, or listed.
"""

import json
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import IntEnum, StrEnum
from typing import Any
from zlib import compress, decompress

from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.presets import PRESETS, Parts, Preset, host_specific, offered
from pbxsync_worker.core.model.presets.tables import CONFIG, RECORDS, store_names
from pbxsync_worker.core.model.protected import ALWAYS, FREEPBX


class Thing(StrEnum):
    """What was found."""

    TABLE = "table"
    FAMILY = "family"
    FILES = "files"


class Weight(IntEnum):
    """How much somebody would miss it on the other host."""

    LITTLE = 1
    SOME = 2  # nobody knows what it is: look at it
    MUCH = 3  # it is configuration, or a preset holds it


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that no job holds whole.

    name: `database.table`, family, or the folder or file; count: how many files; why: the reason where it is left out
    on purpose; presets: names of presets that hold it; partly: a job holds some of it.
    """

    thing: Thing
    name: str
    weight: Weight
    count: int = 1
    why: str = ""
    presets: tuple[str, ...] = ()
    partly: bool = False


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was found.

    missing: in no job, the weightiest first; left_out: on purpose; covered: how many things are in a job; unseen: why
    some of the PBX could not be looked at, as stored sentences.
    """

    missing: tuple[Found, ...]
    left_out: tuple[Found, ...]
    covered: int
    unseen: tuple[str, ...] = ()

    @property
    def reasons(self) -> Mapping[str, tuple[Found, ...]]:
        """Return what is left out on purpose by its reason, in the order in which reasons are met."""
        found: dict[str, list[Found]] = {}
        for one in self.left_out:
            found.setdefault(one.why, []).append(one)
        return {why: tuple(some) for why, some in found.items()}

    def stored(self) -> str:
        """Return it as short text; `restored` gives it back."""
        return b64encode(compress(json.dumps(asdict(self)).encode())).decode()

    @classmethod
    def restored(cls, text: str) -> "Coverage":
        """Return what `stored` gave as text."""
        raw = json.loads(decompress(b64decode(text)))
        missing, left_out = (tuple(map(_restored, raw[name])) for name in ("missing", "left_out"))
        return cls(missing, left_out, raw["covered"], tuple(raw["unseen"]))


def _restored(raw: Mapping[str, Any]) -> Found:
    known = {"thing": Thing(raw["thing"]), "weight": Weight(raw["weight"]), "presets": tuple(raw["presets"])}
    return Found(**{**raw, **known})


GENERATED = "FreePBX writes it by itself on each host"
PROTECTED = "it belongs to this host, or acts on arrival"
_INSTALLED = "it is installed with the software of each host"
_FILES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("ASTETCDIR/**/*.{bak,template,old}", "ASTETCDIR/**/*~"), "a backup copy that Asterisk does not read"),
    (
        (
            "{ASTVARLIBDIR,ASTDATADIR}/{documentation,rest-api,firmware,phoneprov,static-http,scripts,images}/**",
            "{ASTVARLIBDIR,ASTDATADIR}/{agi-bin,bin,playback,licenses}/**",
            "{ASTVARLIBDIR,ASTDATADIR}/sounds/[a-z]*/**",
            "{ASTVARLIBDIR,ASTDATADIR}/moh/.nomusic_reserved/**",
        ),
        _INSTALLED,
    ),
)
_CUSTOM_SOUND = matcher(("{ASTVARLIBDIR,ASTDATADIR}/sounds/{custom,*/custom}/**",))
_HAND_WRITTEN = matcher(("ASTETCDIR/*custom*.conf", "ASTETCDIR/{extensions_override_freepbx,voicemail}.conf"))
_MESSAGE = matcher(("ASTSPOOLDIR/voicemail/*/*/*/msg[0-9][0-9][0-9][0-9].*",))
_MAILBOXES = b"ASTETCDIR/voicemail.conf"
_STORED_ELSEWHERE = "kvblobstore"


def coverage(
    tables: Iterable[tuple[str, str]],
    families: Iterable[str],
    files: Iterable[bytes],
    datasets: Sequence[Dataset],
    *,
    freepbx: bool,
) -> Coverage:
    """Compare what a PBX has with what its jobs hold.

    tables: (database, name) as they are called here, the databases by the names that datasets use; families: of the
    AstDB; files: item names `PLACE/path`; datasets: of all jobs.
    """
    found: list[Found | None] = [_table(database, name, datasets) for database, name in tables]
    found += [_family(name, datasets) for name in families]
    grouped, covered = _files(files, datasets, freepbx=freepbx)
    seen = [*(one for one in found if one is not None), *grouped]
    in_order = sorted(seen, key=lambda one: (-one.weight, one.thing, one.name))
    return Coverage(
        missing=tuple(one for one in in_order if not one.why),
        left_out=tuple(one for one in in_order if one.why),
        covered=covered + sum(one is None for one in found),
    )


def _table(database: str, name: str, datasets: Sequence[Dataset]) -> Found | None:
    selected = [table for one in datasets for table in one.tables if table.database == database]
    held = {real for table in selected for real in store_names(table.table)}
    if name in held or (name == _STORED_ELSEWHERE and any(real.startswith("kvstore_") for real in held)):
        return None
    shown = f"{database}.{name}"
    if database not in (CONFIG, RECORDS):
        return Found(Thing.TABLE, shown, Weight.SOME)
    why = host_specific.why_table(name)
    holding = _presets_with_table(name)
    weight = Weight.LITTLE if why else Weight.MUCH if holding else Weight.SOME
    return Found(Thing.TABLE, shown, weight, why=why, presets=holding)


def _presets_with_table(name: str) -> tuple[str, ...]:
    return tuple(
        one.name for one in PRESETS if any(name in store_names(table.table) for table in _everything(one).tables)
    )


def _family(name: str, datasets: Sequence[Dataset]) -> Found | None:
    held = [one for dataset in datasets for one in dataset.families if one.family == name]
    if any(one.keys == "**" for one in held):
        return None
    holding = tuple(one.name for one in PRESETS if any(family.family == name for family in _everything(one).families))
    why = "" if held else host_specific.why_key(f"{name}/".encode("utf-8", "surrogateescape"))
    weight = Weight.LITTLE if why else Weight.MUCH if holding else Weight.SOME
    return Found(Thing.FAMILY, name, weight, why=why, presets=holding, partly=bool(held))


def _everything(preset: Preset) -> Parts:
    return sum((option.parts for option in preset.options), preset.parts)


def _files(files: Iterable[bytes], datasets: Sequence[Dataset], *, freepbx: bool) -> tuple[list[Found], int]:
    reasons = [(matcher(ALWAYS), PROTECTED)]
    if freepbx:
        reasons.append((matcher(FREEPBX), GENERATED))
    reasons += [(matcher(patterns), why) for patterns, why in _FILES]
    sets = [one for dataset in datasets for one in dataset.file_sets]
    covered = 0
    groups: Counter[tuple[str, Weight, str]] = Counter()
    holding: dict[str, tuple[str, ...]] = {}
    held = [(one.name, _everything(one).file_sets) for one in offered(freepbx=freepbx)]
    boxes = any(one.boxes for one in datasets)
    messages = any(one.messages for one in datasets)
    for name in files:
        otherwise = (boxes and name == _MAILBOXES) or (messages and _MESSAGE(name))
        if otherwise or any(one.selects(name) for one in sets):
            covered += 1
            continue
        why = "" if _CUSTOM_SOUND(name) else next((why for match, why in reasons if match(name)), "")
        group = _group(name)
        if not why and group not in holding:  # what lies in one folder is in the same presets
            holding[group] = tuple(preset for preset, some in held if any(one.selects(name) for one in some))
        groups[group, _file_weight(name, why, holding.get(group, ())), why] += 1
    found = (
        Found(Thing.FILES, name, weight, count, why, () if why else holding[name])
        for (name, weight, why), count in groups.items()
    )
    return list(found), covered


def _group(name: bytes) -> str:
    """Return what a file is listed as: itself below the configuration folder, else the two folders it lies in."""
    parts = show_name(name).split("/")
    return "/".join(parts[:2] if parts[0] == "ASTETCDIR" or len(parts) < 4 else parts[:3])


def _file_weight(name: bytes, why: str, presets: tuple[str, ...]) -> Weight:
    if why:
        return Weight.LITTLE
    return Weight.MUCH if presets or _HAND_WRITTEN(name) or _CUSTOM_SOUND(name) else Weight.SOME
